"""The measurement groups of a deposit in the Structured Report: what was measured, and its outline on the key image.

A deposit is counted once: its TID 1411 group alone has measurements. The TID 1410 group beside it carries the same
tracking identifiers and an outline, because viewers such as OHIF draw only what has coordinates and join groups by
tracking UID.
"""

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

from node.dicom.codes import BONES, Concept
from node.dicom.findings_json import DECIMALS
from node.dicom.outline import outline
from node.dicom.report_items import algorithm, answer, image_of, with_texts
from node.dicom.segmentation import FINDING_TYPES, SIDES, region_code
from node.dicom.source import Source
from node.dicom.uids import Origin, tracking_identifier
from node.domain.findings import (
    Analysis,
    Deposit,
    Hand,
    Laterality,
    Material,
)
from node.domain.wording import place_words

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
    place = place_words(deposit, hand.laterality)
    where = f"{place}, {deposit.compartment}" if deposit.compartment else place
    return with_texts(group, source, [(Concept.PLACE, where), (Concept.SHAPE, deposit.shape)])


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
        answer(Concept.MATERIAL, MATERIALS[deposit.material]),
        answer(Concept.TOUCHES_BONE, Concept.YES if deposit.touches_bone else Concept.NO),
        answer(Concept.REVIEW, Concept.YES if deposit.review else Concept.NO),
        *(QualitativeEvaluation(Concept.NEAREST_BONE.code, bone) for bone in nearest),
    ]
