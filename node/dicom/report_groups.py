"""The measurement groups of the Structured Report: a deposit, its outline on the key image, and a hand's summary.

A deposit is counted once: its TID 1411 group alone has measurements. The TID 1410 group beside it carries the same
tracking identifiers and an outline, because viewers such as OHIF draw only what has coordinates and join groups by
tracking UID.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from highdicom.sr import (
    AlgorithmIdentification,
    FindingSite,
    GraphicTypeValues,
    ImageRegion,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceImageForRegion,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr.templates import Template
from pydicom.uid import SegmentationStorage

from node import __version__
from node.dicom.codes import ACRO_OSTEOLYSIS, BONES, Concept
from node.dicom.findings_json import DECIMALS
from node.dicom.outline import outline
from node.dicom.seal import MANUFACTURER, PRODUCT
from node.dicom.segmentation import FINDING_TYPES, SIDES, region_code
from node.dicom.source import Source, place_of, writable
from node.dicom.uids import Origin, tracking_identifier
from node.domain.findings import (
    AcroOsteolysis,
    Analysis,
    Deposit,
    Digit,
    Findings,
    Hand,
    Laterality,
    Material,
    Outcome,
)
from node.domain.wording import hand_words, place_words

Group = (
    VolumetricROIMeasurementsAndQualitativeEvaluations
    | PlanarROIMeasurementsAndQualitativeEvaluations
    | MeasurementsAndQualitativeEvaluations
)
"""A measurement group of any template."""
GroupT = TypeVar("GroupT", bound=Template)
MATERIALS = {
    Material.CALCIUM: Concept.CALCIUM,
    Material.URATE: Concept.URIC_ACID,
    Material.INDETERMINATE: Concept.UNDETERMINED,
}
OSTEOLYSIS_ANSWERS = {
    AcroOsteolysis.PRESENT: Concept.PRESENT,
    AcroOsteolysis.ABSENT: Concept.ABSENT,
    AcroOsteolysis.UNDETERMINED: Concept.UNDETERMINED,
}


def algorithm(origin: Origin) -> AlgorithmIdentification:
    """Name, version, maker, family and configuration of what measured (TID 4019)."""
    return AlgorithmIdentification(
        name=PRODUCT,
        version=__version__,
        parameters=[f"configuration={origin.configuration_digest}"],
        family=Concept.MORPHOLOGICAL_OPERATIONS.code,
        manufacturer=MANUFACTURER,
    )


def deposit_group(
    deposit: Deposit, hand: Hand, source: Source, origin: Origin, segmentation_uid: str
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    """TID 1411: one deposit, by its segment, with everything that was measured on it."""
    group = VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(deposit, origin),
        referenced_segment=ReferencedSegment(
            sop_class_uid=SegmentationStorage,
            sop_instance_uid=segmentation_uid,
            segment_number=deposit.number,
            source_series=SourceSeriesForSegmentation(source.low.series_instance_uid),
        ),
        finding_category=Concept.MORPHOLOGICALLY_ABNORMAL.code,
        finding_type=FINDING_TYPES[deposit.material],
        finding_sites=[_site(deposit, hand)],
        algorithm_id=algorithm(origin),
        measurements=_deposit_measurements(deposit),
        qualitative_evaluations=_deposit_qualities(deposit, hand.laterality),
    )
    place = place_words(deposit, hand.laterality)
    where = f"{place}, {deposit.compartment}" if deposit.compartment else place
    return _with_texts(group, source, [(Concept.PLACE, where), (Concept.SHAPE, deposit.shape)])


def outline_group(
    deposit: Deposit, hand: Hand, analysis: Analysis, source: Source, origin: Origin
) -> PlanarROIMeasurementsAndQualitativeEvaluations:
    """TID 1410: the deposit's outline on its key image, without any measurement."""
    class_uid, instance_uid, frame = place_of(source.low.slices[deposit.key_slice])
    image = SourceImageForRegion(class_uid, instance_uid, None if frame is None else [frame])
    polygon = outline(analysis.segments[deposit.key_slice] == deposit.number)
    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(deposit, origin),
        referenced_region=ImageRegion(GraphicTypeValues.POLYLINE, polygon, image),
        finding_type=FINDING_TYPES[deposit.material],
        finding_sites=[_site(deposit, hand)],
        qualitative_evaluations=[_answer(Concept.MATERIAL, MATERIALS[deposit.material])],
    )


def hand_group(
    hand: Hand, findings: Findings, source: Source, origin: Origin
) -> MeasurementsAndQualitativeEvaluations:
    """TID 1501: totals of a hand, acro-osteolysis by digit, and what was looked for and not found."""
    assessed = findings.outcome is Outcome.COMPLETE or not hand.limits
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_hand_tracking(hand.laterality, findings.hands.index(hand), origin),
        finding_sites=[FindingSite(Concept.HAND.code, laterality=SIDES[hand.laterality])],
        algorithm_id=algorithm(origin),
        measurements=[*_totals(hand), *_lengths(hand)],
        qualitative_evaluations=[
            _answer(Concept.COVERAGE, Concept.COVERED),
            _answer(Concept.SOFT_TISSUE_CALCINOSIS, _calcinosis(hand, assessed)),
            _answer(Concept.MONOSODIUM_URATE, _urate(hand, assessed)),
            *(_answer(ACRO_OSTEOLYSIS[d.digit], OSTEOLYSIS_ANSWERS[d.acro_osteolysis]) for d in hand.digits),
        ],
    )
    return _with_texts(group, source, ((Concept.LIMIT, limit) for limit in hand.limits))


