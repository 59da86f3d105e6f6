"""The measurement groups of a deposit in the Structured Report: what was measured, and its outline on the key image.

A deposit is counted once: its TID 1411 group alone has measurements. The TID 1410 group beside it carries the same
tracking identifiers and an outline, because viewers such as OHIF draw only what has coordinates and join groups by
tracking UID.
"""

from collections.abc import Iterable

from highdicom.sr import (
    FindingSite,
    GraphicTypeValues,
    ImageRegion,
    Measurement,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegment,
    SourceSeriesForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.uid import SegmentationStorage

from node.dicom.objects.codes import BONES, Concept
from node.dicom.objects.findings_json import DECIMALS
from node.dicom.objects.outline import outline
from node.dicom.objects.segmentation import FINDING_TYPES, SIDES, region_code
from node.dicom.objects.source import Source
from node.dicom.report.items import algorithm, answer, image_of, with_texts
from node.dicom.uids import Origin, tracking_identifier
from node.domain.findings import (
    Analysis,
    Deposit,
    Hand,
    Laterality,
    Material,
)
from node.domain.wording import description, whereabouts

MATERIALS = {
    Material.CALCIUM: Concept.CALCIUM,
    Material.URATE: Concept.URIC_ACID,
    Material.INDETERMINATE: Concept.UNDETERMINED,
}


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
    side = hand.laterality
    texts = [
        (Concept.PLACE, whereabouts(deposit, side)),
        (Concept.SHAPE, deposit.shape),
        (Concept.DESCRIPTION, description(deposit, side)),
    ]
    return with_texts(group, source, texts)


def outline_group(
    deposit: Deposit, hand: Hand, analysis: Analysis, source: Source, origin: Origin
) -> PlanarROIMeasurementsAndQualitativeEvaluations:
    """TID 1410: the deposit's outline on its key image, without any measurement."""
    image = image_of(source, deposit.key_slice)
    polygon = outline(analysis.segments[deposit.key_slice] == deposit.number)
    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(deposit, origin),
        referenced_region=ImageRegion(GraphicTypeValues.POLYLINE, polygon, image),
        finding_type=FINDING_TYPES[deposit.material],
        finding_sites=[_site(deposit, hand)],
        qualitative_evaluations=[answer(Concept.MATERIAL, MATERIALS[deposit.material])],
    )


def _tracking(deposit: Deposit, origin: Origin) -> TrackingIdentifier:
    return TrackingIdentifier(origin.tracking_uid(deposit.number), tracking_identifier(deposit.number))


def _site(deposit: Deposit, hand: Hand) -> FindingSite:
    return FindingSite(region_code(deposit), laterality=SIDES[hand.laterality])


def _deposit_measurements(deposit: Deposit) -> list[Measurement]:
    """The size first: OHIF shows the first five of a group."""
    attenuations = (
        (deposit.mean_low_hu, Concept.MEAN, Concept.LOW_ENERGY),
        (deposit.mean_high_hu, Concept.MEAN, Concept.HIGH_ENERGY),
        (deposit.sd_low_hu, Concept.STANDARD_DEVIATION, Concept.LOW_ENERGY),
        (deposit.max_low_hu, Concept.MAXIMUM, Concept.LOW_ENERGY),
    )
    first = (
        (Concept.CALCIUM_MASS, deposit.mass_mg, Concept.MILLIGRAM),
        (Concept.LONG_AXIS, deposit.long_axis_mm, Concept.MILLIMETRE),
        (Concept.SHORT_AXIS, deposit.short_axis_mm, Concept.MILLIMETRE),
    )
    others = (
        (Concept.RATIO, deposit.ratio, Concept.RATIO_UNIT),
        (Concept.SKIN_DISTANCE, deposit.distance_to_skin_mm, Concept.MILLIMETRE),
        (Concept.BONE_DISTANCE, deposit.distance_to_bone_mm, Concept.MILLIMETRE),
        *((name, _percent(share), Concept.PERCENT) for name, share in _certainties(deposit)),
    )
    volume = Measurement(
        Concept.VOLUME.code,
        deposit.volume_mm3,
        Concept.CUBIC_MILLIMETRE.code,
        method=Concept.VOXEL_SUM.code,
    )
    return [
        volume,
        *_plain(first),
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
        *_plain(others),
    ]


def _plain(rows: Iterable[tuple[Concept, float | None, Concept]]) -> list[Measurement]:
    """Those that are known, each by name, value and unit alone."""
    return [Measurement(name.code, value, unit.code) for name, value, unit in rows if value is not None]


def _certainties(deposit: Deposit) -> list[tuple[Concept, float]]:
    """The confidence and its parts, 0 to 1."""
    parts = deposit.confidence_parts
    return [
        (Concept.CERTAINTY, deposit.confidence),
        (Concept.CERTAINTY_MATERIAL, parts.material),
        (Concept.CERTAINTY_CONTACT, parts.bone_contact),
        (Concept.CERTAINTY_CONTRAST, parts.contrast_to_noise),
        (Concept.CERTAINTY_PLACE, parts.label_margin),
    ]


def _percent(share: float) -> float:
    return round(100 * share, DECIMALS)


def _deposit_qualities(deposit: Deposit, laterality: Laterality) -> list[QualitativeEvaluation]:
    return [
        answer(Concept.MATERIAL, MATERIALS[deposit.material]),
        answer(Concept.TOUCHES_BONE, Concept.YES if deposit.touches_bone else Concept.NO),
        answer(Concept.REVIEW, Concept.YES if deposit.review else Concept.NO),
        *_bones(Concept.TOUCHED_BONE, deposit.touches, laterality),
        *_bones(Concept.NEAREST_BONE, deposit.bones[:1], laterality),
        *_bones(Concept.OTHER_BONE, deposit.bones[1:], laterality),
    ]


def _bones(question: Concept, names: Iterable[str], laterality: Laterality) -> list[QualitativeEvaluation]:
    """Those that have a code, which has a side; the description in words names all of them."""
    known = [BONES[key] for key in ((name, str(laterality)) for name in names) if key in BONES]
    return [QualitativeEvaluation(question.code, bone) for bone in known]
