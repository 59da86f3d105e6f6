"""Connected components and what is asked of them again and again."""

import cc3d
import numpy as np
from numpy.typing import NDArray

from node.kernels.label_extrema import label_maximum

Int32Array = NDArray[np.int32]


def components(mask: NDArray[np.bool_], connectivity: int = 6) -> tuple[Int32Array, int]:
    """Labels int32 (z, y, x) from 1 and their number, in a fixed order of the grid."""
    labels, count = cc3d.connected_components(mask.view(np.uint8), connectivity=connectivity, return_N=True)  # type: ignore[call-overload]
    return np.ascontiguousarray(labels, dtype=np.int32), int(count)


def maximum_of(image: NDArray[np.int16] | NDArray[np.float32], labels: Int32Array, count: int) -> NDArray[np.float32]:
    """Largest value of ``image`` over each label 0 … count; minus infinity for a label without a voxel."""
    result = np.full(count + 1, -np.inf, np.float32)
    flat: NDArray[np.int16] | NDArray[np.float32] = image.reshape(-1)
    label_maximum(labels.reshape(-1), flat, result)
    return result


def median_of(image: NDArray[np.float32], labels: Int32Array, count: int, least: int) -> NDArray[np.float64]:
    """Median of ``image`` over each label 0 … count; not a number where a label has fewer than ``least`` voxels."""
    where = np.flatnonzero(labels)
    owner, value = labels.ravel()[where], image.ravel()[where]
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(count + 2))
    value = value[order]
    result = np.full(count + 1, np.nan)
    for label in range(1, count + 1):
        own = value[bounds[label] : bounds[label + 1]]
        if own.size >= least:
            result[label] = np.median(own)
    return result


def renumber(labels: Int32Array, kept: NDArray[np.bool_], first: int = 1) -> Int32Array:
    """The kept labels numbered from ``first`` in their order, all others 0."""
    order = np.where(kept, np.cumsum(kept) + first - 1, 0).astype(np.int32)
    return np.asarray(order[labels])
