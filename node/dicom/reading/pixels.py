"""Pixels of a pair of stacks → int16 HU volumes, read or decoded by a pool of threads straight into place.

Memory is the two volumes and one decoded plane a thread; uncompressed planes are read into the volume itself.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from node.dicom.reading.attributes import lookup_of
from node.dicom.reading.decoding import stored_values, translated
from node.dicom.reading.pixel_layout import padding
from node.dicom.reading.resampling import resampled
from node.domain.errors import Refused
from node.domain.grids import grid_map, on_one_grid
from node.domain.instance import Frame, Instance, StoredPixels
from node.domain.pairing import StackPair
from node.domain.progress import Progress
from node.domain.series import Stack
from node.domain.volume import EnergyPair, Int16Array, Volume

AIR_HU = -1000
FRAMES_A_JOB = 32
Locate = Callable[[str], Path]
_INT16 = np.iinfo(np.int16)


def load_pair(pair: StackPair, locate: Locate, progress: Progress | None = None) -> EnergyPair:
    """Both energies of ``pair`` in HU on the grid of the low one.

    ``locate`` gives the file of a SOP Instance UID; ``progress`` is told ("load", share from 0 to 1).
    Raises Refused where pixel data is truncated, damaged or does not fit its header.
    """
    low, high = _empty(pair.low), _empty(pair.high)
    work = [*_by_instance(pair.low, low), *_by_instance(pair.high, high)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        jobs = [pool.submit(_fill, instance, locate(instance.sop_instance_uid), planes) for instance, planes in work]
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                job.result()
                if progress:
                    progress("load", done / len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    geometry = pair.low.geometry
    if not on_one_grid(geometry, pair.high.geometry):
        high = resampled(high, grid_map(geometry, pair.high.geometry), geometry.shape)
    return EnergyPair(Volume(low, geometry), Volume(high, geometry), pair.low.tube, pair.high.tube)


Target = tuple[Frame, Int16Array]


def _empty(stack: Stack) -> Int16Array:
    return np.empty(stack.geometry.shape, dtype=np.int16)


def _by_instance(stack: Stack, volume: Int16Array) -> Iterator[tuple[Instance, list[Target]]]:
    """Planes to be filled, by the instance that holds them; many frames of one instance in several parts."""
    found: dict[str, list[Target]] = defaultdict(list)
    instances = {i.sop_instance_uid: i for i in stack.instances}
    for plane, target in zip(stack.slices, volume, strict=True):
        found[plane.instance.sop_instance_uid].append((plane.frame, target))
    for uid, targets in found.items():
        for start in range(0, len(targets), FRAMES_A_JOB):
            yield instances[uid], targets[start : start + FRAMES_A_JOB]


def _fill(instance: Instance, path: Path, targets: list[Target]) -> None:
    """Read or decode the frames of one file into their planes."""
    with translated(path):
        if instance.stored_pixels is not None:
            _fill_from_words(path, instance.stored_pixels, targets)
            return
        dataset, values = stored_values(path, [frame.number - 1 for frame, _ in targets])
        padded = padding(lookup_of(dataset))
        for stored, (frame, target) in zip(values, targets, strict=True):
            if stored.shape != target.shape:
                shapes = f"A frame has {stored.shape} pixels; its series has {target.shape}."
                raise Refused(shapes, hint="Send it again.")
            _to_hu(stored, frame, padded, target)


def _fill_from_words(path: Path, layout: StoredPixels, targets: list[Target]) -> None:
    """Uncompressed frames: read into the volume and turned into HU there."""
    unused = 16 - layout.bits_stored
    with path.open("rb", buffering=0) as file:
        for frame, target in targets:
            words = target.view(np.dtype("<i2" if layout.signed else "<u2"))
            found = os.preadv(file.fileno(), [words.data.cast("B")], layout.offset + (frame.number - 1) * words.nbytes)
            if found < words.nbytes:
                sentence = f"The pixel data of {path.name} ends early: {found} of {words.nbytes} bytes."
                raise Refused(sentence, hint="The file was changed after it was received; send the image again.")
            if unused:  # bits above Bits Stored may hold old overlays
                np.left_shift(words, unused, out=words)
                np.right_shift(words, unused, out=words)
            _to_hu(words, frame, layout.padding, target)


def _to_hu(stored: NDArray[Any], frame: Frame, padded: tuple[int, int] | None, target: Int16Array) -> None:
    """HU = stored × slope + intercept, rounded, clipped to int16; padding becomes air. ``stored`` may be ``target``."""
    outside = None if padded is None else (stored >= padded[0]) & (stored <= padded[1])
    if frame.rescale_slope == 1.0 and frame.rescale_intercept.is_integer():
        _shift(stored, int(frame.rescale_intercept), target)
    else:
        hu = np.rint(stored * frame.rescale_slope + frame.rescale_intercept)
        target[...] = np.clip(hu, _INT16.min, _INT16.max)
    if outside is not None:
        target[outside] = AIR_HU


def _shift(stored: NDArray[Any], intercept: int, target: Int16Array) -> None:
    """``target`` = ``stored`` + ``intercept``, clipped to int16."""
    low, high = int(stored.min()) + intercept, int(stored.max()) + intercept
    fits = low >= _INT16.min and high <= _INT16.max
    if fits and stored.dtype.itemsize == 2 and stored.dtype.isnative:
        wrapped = np.array(intercept, dtype=np.int64).astype(np.int16)  # 16-bit sums wrap to the right one
        np.add(stored.view(np.int16), wrapped, out=target)
    else:
        target[...] = np.clip(stored.astype(np.int64) + intercept, _INT16.min, _INT16.max)
