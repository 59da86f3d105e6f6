"""The sentences for a hand that the SR and the pictures share: what was found, its sums by part, its score."""

from collections.abc import Iterator, Sequence
from typing import Final

from node.domain.answers import Answer, calcinosis, urate
from node.domain.counting import counted
from node.domain.findings import AcroOsteolysis, Findings, Hand, Region, RegionScore, Totals
from node.domain.sctc_style import NAME
from node.domain.totals import digit_totals, region_totals

_PARTS: Final = {Region.HAND: "metacarpus"}
"""Region ``hand`` is what is neither digit nor wrist; beside the sums of a whole hand that needs another word."""


def calcinosis_words(hand: Hand, findings: Findings) -> str:
    """The answer to the first question a study is made for, with the hand's sums."""
    more = {Answer.PRESENT: " hydroxyapatite", Answer.UNDETERMINED: ": see limits and deposits for review"}
    return calcinosis_headline(hand, findings) + more.get(calcinosis(hand, findings), "")


def calcinosis_headline(hand: Hand, findings: Findings) -> str:
    """The same for a line on an image, e.g. ``5 mineral deposits, 598 mm³, 334 mg``."""
    return {
        Answer.PRESENT: _sums_words(hand.totals, "mineral deposit"),
        Answer.ABSENT: "No calcinosis found",
        Answer.UNDETERMINED: "Calcinosis undetermined",
    }[calcinosis(hand, findings)]


def other_words(hand: Hand, findings: Findings) -> str:
    """The answer to the second question, and what is left to a reader."""
    words = {
        Answer.PRESENT: f"urate {hand.totals.urate_volume_mm3:.0f} mm³",
        Answer.ABSENT: "no urate deposit",
        Answer.UNDETERMINED: "urate undetermined",
    }[urate(hand, findings)]
    return ", ".join((words, *_review_words(hand.totals)))


def osteolysis_words(hand: Hand) -> str:
    """Which fingertips are resorbed, and of which it could not be told."""
    by_state = {state: [str(d.digit) for d in hand.digits if d.acro_osteolysis is state] for state in AcroOsteolysis}
    present, open_ = by_state[AcroOsteolysis.PRESENT], by_state[AcroOsteolysis.UNDETERMINED]
    if len(open_) == len(hand.digits):
        return "acro-osteolysis: not assessed"
    words = f"acro-osteolysis: {_digits_words(present)}" if present else "acro-osteolysis: none found"
    return f"{words}; undetermined in {_digits_words(open_)}" if open_ else words


def totals_words(totals: Totals) -> str:
    """Sums of a part, e.g. ``2 deposits, 41 mm³, 17 mg, urate 12 mm³, 1 for review (3 mm³)``."""
    mineral = [_sums_words(totals, "deposit")] if totals.count else []
    crystals = [f"urate {totals.urate_volume_mm3:.0f} mm³"] if totals.urate_volume_mm3 else []
    return ", ".join((*mineral, *crystals, *_review_words(totals)))


def part_words(hand: Hand) -> tuple[str, ...]:
    """The sums of each digit, and of each region but the digits, that holds anything."""
    return tuple(f"{name}: {words}" for name, totals in _parts(hand) if (words := totals_words(totals)))


def score_words(hand: Hand) -> str:
    """The score under its full name, which says what it is not."""
    if hand.sctc_style is None:
        return f"{NAME}: not determined"
    return f"{NAME}: {hand.sctc_style.total:.1f}"


def region_score_words(region: RegionScore) -> str:
    """What one region adds, e.g. ``digit 2 distal: 3.1 % of 412 mm² covered, density 1.8, weight 1: 5.6``."""
    return (
        f"{_region_words(region)}: {region.coverage_percent:.1f} % of {region.area_mm2:.0f} mm² covered, "
        f"density {region.density:.1f}, weight {region.location_weight:g}: {region.score:.1f}"
    )


def _parts(hand: Hand) -> Iterator[tuple[str, Totals]]:
    for digit, totals in digit_totals(hand):
        yield "digit of uncertain number" if digit is None else f"digit {digit}", totals
    for region, totals in region_totals(hand):
        if region is not Region.DIGIT:
            yield "place uncertain" if region is None else _PARTS.get(region, region), totals


def _region_words(region: RegionScore) -> str:
    if region.region is Region.DIGIT:
        return f"digit {region.digit} {region.level}"
    return str(region.region) if region.digit is None else f"metacarpal {region.digit}"


def _digits_words(digits: Sequence[str]) -> str:
    return f"digit{'s' if len(digits) > 1 else ''} {', '.join(digits)}"


def _sums_words(totals: Totals, noun: str) -> str:
    return f"{counted(totals.count, noun)}, {totals.volume_mm3:.0f} mm³, {totals.mass_mg:.0f} mg"


def _review_words(totals: Totals) -> list[str]:
    if not totals.review_count:
        return []
    return [f"{totals.review_count} for review ({totals.review_volume_mm3:.0f} mm³)"]
