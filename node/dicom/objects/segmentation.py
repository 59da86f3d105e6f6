"""The deposits as a DICOM Segmentation: BINARY, one segment a deposit, on the source grid (PS3.3 A.51)."""

from dataclasses import dataclass

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from highdicom.spatial import get_volume_positions
from highdicom.sr import CodedConcept
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from node import __version__
from node.dicom.objects.codes import Concept
from node.dicom.objects.encoded import encoded_sequence, sop_reference
from node.dicom.objects.seal import MANUFACTURER, PRODUCT, WRITER, coding_schemes, sealed
from node.dicom.objects.source import Source, dash
from node.dicom.uids import Origin, tracking_identifier
from node.domain.findings import Analysis, Deposit, Hand, Laterality, Material, Region
from node.domain.series import Slice, Stack
from node.domain.wording import MATERIAL_RGB, deposit_words

FINDING_TYPES = {
    Material.CALCIUM: Concept.PATHOLOGIC_CALCIFICATION.code,
    Material.URATE: Concept.URATE_DEPOSIT.code,
    Material.INDETERMINATE: Concept.MINERAL_DEPOSIT.code,
}
SIDES = {Laterality.RIGHT: Concept.RIGHT.code, Laterality.LEFT: Concept.LEFT.code, Laterality.UNCERTAIN: None}
REGIONS = {
    Region.DIGIT: Concept.FINGER.code,
    Region.HAND: Concept.HAND.code,
    Region.WRIST: Concept.WRIST.code,
    Region.FOREARM: Concept.FOREARM.code,
}

_OF_A_SOURCE_IMAGE = (
    "SOPClassUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "Rows",
    "Columns",
)
"""What highdicom reads of a source image but the first."""


@dataclass(frozen=True)
class ObjectNumbers:
    """Where an object stands in its study: UIDs and series number."""

    sop_instance_uid: str
    series_instance_uid: str
    series_number: int


def region_code(deposit: Deposit) -> Code:
    """The anatomic region of a deposit (CID 4031); the hand where the region is uncertain."""
    if deposit.region is Region.DIGIT and deposit.digit == 1:
        return Concept.THUMB.code
    return REGIONS.get(deposit.region or Region.HAND, Concept.HAND.code)


def segmentation(analysis: Analysis, source: Source, origin: Origin, numbers: ObjectNumbers) -> bytes:
    """The PS3.10 file of the Segmentation; the segment number is the deposit's number.

    Raises ValueError where there is no deposit: an empty Segmentation would hold every frame.
    """
    deposits = sorted(((d, h) for h in analysis.findings.hands for d in h.deposits), key=lambda pair: pair[0].number)
    if not deposits:
        raise ValueError("A Segmentation needs a deposit.")
    images, pixels = _by_source_frame(analysis.segments, source)
    dataset = Segmentation(
        source_images=images,
        pixel_array=pixels,
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[_description(deposit, hand, origin) for deposit, hand in deposits],
        series_instance_uid=numbers.series_instance_uid,
        series_number=numbers.series_number,
        sop_instance_uid=numbers.sop_instance_uid,
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=PRODUCT,
        software_versions=__version__,
        device_serial_number=__version__,
        content_label="CALCINOSIS",
        content_description="Deposits in the soft tissue of the hands",
        series_description=f"Calcinosis segmentation, AI {dash(source.head)} not for primary diagnosis",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        omit_empty_frames=True,
        coding_schemes=coding_schemes(),
        specific_character_set=source.head.SpecificCharacterSet,
        content_date=source.acquired.date(),
        content_time=source.acquired.time(),
    )
    dataset.ContentCreatorName = None  # type 2: no person made it
    _refer(dataset, source)
    return sealed(dataset, source.acquired, origin.uid("segmentation/dimensions", WRITER, numbers.sop_instance_uid))


