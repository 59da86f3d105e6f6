"""Digest of an instance's content, without decoding pixels (docs/dicom.md section 3, “same content”).

The digest covers the attributes that the analysis uses and the pixel data: for native syntaxes (explicit, implicit,
deflated) the decoded values themselves, for compressed ones the code stream together with its transfer syntax. So
equal digests prove equal content; different digests of two blobs in different transfer syntaxes prove nothing, and
``node.dicom.reading.decoding.same_content`` then decodes both. UIDs, patient and study texts are not in it: corrected
demographics are the same content.
"""

import hashlib
import struct
from collections import defaultdict
from typing import BinaryIO

import numpy as np

from node.dicom.reading.attributes import Lookup, text
from node.domain.errors import Refused
from node.domain.grids import on_one_grid
from node.domain.instance import Frame, Instance
from node.domain.series import Stack
from node.domain.volume import Int16Array, Volume

CHUNK = 1 << 20
_ITEM, _ITEM_SEQUENCE_END = 0xE000, 0xE0DD
_LONG_VRS = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"})
_UNDEFINED = 0xFFFFFFFF
_CORRECTABLE = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "ReferringPhysicianName",
)
_RETRY = "Send the image again."


def enter_pixel_data(file: BinaryIO, *, implicit_vr: bool) -> int | None:
    """Read the head of the pixel data element at the file's position; its length, None where no element follows.

    Raises Refused where the head itself ends early.
    """
    header = file.read(8)
    if len(header) < 8:
        return None
    if implicit_vr or header[4:6] not in _LONG_VRS:
        return int(struct.unpack("<L", header[4:8])[0])
    tail = file.read(4)
    if len(tail) < 4:
        raise _truncated(0, None)
    return int(struct.unpack("<L", tail)[0])


def pixel_digest(file: BinaryIO, length: int, expected_bytes: int | None) -> str:
    """SHA-256 (hex) of the pixel data of this ``length`` that begins at the file's position.

    ``expected_bytes``: length of native pixel data by rows, columns, frames and bits; None when compressed.
    Raises Refused where the pixel data ends early.
    """
    digest = hashlib.sha256()
    if length == _UNDEFINED:
        _add_fragments(digest, file)
    else:
        if expected_bytes is not None and length < expected_bytes:
            raise _truncated(length, expected_bytes)
        _add(digest, file, length if expected_bytes is None else expected_bytes)
    return digest.hexdigest()


def content_digest(instance: Instance, pixels: str) -> str:
    """SHA-256 (hex) over what the analysis reads from ``instance`` and over its pixel digest."""
    facts = (
        instance.sop_class_uid,
        instance.study_instance_uid,
        instance.series_instance_uid,
        instance.frame_of_reference_uid,
        instance.modality,
        instance.image_type,
        instance.convolution_kernel,
        instance.rescale_type,
        instance.photometric_interpretation,
        (instance.rows, instance.columns, instance.slice_thickness_mm),
        (instance.contrast_agent, instance.lossy, instance.patient_position),
        tuple(_frame_facts(f) for f in instance.frames),
    )
    return hashlib.sha256(f"{facts!r}|{pixels}".encode()).hexdigest()


def demographics_digest(lookup: Lookup) -> str:
    """SHA-256 (hex) over what results copy of patient and study and a PACS may correct."""
    told = [text(lookup(keyword)) for keyword in _CORRECTABLE]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def measured_inputs(stack: Stack, volume: Volume) -> tuple[tuple[str, str], ...]:
    """(SOP Instance UID, content digest) of each instance of ``stack``, over its planes of ``volume`` in HU.

    Unlike ``Instance.content_digest`` the same whatever the transfer syntax: UIDs of results are made from these, so
    that a node which received the study compressed makes the same objects. Where ``volume`` was put onto another grid
    its planes are of no instance alone: each then stands for all of them.
    """
    if not on_one_grid(stack.geometry, volume.geometry):
        every = _digest_of(list(volume.hu))
        known = {i.sop_instance_uid: i for i in stack.instances}
        return tuple((uid, content_digest(known[uid], every)) for uid in sorted(known))
    planes: dict[str, list[Int16Array]] = defaultdict(list)
    for instance, plane in zip(stack.instances, volume.hu, strict=True):
        planes[instance.sop_instance_uid].append(plane)
    instances = {i.sop_instance_uid: i for i in stack.instances}
    return tuple((uid, content_digest(instances[uid], _digest_of(planes[uid]))) for uid in sorted(instances))


def _digest_of(planes: list[Int16Array]) -> str:
    digest = hashlib.sha256()
    for plane in planes:
        digest.update(np.ascontiguousarray(plane).data)
    return digest.hexdigest()


def _frame_facts(frame: Frame) -> tuple[object, ...]:
    place = frame.number, frame.position_mm, frame.orientation, frame.pixel_spacing_mm
    tube = frame.tube.kvp, frame.tube.tin_mm, frame.tube.kev
    return *place, *tube, frame.rescale_slope, frame.rescale_intercept, frame.acquisition_number


def _add_fragments(digest: "hashlib._Hash", file: BinaryIO) -> None:
    """Hash the fragments but not the basic offset table, which senders rewrite at will."""
    first = True
    while True:
        header = file.read(8)
        if len(header) < 8:
            raise _truncated(None, None)
        _, element, length = struct.unpack("<HHL", header)
        if element == _ITEM_SEQUENCE_END:
            return
        if element != _ITEM:
            raise Refused("The compressed pixel data is damaged: an item was expected.", hint=_RETRY)
        _add(None if first else digest, file, length)
        first = False


def _add(digest: "hashlib._Hash | None", file: BinaryIO, length: int) -> None:
    left = length
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise _truncated(length - left, length)
        left -= len(chunk)
        if digest is not None:
            digest.update(chunk)


def _truncated(found: int | None, expected: int | None) -> Refused:
    sizes = f": {found} of {expected} bytes" if found is not None and expected is not None else ""
    return Refused(f"The file is truncated: its pixel data ends early{sizes}.", hint=_RETRY)
