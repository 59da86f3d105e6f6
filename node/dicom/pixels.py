"""Pixels of a pair of stacks → int16 HU volumes, decoded by a pool of threads straight into place.

Memory is the two volumes and one decoded plane a thread (for multi-frame instances: one frame a thread).
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from node.dicom.attributes import lookup_of, whole
from node.dicom.decoding import stored_values, translated
from node.domain.errors import Refused
from node.domain.instance import Frame
from node.domain.pairing import StackPair
from node.domain.series import Stack
from node.domain.volume import EnergyPair, Int16Array, Volume

AIR_HU = -1000
FRAMES_A_JOB = 32
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


def _by_instance(stack: Stack, volume: Int16Array) -> Iterator[tuple[str, list[Target]]]:
    """Planes to be filled, by the instance that holds them; many frames of one instance in several parts."""
    found: dict[str, list[Target]] = defaultdict(list)
    for plane, target in zip(stack.slices, volume, strict=True):
        found[plane.instance.sop_instance_uid].append((plane.frame, target))
    for uid, targets in found.items():
        for start in range(0, len(targets), FRAMES_A_JOB):
            yield uid, targets[start : start + FRAMES_A_JOB]


def _fill(path: Path, targets: list[Target]) -> None:
    """Decode the frames of one file into their planes."""
    with translated(path):
        dataset, values = stored_values(path, [frame.number - 1 for frame, _ in targets])
        padding = _padding(dataset)
        for stored, (frame, target) in zip(values, targets, strict=True):
            _to_hu(stored, frame, padding, target)


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    """Stored values that mean “no pixel here” (PS3.3 C.7.5.1.1.2), smallest and largest."""
    lookup = lookup_of(dataset)
    value, limit = whole(lookup("PixelPaddingValue")), whole(lookup("PixelPaddingRangeLimit"))
    if value is None:
        return None
    both = [_as_stored(v, dataset) for v in (value, value if limit is None else limit)]
    return min(both), max(both)


def _as_stored(value: int, dataset: Dataset) -> int:
    """Senders write a padding value with the other sign's VR (US for SS): the same bits as a pixel is stored with."""
    bits = 1 << int(dataset.BitsAllocated)
    value %= bits
    return value - bits if dataset.PixelRepresentation and value >= bits // 2 else value


def _to_hu(stored: NDArray[Any], frame: Frame, padding: tuple[int, int] | None, target: Int16Array) -> None:
    """HU = stored × slope + intercept, rounded, clipped to int16; padding becomes air."""
    if stored.shape != target.shape:
        raise Refused(f"A frame has {stored.shape} pixels; its series has {target.shape}.", hint="Send it again.")
    if frame.rescale_slope == 1.0 and frame.rescale_intercept.is_integer():
        _shift(stored, int(frame.rescale_intercept), target)
    else:
        hu = np.rint(stored * frame.rescale_slope + frame.rescale_intercept)
        target[...] = np.clip(hu, _INT16.min, _INT16.max)
    if padding is not None:
        target[(stored >= padding[0]) & (stored <= padding[1])] = AIR_HU


def _shift(stored: NDArray[Any], intercept: int, target: Int16Array) -> None:
    """``target`` = ``stored`` + ``intercept``, clipped to int16."""
    low, high = int(stored.min()) + intercept, int(stored.max()) + intercept
    fits = low >= _INT16.min and high <= _INT16.max
    if fits and stored.dtype.itemsize == 2 and stored.dtype.isnative:
        wrapped = np.array(intercept, dtype=np.int64).astype(np.int16)  # 16-bit sums wrap to the right one
        np.add(stored.view(np.int16), wrapped, out=target)
    else:
        np.clip(stored.astype(np.int64) + intercept, _INT16.min, _INT16.max, out=target, casting="unsafe")
