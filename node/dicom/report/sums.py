"""Sums over a hand and its parts as measurements of the Structured Report; a part is named by its finding site."""

from collections.abc import Iterator, Sequence

from highdicom.sr import FindingSite, Measurement

from node.dicom.objects.codes import DIGITS, Concept
from node.dicom.objects.findings_json import rounded_totals
from node.dicom.objects.segmentation import REGIONS, SIDES
from node.domain.findings import Hand, Laterality, Region, Totals
from node.domain.totals import digit_totals, region_totals

_Row = tuple[Concept, float, Concept, Concept | None]
"""Name, value, unit, derivation."""

SITES = REGIONS | {Region.DIGIT: Concept.DIGIT.code, Region.HAND: Concept.METACARPUS.code}
"""Regions as parts of a hand: that of a single deposit beside a metacarpal is the hand, which here is the whole."""


def sums(totals: Totals) -> list[Measurement]:
    """All sums of a hand but the count, which stands with its place."""
    return [_measurement(row, None) for row in _rows(totals)]


def part_sums(hand: Hand) -> list[Measurement]:
    """The sums of every digit and every region that holds a deposit; what is not listed of one is 0."""
    return [measurement for site, totals in _parts(hand) for measurement in _sums_at(site, rounded_totals(totals))]


def _sums_at(site: FindingSite, totals: Totals) -> list[Measurement]:
    if not totals.count and not totals.urate_volume_mm3 and not totals.review_count:
        return []
    count = (Concept.NUMBER_OF_LESIONS, float(totals.count), Concept.UNITY, None)
    return [_measurement(row, [site]) for row in (count, *(row for row in _rows(totals) if row[1]))]


def _rows(totals: Totals) -> Sequence[_Row]:
    return (
        (Concept.REVIEW_COUNT, float(totals.review_count), Concept.UNITY, None),
        (Concept.VOLUME, totals.volume_mm3, Concept.CUBIC_MILLIMETRE, Concept.TOTAL),
        (Concept.CALCIUM_MASS, totals.mass_mg, Concept.MILLIGRAM, Concept.TOTAL),
        (Concept.URATE_VOLUME, totals.urate_volume_mm3, Concept.CUBIC_MILLIMETRE, Concept.TOTAL),
        (Concept.REVIEW_VOLUME, totals.review_volume_mm3, Concept.CUBIC_MILLIMETRE, Concept.TOTAL),
    )


def _measurement(row: _Row, sites: Sequence[FindingSite] | None) -> Measurement:
    name, value, unit, derivation = row
    derived = None if derivation is None else derivation.code
    return Measurement(name.code, float(value), unit.code, derivation=derived, finding_sites=sites)


def _parts(hand: Hand) -> Iterator[tuple[FindingSite, Totals]]:
    for digit, totals in digit_totals(hand):
        yield _digit_site(digit, hand.laterality), totals
    for region, totals in region_totals(hand):
        yield _region_site(region, hand.laterality), totals


def _digit_site(digit: int | None, laterality: Laterality) -> FindingSite:
    finger = Concept.THUMB if digit == 1 else Concept.FINGER
    which = Concept.UNDETERMINED if digit is None else DIGITS[digit]
    return FindingSite(finger.code, laterality=SIDES[laterality], topographical_modifier=which.code)


def _region_site(region: Region | None, laterality: Laterality) -> FindingSite:
    if region is None:
        undetermined = Concept.UNDETERMINED.code
        return FindingSite(Concept.HAND.code, laterality=SIDES[laterality], topographical_modifier=undetermined)
    return FindingSite(SITES[region], laterality=SIDES[laterality])
