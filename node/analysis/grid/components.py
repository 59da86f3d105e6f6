"""Connected components and what is asked of them again and again."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.depth import depth_of_mm
from node.analysis.grid.runs import runs_of
from node.analysis.grid.spans import Spans, mask_of, read_list
from node.kernels.runs import spread_runs

Box = tuple[slice, slice, slice]
Image = NDArray[np.int16] | NDArray[np.float32]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Components:
    """Labelled voxels of a grid of ``shape`` (z, y, x): flat indices in scan order, and the label of each.

    Labels run from 1 to ``count``; those that ``components`` gives, in the order of their first voxels.
    """

    voxels: Int64Array
    owner: Int32Array
    count: int
    shape: tuple[int, int, int]

    @cached_property
    def labels(self) -> Int32Array:
        """int32 (z, y, x), 0 elsewhere."""
        labels = np.zeros(self.shape, np.int32)
        labels.reshape(-1)[self.voxels] = self.owner
        return labels

    @property
    def mask(self) -> NDArray[np.bool_]:
        """All labelled voxels on the grid."""
        return mask_of(self.voxels, self.shape)

    @cached_property
    def sizes(self) -> Int64Array:
        """Voxels of each label 0 … count; that of 0 is 0."""
        return np.bincount(self.owner, minlength=self.count + 1)

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Bounding box of each label from 1."""
        places = np.stack(np.unravel_index(self.voxels, self.shape))
        low, high = (np.full((self.count + 1, 3), edge, np.int64) for edge in (max(self.shape), -1))
        for axis in range(3):
            np.minimum.at(low[:, axis], self.owner, places[axis])
            np.maximum.at(high[:, axis], self.owner, places[axis])
        return tuple(
            (slice(a[0], b[0] + 1), slice(a[1], b[1] + 1), slice(a[2], b[2] + 1))
            for a, b in zip(low[1:].tolist(), high[1:].tolist(), strict=True)
        )

    def maximum(self, image: Image) -> NDArray[np.float32]:
        """Largest value of an image of the grid over each label; minus infinity for 0."""
        result = np.full(self.count + 1, -np.inf, np.float32)
        np.maximum.at(result, self.owner, image.reshape(-1)[self.voxels])
        return result

    def total(self, image: Image) -> NDArray[np.float64]:
        """Sum of an image of the grid over each label."""
        sums = np.bincount(self.owner, weights=image.reshape(-1)[self.voxels], minlength=self.count + 1)
        return np.asarray(sums, dtype=np.float64)

    def radius_mm(self, spacing_mm: tuple[float, float, float]) -> NDArray[np.float64]:
        """Radius of the largest ball inside each label 0 … count, mm; 0 for 0."""
        radius = np.zeros(self.count + 1)
        for label in np.flatnonzero(self.sizes).tolist():
            own = np.stack(np.unravel_index(self.voxels_of(label), self.shape), axis=1)
            radius[label] = depth_of_mm(own, spacing_mm).max()
        return radius

    def voxels_of(self, label: int) -> Int64Array:
        """Flat indices of one label, in scan order; none where it is none of these."""
        if not 0 < label <= self.count:
            return self.voxels[:0]
        return self._grouped[self._ends[label - 1] : self._ends[label]]

    @cached_property
    def _grouped(self) -> Int64Array:
        """The voxels label by label."""
        return self.voxels[by_label(self.owner)]

    @cached_property
    def _ends(self) -> Int64Array:
        """Where each label 0 … count ends among them."""
        return np.cumsum(self.sizes)

    def at(self, voxels: Int64Array) -> Int32Array:
        """Label of each of some voxels of the grid, flat indices; 0 for none."""
        return read_list(self.voxels, self.owner, voxels)

    def touched(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which labels 0 … count have a voxel in a mask of the grid."""
        result = np.zeros(self.count + 1, bool)
        result[self.owner[mask.reshape(-1)[self.voxels]]] = True
        return result

    def covered_by(self, voxels: Int64Array, owner: Int32Array) -> "Components":
        """These with some voxels, flat indices, ascending, given to labels 0 … count, whosever they were."""
        left = read_list(voxels, np.ones(len(voxels), np.int32), self.voxels) == 0
        return _in_scan_order(
            np.concatenate([self.voxels[left], voxels]),
            np.concatenate([self.owner[left], owner]),
            self.count,
            self.shape,
        )

    def joined(self, more: "Components") -> "Components":
        """These and others that share no voxel with them; theirs are numbered on from ``count``."""
        owner = np.concatenate([self.owner, more.owner + np.int32(self.count)])
        return _in_scan_order(np.concatenate([self.voxels, more.voxels]), owner, self.count + more.count, self.shape)

    def only(self, kept: NDArray[np.bool_]) -> "Components":
        """The kept labels (bool, 0 … count; 0 never is) alone, numbered anew in their order."""
        kept = kept & (np.arange(self.count + 1) > 0)
        order = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
        stay = kept[self.owner]
        return Components(self.voxels[stay], order[self.owner[stay]], int(kept.sum()), self.shape)


def _in_scan_order(voxels: Int64Array, owner: Int32Array, count: int, shape: tuple[int, int, int]) -> Components:
    order = np.argsort(voxels, kind="stable")
    return Components(voxels[order], owner[order], count, shape)


def by_label(owner: Int32Array) -> Int64Array:
    """Places in a list, those with the smallest label ≥ 0 first, else in the order of the list.

    NumPy sorts numbers of 16 bits by their digits, in a fraction of the time of longer ones.
    """
    small = owner.max(initial=0) <= np.iinfo(np.uint16).max
    return np.argsort(owner.astype(np.uint16) if small else owner, kind="stable")


def components(mask: NDArray[np.bool_], spans: Spans, corners: bool = False) -> Components:
    """Components of a mask (z, y, x) inside spans, 6-connected, with ``corners`` 26-connected."""
    runs = runs_of(mask, spans, corners)
    lengths = (runs.ends[:, 1] - runs.ends[:, 0]).astype(np.int64)
    behind = np.cumsum(lengths)
    size = int(behind[-1]) if len(behind) else 0
    voxels, owner = np.empty(size, np.int64), np.empty(size, np.int32)
    spread_runs(runs.first, runs.ends, runs.number, behind - lengths, mask.shape[2], voxels, owner)
    return Components(voxels, owner, runs.count, (mask.shape[0], mask.shape[1], mask.shape[2]))


def median_of(
    value: NDArray[np.int16] | NDArray[np.float64], owner: Int32Array, count: int, least: int
) -> NDArray[np.float64]:
    """Median of the values of each owner 0 … count; not a number where one has fewer than ``least`` of them."""
    order = by_label(owner)
    bounds = np.searchsorted(owner[order], np.arange(count + 2))
    ordered = value[order]
    result = np.full(count + 1, np.nan)
    for label in range(1, count + 1):
        own = ordered[bounds[label] : bounds[label + 1]]
        if own.size >= least:
            result[label] = np.median(own)
    return result
