"""Pixels of a pair of stacks → int16 HU volumes, decoded by a pool of threads straight into place.

Memory is the two volumes and one decoded plane a thread (for multi-frame instances: one frame a thread).
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.utils import iter_pixels, pixel_array

from node.dicom.attributes import lookup_of, whole
from node.dicom.header import NATIVE_SYNTAXES
from node.domain.errors import NodeError, Refused
from node.domain.instance import Frame
from node.domain.pairing import StackPair
from node.domain.series import Slice, Stack
from node.domain.volume import EnergyPair, Int16Array, Volume

AIR_HU = -1000
Locate = Callable[[str], Path]
Progress = Callable[[str, float], None]
_INT16 = np.iinfo(np.int16)


def load_pair(pair: StackPair, locate: Locate, progress: Progress | None = None) -> EnergyPair:
    """Both energies of ``pair`` in HU on the grid of the low one.

    ``locate`` gives the file of a SOP Instance UID; ``progress`` is told ("load", share from 0 to 1).
    Raises Refused where pixel data is truncated, damaged or does not fit its header.
    """
    low, high = _empty(pair.low), _empty(pair.high)
    work = [*_by_instance(pair.low, low), *_by_instance(pair.high, high)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = [pool.submit(_fill, locate(uid), planes) for uid, planes in work]
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                job.result()
                if progress:
                    progress("load", done / len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    geometry = pair.low.geometry
    return EnergyPair(Volume(low, geometry), Volume(high, geometry), pair.low.tube, pair.high.tube)


Target = tuple[Frame, Int16Array]


def _empty(stack: Stack) -> Int16Array:
    return np.empty(stack.geometry.shape, dtype=np.int16)


def _by_instance(stack: Stack, volume: Int16Array) -> Iterable[tuple[str, list[Target]]]:
    """Planes to be filled, by the instance that holds them."""
    found: dict[str, list[Target]] = defaultdict(list)
    for plane, target in zip(stack.slices, volume, strict=True):
        found[_uid(plane)].append((plane.frame, target))
    return found.items()


def _uid(plane: Slice) -> str:
    return plane.instance.sop_instance_uid


def _fill(path: Path, targets: list[Target]) -> None:
    """Decode the frames of one file into their planes."""
    try:
        dataset = dcmread(path)
        indices = [frame.number - 1 for frame, _ in targets]
        for stored, (frame, target) in zip(_frames(dataset, indices), targets, strict=True):
            _to_hu(stored, frame, _padding(dataset), target)
    except NodeError:
        raise
    except Exception as error:
        raise Refused(
            f"The pixels of {path.name} cannot be decoded: {error}.",
            hint="The file is truncated or damaged; send the image again.",
        ) from error


def _frames(dataset: Dataset, indices: list[int]) -> Iterable[NDArray[Any]]:
    """Stored values of the frames named, in that order."""
    if whole(dataset.get("NumberOfFrames")) in {None, 1}:
        return [_native(dataset) if _is_plain(dataset) else pixel_array(dataset, raw=True)]
    return iter_pixels(dataset, indices=indices, raw=True)


def _is_plain(dataset: Dataset) -> bool:
    """Uncompressed 16-bit values in whole words: the case that needs no decoder."""
    full = dataset.BitsAllocated == 16 and dataset.BitsStored == 16
    unsigned = dataset.BitsAllocated == 16 and not dataset.PixelRepresentation
    return str(dataset.file_meta.TransferSyntaxUID) in NATIVE_SYNTAXES and (full or unsigned)


def _native(dataset: Dataset) -> NDArray[Any]:
    kind = np.dtype("<i2" if dataset.PixelRepresentation else "<u2")
    count = dataset.Rows * dataset.Columns
    data = dataset.PixelData
    if len(data) < count * kind.itemsize:
        raise Refused(
            f"The pixel data is truncated: {len(data)} of {count * kind.itemsize} bytes.",
            hint="Send the image again.",
        )
    values = np.frombuffer(data, kind, count).reshape(dataset.Rows, dataset.Columns)
    return values & np.uint16((1 << dataset.BitsStored) - 1) if dataset.BitsStored < 16 else values


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    """Stored values that mean "no pixel here" (PS3.3 C.7.5.1.1.2), smallest and largest."""
    lookup = lookup_of(dataset)
    value, limit = whole(lookup("PixelPaddingValue")), whole(lookup("PixelPaddingRangeLimit"))
    if value is None:
        return None
    return (value, value) if limit is None else (min(value, limit), max(value, limit))


def _to_hu(stored: NDArray[Any], frame: Frame, padding: tuple[int, int] | None, target: Int16Array) -> None:
    """HU = stored × slope + intercept, rounded, clipped to int16; padding becomes air."""
    if stored.shape != target.shape:
        raise Refused(f"A frame has {stored.shape} pixels; its series has {target.shape}.", hint="Send it again.")
    if frame.rescale_slope == 1.0 and frame.rescale_intercept == int(frame.rescale_intercept):
        hu = stored.astype(np.int32)
        hu += int(frame.rescale_intercept)
    else:
        hu = np.rint(stored * frame.rescale_slope + frame.rescale_intercept).astype(np.int32)
    np.clip(hu, _INT16.min, _INT16.max, out=hu)
    target[...] = hu
    if padding is not None:
        target[(stored >= padding[0]) & (stored <= padding[1])] = AIR_HU
