"""Small volumes by chance: shapes, masks, and spans of rows that know nothing of either."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)
SPACINGS = st.tuples(*(st.sampled_from([0.3, 0.4, 0.7, 1.0, 2.5]) for _ in range(3)))
UNWRITTEN = -7777
"""What stands beforehand where a kernel must not write."""
Shape = tuple[int, ...]


@st.composite
def spans_in(draw: st.DrawFn, shape: Shape) -> NDArray[np.int32]:
    """Spans of a grid, int32 (z, y, 2): any stretch of any row; empty rows begin and end anywhere."""
    ends = draw(hnp.arrays(np.int32, (*shape[:2], 2), elements=st.integers(0, shape[2])))
    kind = draw(hnp.arrays(np.int8, shape[:2], elements=st.integers(0, 3)))
    ends = np.sort(ends, axis=2)
    ends[kind == 0, 1] = ends[kind == 0, 0]
    ends[kind == 1] = (0, shape[2])
    return np.ascontiguousarray(ends)


@st.composite
def spans_around(draw: st.DrawFn, mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Spans that hold a mask and by chance more."""
    spans = draw(spans_in(mask.shape))
    for z, y in np.argwhere(mask.any(axis=2)):
        places = np.flatnonzero(mask[z, y])
        ends = [*places[[0, -1]] + [0, 1], *(spans[z, y] if spans[z, y, 0] < spans[z, y, 1] else ())]
        spans[z, y] = min(ends), max(ends)
    return spans


def inside(spans: NDArray[np.int32], row_length: int) -> NDArray[np.bool_]:
    """The voxels of spans, bool (z, y, x)."""
    x = np.arange(row_length)
    return np.asarray((x >= spans[..., :1]) & (x < spans[..., 1:]))


def masks(shape: Shape) -> st.SearchStrategy[NDArray[np.bool_]]:
    """Masks of a grid, by chance empty, sparse, dense or full."""
    return st.integers(0, 4).flatmap(
        lambda share: hnp.arrays(np.int8, shape, elements=st.integers(1, 4)).map(lambda drawn: drawn <= share)
    )


def images(shape: Shape, least: int = -1024, most: int = 3071) -> st.SearchStrategy[NDArray[np.int16]]:
    """Images of a grid, int16, no value preferred."""
    return st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).integers(least, most, shape, np.int16, endpoint=True)
    )
