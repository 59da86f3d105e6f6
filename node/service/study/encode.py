"""From findings to the files that go out: SEG, SR, picture, ``findings.json``. Equal input gives equal bytes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from io import BytesIO

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from node import __version__
from node.dicom.objects.findings_json import SeriesInput, StudyInput, findings_json, rounded_findings
from node.dicom.objects.overlay import overlay
from node.dicom.objects.seal import PRODUCT, WRITER
from node.dicom.objects.segmentation import ObjectNumbers, segmentation
from node.dicom.objects.source import Source, acquired, demographics_digest
from node.dicom.report.document import report
from node.dicom.uids import Origin
from node.domain.findings import Analysis, Findings
from node.domain.instance import Instance
from node.domain.series import Stack
from node.domain.volume import EnergyPair
from node.render.overview import notice, overview
from node.service.journal.results import ResultObject
from node.service.study.parameters import Parameters

ALGORITHM = (PRODUCT, __version__)
DICOM_FILES = {"segmentation": "seg.dcm", "report": "sr.dcm", "overlay": "overlay.dcm", "notice": "overlay.dcm"}
"""Name of the file by the role of a DICOM object."""
FILE_NAMES = ("seg.dcm", "sr.dcm", "overlay.dcm", "overlay.png", "findings.json")
"""Every file that a result may consist of."""


def origin_of(instances: Sequence[Instance], parameters: Parameters) -> Origin:
    """What decides the UIDs of a refusal, whose pixels nobody has decoded."""
    inputs = tuple((instance.sop_instance_uid, instance.content_digest) for instance in instances)
    return Origin(inputs, __version__, parameters.digest)


def encode(analysis: Analysis, source: Source, pair: EnergyPair, parameters: Parameters) -> tuple[ResultObject, ...]:
    """All files of a result: SEG where there is a deposit, SR, picture (DICOM and PNG), ``findings.json``.

    Content date and time are those of the newest input's acquisition.
    """
    analysis = replace(analysis, findings=rounded_findings(analysis.findings))
    with ThreadPoolExecutor(2) as pool:  # hashing, kernels and compression leave the interpreter to the DICOM objects
        drawn = pool.submit(_picture, pair, analysis)
        segments = pool.submit(_segments_digest, analysis)
        origin = Origin(source.inputs, __version__, parameters.digest)
        listed = _findings_file(analysis.findings, _study_input(source), origin, source.low.instances)
        content = (listed.content, segments.result(), demographics_digest(source.head, source.acquired))
        base = parameters.series_number_base
        parts, seg = [], None
        if analysis.findings.deposits:
            seg = _numbers(origin, "segmentation", base, content)
            parts.append(_dicom("segmentation", SegmentationStorage, seg, segmentation(analysis, source, origin, seg)))
        sr = _numbers(origin, "report", base + 1, content)
        parts.append(_dicom("report", Comprehensive3DSRStorage, sr, report(analysis, source, origin, sr, seg)))
        rgb, png = drawn.result()
    picture = _numbers(origin, "overlay", base + 2, (*content, sha256(rgb.data).digest()))
    sc = overlay(rgb, source.head, source.acquired, picture, "Calcinosis overview")
    parts.append(_dicom("overlay", SecondaryCaptureImageStorage, picture, sc))
    return (*parts, ResultObject("overlay_png", "overlay.png", png), listed)


def _picture(pair: EnergyPair, analysis: Analysis) -> tuple[NDArray[np.uint8], bytes]:
    """The overview page as an array and as PNG."""
    rgb = overview(pair, analysis, __version__)
    return rgb, _png(rgb)


def _segments_digest(analysis: Analysis) -> bytes:
    return sha256(np.ascontiguousarray(analysis.segments).data).digest()


def encode_refusal(
    findings: Findings,
    instances: Sequence[Instance],
    stacks: Sequence[Stack],
    head: Dataset | None,
    parameters: Parameters,
) -> tuple[ResultObject, ...]:
    """``findings.json`` that says why there is no result; with ``head``, a header to copy from, also a picture of it.

    ``stacks`` are the low and the high energy where a pair was found, else empty.
    """
    origin = origin_of(instances, parameters)
    first = instances[0]
    series = tuple(_series_input(stack) for stack in stacks) or (None, None)
    study = StudyInput(first.study_instance_uid, first.frame_of_reference_uid, *series)
    listed = _findings_file(findings, study, origin, ())
    if head is None:
        return (listed,)
    rgb = notice("Not measured: calcinosis of the hands", findings.reasons, __version__)
    when = acquired(head)
    content = (listed.content, demographics_digest(head, when))
    numbers = _numbers(origin, "notice", parameters.series_number_base + 2, content)
    sc = overlay(rgb, head, when, numbers, "Calcinosis: not measured")
    return (_dicom("notice", SecondaryCaptureImageStorage, numbers, sc), listed)


def _findings_file(findings: Findings, study: StudyInput, origin: Origin, slices: Sequence[Instance]) -> ResultObject:
    key_uids = [instance.sop_instance_uid for instance in slices]
    content = findings_json(findings, study, ALGORITHM, origin.tracking_uid, key_uids)
    return ResultObject("findings", "findings.json", content)


def _study_input(source: Source) -> StudyInput:
    head = source.low.head
    return StudyInput(
        head.study_instance_uid, head.frame_of_reference_uid, _series_input(source.low), _series_input(source.high)
    )


def _series_input(stack: Stack) -> SeriesInput:
    return SeriesInput(stack.series_instance_uid, stack.tube, len({i.sop_instance_uid for i in stack.instances}))


def _numbers(origin: Origin, role: str, series_number: int, content: tuple[bytes, ...]) -> ObjectNumbers:
    entropy: tuple[str | bytes, ...] = (WRITER, f"Pillow {PIL.__version__}", *content)
    return ObjectNumbers(origin.uid(role, *entropy), origin.uid(f"{role}/series", *entropy), series_number)


def _dicom(role: str, sop_class_uid: str, numbers: ObjectNumbers, content: bytes) -> ResultObject:
    return ResultObject(
        role, DICOM_FILES[role], content, sop_class_uid, numbers.sop_instance_uid, ExplicitVRLittleEndian
    )


def _png(rgb: NDArray[np.uint8]) -> bytes:
    buffer = BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()
