"""The findings as a Structured Report: TID 1500 in a Comprehensive 3D SR (PS3.3 A.35.13, PS3.16 TID 1500).

COMPLETE or PARTIAL, always UNVERIFIED and PRELIMINARY: it is a physician's signature that makes it more.
"""

from collections.abc import Iterable, Iterator

from highdicom.sr import (
    CodeContentItem,
    CodedConcept,
    Comprehensive3DSR,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    DeviceObserverIdentifyingAttributes,
    ImageContentItem,
    MeasurementReport,
    NumContentItem,
    ObservationContext,
    ObserverContext,
    RelationshipTypeValues,
    UIDRefContentItem,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage

from node import __version__
from node.dicom.objects.codes import Concept
from node.dicom.objects.encoded import dataset_bytes, encoded_sequence, sequence_bytes, sop_reference
from node.dicom.objects.seal import MANUFACTURER, PRODUCT, coding_schemes, sealed
from node.dicom.objects.segmentation import ObjectNumbers
from node.dicom.objects.source import Source, dash, place_of, writable
from node.dicom.report.groups import deposit_group, outline_group
from node.dicom.report.items import Group
from node.dicom.report.summary import hand_group
from node.dicom.uids import Origin, uid_of
from node.domain.findings import Analysis, Outcome
from node.domain.series import Stack

DEVICE_UID = uid_of("calcinode", "device")
"""Device Observer UID of this software, the same on every machine, as the report is."""


def report(
    analysis: Analysis,
    source: Source,
    origin: Origin,
    numbers: ObjectNumbers,
    segmentation: ObjectNumbers | None,
) -> bytes:
    """The PS3.10 file of the report; ``segmentation`` is None for a study without deposits, which is a result too."""
    findings = analysis.findings
    content = MeasurementReport(
        observation_context=_observer(),
        procedure_reported=Concept.CT_PROCEDURE.code,
        imaging_measurements=_groups(analysis, source, origin, segmentation),
        title=Concept.REPORT.code,
    )
    dataset = Comprehensive3DSR(
        evidence=[source.head],
        content=_root(content[0]),
        series_instance_uid=numbers.series_instance_uid,
        series_number=numbers.series_number,
        sop_instance_uid=numbers.sop_instance_uid,
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=PRODUCT,
        software_versions=__version__,
        device_serial_number=__version__,
        is_complete=findings.outcome is Outcome.COMPLETE,
        is_final=False,
        is_verified=False,
        series_description=f"Calcinosis measurements, AI {dash(source.head)} not for primary diagnosis",
        transfer_syntax_uid=ExplicitVRLittleEndian,
        coding_schemes=coding_schemes(),
        specific_character_set=source.head.SpecificCharacterSet,
        content_date=source.acquired.date(),
        content_time=source.acquired.time(),
    )
    # Now: the constructor copies and searches all that it gets.
    dataset.ContentSequence = content[0].ContentSequence
    items = dataset.ContentSequence
    items.insert(len(items) - 1, _image_library(source))
    _refer(dataset.CurrentRequestedProcedureEvidenceSequence[0], source, segmentation)
    if findings.outcome is not Outcome.COMPLETE:
        dataset.CompletionFlagDescription = writable(
            "; ".join(findings.reasons) or "A part could not be assessed", source.head
        )[:64]
    return sealed(dataset, source.acquired)


def _observer() -> ObservationContext:
    device = DeviceObserverIdentifyingAttributes(
        uid=DEVICE_UID, name=PRODUCT, manufacturer_name=MANUFACTURER, model_name=PRODUCT, serial_number=__version__
    )
    return ObservationContext(
        observer_device_context=ObserverContext(CodedConcept.from_code(Concept.DEVICE.code), device)
    )


def _groups(analysis: Analysis, source: Source, origin: Origin, segmentation: ObjectNumbers | None) -> list[Group]:
    findings = analysis.findings
    summaries: list[Group] = [hand_group(n, analysis, source, origin) for n in range(len(findings.hands))]
    if segmentation is None:
        return summaries
    pairs = sorted(((d, h) for h in findings.hands for d in h.deposits), key=lambda pair: pair[0].number)
    volumes = [deposit_group(d, h, source, origin, segmentation.sop_instance_uid) for d, h in pairs]
    outlines = [outline_group(d, h, analysis, source, origin) for d, h in pairs]
    return [*summaries, *volumes, *outlines]


def _image_library(source: Source) -> ContainerContentItem:
    """TID 1600: a group for each energy; what all its images share stands once, at the group."""
    library = ContainerContentItem(codes.DCM.ImageLibrary, relationship_type=RelationshipTypeValues.CONTAINS)
    library.ContentSequence = ContentSequence([_image_group(source.low), _image_group(source.high)])
    return library


def _image_group(stack: Stack) -> ContainerContentItem:
    group = ContainerContentItem(codes.DCM.ImageLibraryGroup, relationship_type=RelationshipTypeValues.CONTAINS)
    context, pixels = RelationshipTypeValues.HAS_ACQ_CONTEXT, Code("{pixels}", "UCUM", "Pixels")
    head = stack.head
    images = dict.fromkeys(place_of(plane)[:2] for plane in stack.slices)
    facts: list[ContentItem] = [
        CodeContentItem(codes.DCM.Modality, codes.cid29.ComputedTomography, context),
        UIDRefContentItem(codes.DCM.FrameOfReferenceUID, head.frame_of_reference_uid, context),
        NumContentItem(codes.DCM.PixelDataRows, head.rows, pixels, relationship_type=context),
        NumContentItem(codes.DCM.PixelDataColumns, head.columns, pixels, relationship_type=context),
    ]
    listed = [*map(dataset_bytes, facts), *_image_items(images)]
    group[Tag("ContentSequence")] = encoded_sequence("ContentSequence", listed)
    return group


def _image_items(images: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """IMAGE content items by SOP Class and Instance UID, all alike but for these."""
    alike = ImageContentItem(Concept.SOURCE.code, "1.2", "1.2", relationship_type=RelationshipTypeValues.CONTAINS)
    del alike.ReferencedSOPSequence  # the first of the item's attributes by tag
    rest = dataset_bytes(alike)
    for image in images:
        yield sequence_bytes("ReferencedSOPSequence", [sop_reference(*image)]) + rest


def _root(content: Dataset) -> Dataset:
    """The root of the content tree alone."""
    root = Dataset()
    root.update({element.tag: element for element in content if element.keyword != "ContentSequence"})
    root.ContentSequence = []
    return root


def _refer(study: Dataset, source: Source, segmentation: ObjectNumbers | None) -> None:
    """Make everything that the report refers to its evidence, by series (PS3.3 table 10-4)."""
    references: dict[str, dict[str, bytes]] = {}
    for stack in (source.low, source.high):
        for instance in stack.instances:
            named = references.setdefault(instance.series_instance_uid, {})
            named[instance.sop_instance_uid] = sop_reference(instance.sop_class_uid, instance.sop_instance_uid)
    if segmentation is not None:
        reference = sop_reference(SegmentationStorage, segmentation.sop_instance_uid)
        references[segmentation.series_instance_uid] = {segmentation.sop_instance_uid: reference}
    study.ReferencedSeriesSequence = [_series(uid, named.values()) for uid, named in references.items()]


def _series(series_instance_uid: str, references: Iterable[bytes]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = series_instance_uid
    item[Tag("ReferencedSOPSequence")] = encoded_sequence("ReferencedSOPSequence", references)
    return item
