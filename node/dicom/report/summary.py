"""The summary of a hand in the Structured Report: totals, acro-osteolysis, and what was looked for and not found."""

from collections.abc import Iterator

import numpy as np
from highdicom.sr import (
    CoordinatesForMeasurement,
    FindingSite,
    GraphicTypeValues,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    TrackingIdentifier,
)

from node.dicom.objects.codes import ACRO_OSTEOLYSIS, BONES, Concept
from node.dicom.objects.findings_json import DECIMALS, rounded_totals
from node.dicom.objects.segmentation import SIDES
from node.dicom.objects.source import Source
from node.dicom.report.items import algorithm, answer, image_of, with_texts
from node.dicom.report.sums import part_sums, sums
from node.dicom.uids import Origin
from node.domain.answers import Answer, calcinosis, urate
from node.domain.findings import Analysis, Digit, Findings, Hand, Laterality
from node.domain.hand_wording import calcinosis_headline, other_words, part_words, region_score_words, score_words
from node.domain.wording import hand_words

MASS_NOTE = "Calcium mass is the mass of calcium hydroxyapatite, as in calcium scoring."
ANSWERS = {
    Answer.PRESENT: Concept.PRESENT,
    Answer.ABSENT: Concept.ABSENT,
    Answer.UNDETERMINED: Concept.UNDETERMINED,
}


def hand_group(index: int, analysis: Analysis, source: Source, origin: Origin) -> MeasurementsAndQualitativeEvaluations:
    """TID 1501 of hand ``index`` (from 0): totals, acro-osteolysis by digit, what was looked for and not found.

    The number of lesions refers to the hand's frame on one image: OHIF fails on a group without coordinates.
    """
    findings = analysis.findings
    hand = findings.hands[index]
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(origin.uid(f"tracking/hand/{index}"), hand_words(hand.laterality)),
        finding_sites=[FindingSite(Concept.HAND.code, laterality=SIDES[hand.laterality])],
        algorithm_id=algorithm(origin),
        measurements=[
            _count(index, analysis, source),
            *sums(rounded_totals(hand.totals)),
            *_score(hand),
            *_lengths(hand),
            *part_sums(hand),
        ],
        qualitative_evaluations=[
            answer(Concept.COVERAGE, Concept.COVERED if hand.covered else Concept.PARTLY_COVERED),
            *_other_hand(findings),
            answer(Concept.SOFT_TISSUE_CALCINOSIS, ANSWERS[calcinosis(hand, findings)]),
            answer(Concept.MONOSODIUM_URATE, ANSWERS[urate(hand, findings)]),
            *(answer(ACRO_OSTEOLYSIS[d.digit], ANSWERS[Answer(d.acro_osteolysis)]) for d in hand.digits),
        ],
    )
    return with_texts(group, source, _texts(hand, findings))


def _texts(hand: Hand, findings: Findings) -> Iterator[tuple[Concept, str]]:
    """The answers first and short: OHIF writes the comments, in their order, over the image and above the measures."""
    yield Concept.NOTE, f"{hand_words(hand.laterality)}: {calcinosis_headline(hand, findings)}"
    yield Concept.NOTE, other_words(hand, findings)
    yield from ((Concept.LIMIT, limit) for limit in hand.limits)
    yield from ((Concept.NOTE, note) for note in hand.notes)
    yield from ((Concept.PART_TOTALS, words) for words in part_words(hand))
    yield Concept.SCORE_IN_WORDS, score_words(hand)
    for region in hand.sctc_style.regions if hand.sctc_style else ():
        yield Concept.SCORE_IN_WORDS, region_score_words(region)
    yield Concept.NOTE, MASS_NOTE


def _other_hand(findings: Findings) -> list[QualitativeEvaluation]:
    """Of a study of one hand: that the other is not covered; nothing where the side is uncertain."""
    if len(findings.hands) != 1 or findings.hands[0].laterality is Laterality.UNCERTAIN:
        return []
    return [answer(Concept.OTHER_COVERAGE, Concept.NOT_COVERED)]


def _count(index: int, analysis: Analysis, source: Source) -> Measurement:
    """Number of lesions, inferred from the frame around the hand's bones on the image that shows most of them."""
    first = 100 * index
    sizes = [int(np.count_nonzero((p > first) & (p < first + 100))) if p.any() else 0 for p in analysis.bones]
    z = int(np.argmax(sizes))
    frame = None
    if sizes[z]:
        own = (analysis.bones[z] > first) & (analysis.bones[z] < first + 100)
        rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
        left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        image = image_of(source, z)
        frame = [CoordinatesForMeasurement(GraphicTypeValues.POLYLINE, np.array(corners, dtype=np.float64), image)]
    count = analysis.findings.hands[index].totals.count
    return Measurement(Concept.NUMBER_OF_LESIONS.code, count, Concept.UNITY.code, referenced_coordinates=frame)


def _score(hand: Hand) -> list[Measurement]:
    """Nothing where it was not determined, which the words say."""
    if hand.sctc_style is None:
        return []
    total = round(hand.sctc_style.total, DECIMALS)
    return [Measurement(Concept.SCTC_STYLE_SCORE.code, total, Concept.UNITY.code)]


def _lengths(hand: Hand) -> list[Measurement]:
    """Length of each distal phalanx, at the phalanx; only where the side is known, since its code has a side."""

    def length(digit: Digit) -> list[Measurement]:
        bone = BONES.get((f"DP{digit.digit}", str(hand.laterality)))
        if bone is None or digit.distal_phalanx_length_mm is None:
            return []
        return [
            Measurement(
                Concept.LENGTH.code,
                digit.distal_phalanx_length_mm,
                Concept.MILLIMETRE.code,
                finding_sites=[FindingSite(bone)],
            )
        ]

    return [measurement for digit in hand.digits for measurement in length(digit)]
