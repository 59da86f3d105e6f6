"""Where in a limb's box there is anything to look at: the stretch of each row, so that air costs nothing."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from node.kernels.lookup import look_up, look_up_values
from node.kernels.spans import (
    Marked,
    count_in_slices,
    grow_over_faces,
    mark_between,
    row_spans,
    voxels_in_slices,
    widen_spans,
)

Number = TypeVar("Number", np.int32, np.float32)
Spans = NDArray[np.int32]
"""int32 (z, y, 2): first voxel of interest of each row and the one behind the last; equal for none."""


def spans_of(mask: NDArray[np.bool_] | NDArray[np.int32]) -> Spans:
    """Hull of what is > 0 in each row of a mask or of labels (z, y, x)."""
    spans = np.empty((*mask.shape[:2], 2), np.int32)
    row_spans(mask, spans)
    return spans


def widened(spans: Spans, reach: tuple[int, int, int], row_length: int) -> Spans:
    """Hull of the spans within ``reach`` voxels (z, y), and ``reach`` voxels (x) longer at both ends."""
    wide = np.empty_like(spans)
    widen_spans(spans, *reach, row_length, wide)
    return wide


def voxels_of(mask: Marked, spans: Spans) -> NDArray[np.int64]:
    """Flat indices of what is > 0 in a mask or in labels (z, y, x) inside spans, in scan order."""
    counts = np.empty(mask.shape[0], np.int64)
    count_in_slices(mask, spans, counts)
    ends = np.cumsum(counts)
    voxels = np.empty(int(ends[-1]), np.int64)
    voxels_in_slices(mask, spans, ends - counts, voxels)
    return voxels


def mask_of(voxels: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Mask (z, y, x) of voxels, flat indices."""
    mask = np.zeros(shape, bool)
    mask.reshape(-1)[voxels] = True
    return mask


def mask_between(
    image: NDArray[np.int16], least: int | None, most: int | None, within: NDArray[np.bool_], spans: Spans
) -> NDArray[np.bool_]:
    """What of a mask ``within`` spans (z, y, x) is neither below ``least`` nor above ``most`` in the image."""
    marked = np.zeros(image.shape, bool)
    limits = np.iinfo(image.dtype)
    low, high = (edge if given is None else given for given, edge in ((least, limits.min), (most, limits.max)))
    mark_between(image, low, high, within, spans, marked)
    return marked


def read_list(voxels: NDArray[np.int64], values: NDArray[Number], at: NDArray[np.int64]) -> NDArray[Number]:
    """What a list of voxels (flat indices, ascending) with their values says at other voxels; 0 where it has none."""
    at = np.ascontiguousarray(at)
    found = np.empty(at.shape, values.dtype)
    look_up_values(voxels, values, at.reshape(-1), found.reshape(-1))
    return found


def places_in(voxels: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where others stand, or would, in a list of voxels (flat indices, ascending): ``np.searchsorted``, faster."""
    wanted = np.ascontiguousarray(wanted)
    place = np.empty(wanted.shape, np.int64)
    look_up(voxels, wanted.reshape(-1), place.reshape(-1))
    return place


def with_neighbours(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Spans]:
    """A mask (z, y, x) with all voxels that share a face with it, and spans that hold it."""
    spans = widened(spans_of(mask), (1, 1, 1), mask.shape[2])
    grown = np.zeros(mask.shape, bool)
    grow_over_faces(mask, spans, grown)
    return grown, spans


@dataclass(frozen=True, eq=False)
class Packing:
    """Rows of spans one behind the other, without what lies between: voxel (z, y, x) stands at first[z, y] + x."""

    spans: Spans
    first: NDArray[np.int64]
    row_length: int
    size: int

    def places(self, voxels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where voxels of the spans, flat indices, stand."""
        row, x = np.divmod(voxels, self.row_length)
        return np.asarray(self.first.reshape(-1)[row] + x)

    def voxels(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Flat indices of what stands at ``places``, ascending."""
        lengths = (self.spans[..., 1] - self.spans[..., 0]).reshape(-1)
        row = places_in(np.cumsum(lengths), places + 1)
        return np.asarray(row * self.row_length + places - self.first.reshape(-1)[row])


def packing(spans: Spans, row_length: int) -> Packing:
    """Where each voxel of spans stands when only they are kept."""
    lengths = (spans[..., 1] - spans[..., 0]).astype(np.int64)
    ends = np.cumsum(lengths.reshape(-1)).reshape(lengths.shape)
    return Packing(spans, ends - lengths - spans[..., 0], row_length, int(ends.reshape(-1)[-1]))