def _by_source_frame(segments: NDArray[np.uint16], source: Source) -> tuple[list[Dataset], NDArray[np.uint16]]:
    """Headers of the source, and the planes of ``segments`` (z, y, x) that belong to their frames.

    Of single-frame images only those with a deposit, and of their headers what makes a Segmentation: the many others
    would only take time, since empty frames are left out.
    """
    head = source.head
    if "NumberOfFrames" in head:
        return [_multi_frame(head, source.low)], segments
    used = [z for z, plane in enumerate(segments) if plane.any()]
    first, *others = (source.low.slices[z] for z in used)
    plain = Dataset()
    plain.update({tag: head[tag] for tag in map(Tag, _OF_A_SOURCE_IMAGE) if tag in head})
    images = [_image(head, first), *(_image(plain, plane) for plane in others)]
    if "SpacingBetweenSlices" not in head:
        images[0].SpacingBetweenSlices = format_number_as_ds(_spacing_mm(source.low))
    return images, segments[used]


def _spacing_mm(stack: Stack) -> float:
    """Distance of neighbouring slices, as highdicom would find it if it were given them all."""
    positions = [frame.position_mm for frame in stack.frames]
    found, _ = get_volume_positions(positions, stack.frames[0].orientation)
    return stack.geometry.spacing_mm[0] if found is None else float(found)


def _image(alike: Dataset, plane: Slice) -> Dataset:
    """``alike`` with a slice's own identity and position."""
    image = Dataset()
    image.update(alike)
    image.add_new("SOPInstanceUID", "UI", plane.instance.sop_instance_uid)
    image.add_new("ImagePositionPatient", "DS", list(plane.frame.position_mm))
    return image


def _multi_frame(head: Dataset, stack: Stack) -> Dataset:
    """``head`` with the planes of the stack as its frames, whatever other frames and instances there are."""
    image, shared = Dataset(), Dataset()
    image.update(head)
    of_first = head.PerFrameFunctionalGroupsSequence[stack.frames[0].number - 1]
    shared.update({e.tag: e for e in of_first if e.keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence")})
    for groups in head.get("SharedFunctionalGroupsSequence", ()):
        shared.update(groups)
    frames = []
    for frame in stack.frames:
        position, groups = Dataset(), Dataset()
        position.add_new("ImagePositionPatient", "DS", list(frame.position_mm))
        groups.PlanePositionSequence = [position]
        frames.append(groups)
    image.SharedFunctionalGroupsSequence, image.PerFrameFunctionalGroupsSequence = [shared], frames
    image.NumberOfFrames = len(frames)
    return image


def _refer(dataset: Dataset, source: Source) -> None:
    """Reference every image of the low energy, not only those with a deposit; of multi-frame ones the true frame."""
    if "NumberOfFrames" in source.head:
        sources = [g.DerivationImageSequence[0].SourceImageSequence for g in dataset.PerFrameFunctionalGroupsSequence]
        for reference in {id(r): r for (r,) in sources}.values():  # segments of one plane share theirs
            plane = source.low.slices[int(reference.ReferencedFrameNumber) - 1]
            reference.ReferencedSOPInstanceUID = plane.instance.sop_instance_uid
            reference.ReferencedFrameNumber = plane.frame.number
    images = {i.sop_instance_uid: sop_reference(i.sop_class_uid, i.sop_instance_uid) for i in source.low.instances}
    dataset[Tag("SourceImageSequence")] = encoded_sequence("SourceImageSequence", images.values())
    (series,) = dataset.ReferencedSeriesSequence
    series[Tag("ReferencedInstanceSequence")] = encoded_sequence("ReferencedInstanceSequence", images.values())


def _description(deposit: Deposit, hand: Hand, origin: Origin) -> SegmentDescription:
    description = SegmentDescription(
        segment_number=deposit.number,
        segment_label=deposit_words(deposit, hand.laterality),
        segmented_property_category=Concept.MORPHOLOGICALLY_ABNORMAL.code,
        segmented_property_type=FINDING_TYPES[deposit.material],
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(
            name=PRODUCT, family=Concept.MORPHOLOGICAL_OPERATIONS.code, version=__version__, source=MANUFACTURER
        ),
        tracking_uid=origin.tracking_uid(deposit.number),
        tracking_id=tracking_identifier(deposit.number),
        anatomic_regions=[region_code(deposit)],
        display_color=CIELabColor.from_rgb(*MATERIAL_RGB[deposit.material]),
    )
    side = SIDES[hand.laterality]
    if side is not None:
        description.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [CodedConcept.from_code(side)]
    return description