def uncovered_hand_group(
    laterality: Laterality, findings: Findings, origin: Origin
) -> MeasurementsAndQualitativeEvaluations:
    """TID 1501 for the hand that the images do not show: it is said to be not covered."""
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_hand_tracking(laterality, len(findings.hands), origin),
        finding_sites=[FindingSite(Concept.HAND.code, laterality=SIDES[laterality])],
        qualitative_evaluations=[_answer(Concept.COVERAGE, Concept.NOT_COVERED)],
    )


def _tracking(deposit: Deposit, origin: Origin) -> TrackingIdentifier:
    return TrackingIdentifier(origin.tracking_uid(deposit.number), tracking_identifier(deposit.number))


def _hand_tracking(laterality: Laterality, index: int, origin: Origin) -> TrackingIdentifier:
    return TrackingIdentifier(origin.uid(f"tracking/hand/{index}"), hand_words(laterality))


def _site(deposit: Deposit, hand: Hand) -> FindingSite:
    return FindingSite(region_code(deposit), laterality=SIDES[hand.laterality])


def _answer(question: Concept, answer: Concept) -> QualitativeEvaluation:
    return QualitativeEvaluation(question.code, answer.code)


def _deposit_measurements(deposit: Deposit) -> list[Measurement]:
    attenuations = (
        (deposit.mean_low_hu, Concept.MEAN, Concept.LOW_ENERGY),
        (deposit.mean_high_hu, Concept.MEAN, Concept.HIGH_ENERGY),
        (deposit.sd_low_hu, Concept.STANDARD_DEVIATION, Concept.LOW_ENERGY),
        (deposit.max_low_hu, Concept.MAXIMUM, Concept.LOW_ENERGY),
    )
    others = (
        (Concept.CALCIUM_MASS, deposit.mass_mg, Concept.MILLIGRAM),
        (Concept.RATIO, deposit.ratio, Concept.RATIO_UNIT),
        (Concept.LONG_AXIS, deposit.long_axis_mm, Concept.MILLIMETRE),
        (Concept.SHORT_AXIS, deposit.short_axis_mm, Concept.MILLIMETRE),
        (Concept.SKIN_DISTANCE, deposit.distance_to_skin_mm, Concept.MILLIMETRE),
        (Concept.BONE_DISTANCE, deposit.distance_to_bone_mm, Concept.MILLIMETRE),
        (Concept.CERTAINTY, round(100 * deposit.confidence, DECIMALS), Concept.PERCENT),
    )
    volume = Measurement(
        Concept.VOLUME.code,
        deposit.volume_mm3,
        Concept.CUBIC_MILLIMETRE.code,
        method=Concept.VOXEL_SUM.code,
    )
    return [
        volume,
        *(
            Measurement(
                Concept.ATTENUATION.code,
                value,
                Concept.HOUNSFIELD.code,
                derivation=derivation.code,
                method=image.code,
            )
            for value, derivation, image in attenuations
        ),
        *(Measurement(name.code, value, unit.code) for name, value, unit in others if value is not None),
    ]


def _deposit_qualities(deposit: Deposit, laterality: Laterality) -> list[QualitativeEvaluation]:
    nearest = [BONES[key] for key in ((bone, str(laterality)) for bone in deposit.bones[:1]) if key in BONES]
    return [
        _answer(Concept.MATERIAL, MATERIALS[deposit.material]),
        _answer(Concept.TOUCHES_BONE, Concept.YES if deposit.touches_bone else Concept.NO),
        _answer(Concept.REVIEW, Concept.YES if deposit.review else Concept.NO),
        *(QualitativeEvaluation(Concept.NEAREST_BONE.code, bone) for bone in nearest),
    ]


def _totals(hand: Hand) -> list[Measurement]:
    totals, total = hand.totals, Concept.TOTAL.code
    rows: Sequence[tuple[Concept, float, Concept]] = (
        (Concept.VOLUME, totals.volume_mm3, Concept.CUBIC_MILLIMETRE),
        (Concept.CALCIUM_MASS, totals.mass_mg, Concept.MILLIGRAM),
        (Concept.URATE_VOLUME, totals.urate_volume_mm3, Concept.CUBIC_MILLIMETRE),
        (Concept.REVIEW_VOLUME, totals.review_volume_mm3, Concept.CUBIC_MILLIMETRE),
    )
    counts = ((Concept.NUMBER_OF_LESIONS, totals.count), (Concept.REVIEW_COUNT, totals.review_count))
    return [
        *(Measurement(name.code, count, Concept.UNITY.code) for name, count in counts),
        *(
            Measurement(name.code, round(float(value), DECIMALS), unit.code, derivation=total)
            for name, value, unit in rows
        ),
    ]


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


def _calcinosis(hand: Hand, assessed: bool) -> Concept:
    """Absent only where all was assessed and nothing is left for a reader to decide."""
    if hand.totals.count:
        return Concept.PRESENT
    return Concept.ABSENT if assessed and not hand.totals.review_count else Concept.UNDETERMINED


def _urate(hand: Hand, assessed: bool) -> Concept:
    urate = [deposit for deposit in hand.deposits if deposit.material is Material.URATE]
    if any(not deposit.review for deposit in urate):
        return Concept.PRESENT
    return Concept.ABSENT if assessed and not urate else Concept.UNDETERMINED


def _with_texts(group: GroupT, source: Source, texts: Iterable[tuple[Concept, str]]) -> GroupT:
    """Add sentences to the group's container."""
    for name, text in texts:
        group[0].ContentSequence.append(
            TextContentItem(name.code, writable(text, source.head), RelationshipTypeValues.CONTAINS)
        )
    return group
