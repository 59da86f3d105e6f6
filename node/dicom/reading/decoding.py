"""Stored values of frames, out of any lossless transfer syntax. Not for the receiver, which never decodes pixels."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.utils import iter_pixels, pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from node.dicom.reading.attributes import whole
from node.dicom.reading.codecs import plugin_for, register
from node.dicom.reading.content import content_digest
from node.dicom.reading.header import read_instance
from node.dicom.reading.pixel_layout import NATIVE_SYNTAXES
from node.domain.errors import NodeError, Refused

register()
_FAULT_HINT = "The file is truncated or damaged; send the image again."


def stored_values(path: Path, indices: Sequence[int]) -> tuple[Dataset, Iterable[NDArray[Any]]]:
    """The dataset of ``path`` (of a multi-frame file without its pixels), and the stored values of some frames.

    The values are arrays (rows, columns), one for each of ``indices`` (from 0) in that order, one in memory at a
    time. What the decoders raise comes through; use it inside ``translated``.
    """
    if list(indices) == [0]:
        dataset = dcmread(path)
        if whole(dataset.get("NumberOfFrames")) in {None, 1}:
            return dataset, [_single(dataset)]
    header = dcmread(path, stop_before_pixels=True)
    syntax = str(header.file_meta.TransferSyntaxUID)
    source = dcmread(path) if syntax == DeflatedExplicitVRLittleEndian else path
    return header, _frames(source, list(indices), plugin_for(syntax))


def _frames(source: Dataset | Path, indices: list[int], plugin: str) -> Iterator[NDArray[Any]]:
    """Frames by ``plugin``; from the first that it cannot decode on by pydicom's choice."""
    done = 0
    try:
        for values in iter_pixels(source, indices=indices, raw=True, decoding_plugin=plugin):
            yield values
            done += 1
    except (RuntimeError, ValueError, NotImplementedError):
        if not plugin:
            raise
        yield from iter_pixels(source, indices=indices[done:], raw=True)


def same_content(one: Path, other: Path) -> bool:
    """True where both files hold the same content though their bytes or transfer syntaxes differ.

    The costly answer, for the rare case that two blobs of one SOP Instance UID have different content digests.
    """
    return decoded_digest(one) == decoded_digest(other)


def decoded_digest(path: Path) -> str:
    """Content digest (hex) over decoded pixels: equal whatever the transfer syntax."""
    instance = read_instance(path)
    with translated(path):
        digest = hashlib.sha256()
        for values in stored_values(path, range(_number_of_frames(path)))[1]:
            digest.update(np.asarray(values, dtype="<i4").tobytes())
    return content_digest(instance, digest.hexdigest())


def _number_of_frames(path: Path) -> int:
    return whole(dcmread(path, specific_tags=["NumberOfFrames"], stop_before_pixels=True).get("NumberOfFrames")) or 1


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises on the file's pixels into Refused."""
    try:
        yield
    except NodeError:
        raise
    except Exception as error:
        raise Refused(f"The pixels of {path.name} cannot be decoded: {error}.", hint=_FAULT_HINT) from error


def _single(dataset: Dataset) -> NDArray[Any]:
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    if syntax in NATIVE_SYNTAXES and dataset.BitsAllocated == 16 and dataset.get("SamplesPerPixel", 1) == 1:
        return _native(dataset)
    if plugin := plugin_for(syntax):
        try:
            return pixel_array(dataset, raw=True, decoding_plugin=plugin)
        except (RuntimeError, ValueError, NotImplementedError):
            return pixel_array(dataset, raw=True)
    return pixel_array(dataset, raw=True)


def _native(dataset: Dataset) -> NDArray[Any]:
    """Uncompressed 16-bit words, without a decoder; bits above Bits Stored (old overlays) are dropped."""
    signed, unused = bool(dataset.PixelRepresentation), 16 - dataset.BitsStored
    kind = np.dtype("<i2" if signed else "<u2")
    count = dataset.Rows * dataset.Columns
    data = dataset.PixelData
    if len(data) < count * kind.itemsize:
        raise Refused(f"The pixel data ends early: {len(data)} of {count * kind.itemsize} bytes.", hint=_FAULT_HINT)
    values = np.frombuffer(data, kind, count).reshape(dataset.Rows, dataset.Columns)
    return (values << unused) >> unused if unused else values
