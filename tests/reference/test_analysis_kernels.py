"""The kernels of the analysis against slow NumPy and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.analysis.components import maximum_of
from node.analysis.nearest import nearest_source
from node.kernels.basins import fill_basins
from node.kernels.label_extrema import label_maximum
from node.kernels.thickness import histogram_cells, quantile_of_cells
from node.kernels.watershed import flood_markers
from scipy.ndimage import distance_transform_edt

SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)
LOWEST, HIGHEST = -5, 9
GREY = st.integers(LOWEST - 3, HIGHEST + 3)
UNREACHED = np.iinfo(np.int32).max
SPACINGS = st.sampled_from([0.3, 0.4, 0.7, 1.0, 2.5])


def minimax(start: np.ndarray, values: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Least, over all 6-connected paths from a start, of the highest value met; relaxed to the fixed point.

    ``start``: level at which each voxel is a start (UNREACHED: it is none). Steps lead to ``allowed`` voxels only.
    """
    level = start.astype(np.int32)
    while True:
        around = np.pad(level, 1, constant_values=UNREACHED)
        best = np.full(level.shape, UNREACHED, np.int32)
        for axis in range(3):
            for first in (0, 2):
                window = tuple(
                    slice(first, first + n) if a == axis else slice(1, 1 + n) for a, n in enumerate(level.shape)
                )
                best = np.minimum(best, around[window])
        step = np.where(allowed & (best < UNREACHED), np.maximum(best, values), UNREACHED)
        lower = np.minimum(level, step)
        if (lower == level).all():
            return level
        level = lower


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_basins_are_filled_to_the_level_at_which_they_spill(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    image = data.draw(hnp.arrays(np.int16, shape, elements=GREY))
    outside = data.draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from([0, 0, 0, 1])).filter(np.any))
    filled = np.empty_like(image)
    head = np.empty(HIGHEST - LOWEST + 1, np.int32)
    fill_basins(image, outside, LOWEST, HIGHEST, filled, head, np.empty(image.size, np.int32))
    start = np.where(outside > 0, LOWEST, UNREACHED)
    expected = minimax(start, np.clip(image, LOWEST, HIGHEST), np.ones(shape, bool))
    np.testing.assert_array_equal(filled, expected)


def flood(image: np.ndarray, markers: np.ndarray) -> np.ndarray:
    labels = markers.copy()
    head, tail = (np.empty(HIGHEST - LOWEST + 1, np.int32) for _ in range(2))
    flood_markers(image, labels, LOWEST, HIGHEST, head, tail, np.empty(image.size, np.int32))
    return labels


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_every_voxel_joins_a_marker_that_reaches_it_as_low_as_any(data: st.DataObject) -> None:
    """Within the region of one marker alone each voxel is reached at its level over all markers; walls stay shut."""
    shape = data.draw(SHAPES)
    image = data.draw(hnp.arrays(np.int16, shape, elements=GREY))
    markers = data.draw(hnp.arrays(np.int32, shape, elements=st.sampled_from([0, 0, 0, 0, 0, -1, 1, 2, 3])))
    labels = flood(image, markers)
    np.testing.assert_array_equal(labels[markers != 0], markers[markers != 0])
    values = np.clip(image, LOWEST, HIGHEST).astype(np.int32)
    best = minimax(np.where(markers > 0, values, UNREACHED), values, markers >= 0)
    np.testing.assert_array_equal(labels == 0, (markers == 0) & (best == UNREACHED))
    for label in range(1, 4):
        region = labels == label
        own = minimax(np.where(markers == label, values, UNREACHED), values, region)
        np.testing.assert_array_equal(own[region], best[region])


def test_equal_floods_meet_half_way() -> None:
    """First in, first out: on a plateau the border is where both floods arrive together."""
    markers = np.array([[[1, 0, 0, 0, 0, 0, 2]]], np.int32)
    assert flood(np.zeros(markers.shape, np.int16), markers)[0, 0].tolist() in (
        [1, 1, 1, 1, 2, 2, 2],
        [1, 1, 1, 2, 2, 2, 2],
    )


@settings(max_examples=80, deadline=None)
@given(data=st.data(), spacing=st.tuples(SPACINGS, SPACINGS, SPACINGS))
def test_nearest_sources_are_those_of_the_exact_distance(
    data: st.DataObject, spacing: tuple[float, float, float]
) -> None:
    shape = data.draw(SHAPES)
    labels = data.draw(
        hnp.arrays(np.int32, shape, elements=st.sampled_from([0, 0, 0, 0, 0, -1, 1, 2, 3])).filter(np.any)
    )
    near = nearest_source(labels, spacing)
    if not (labels > 0).any():
        assert np.isposinf(near.distance_mm).all()
        assert not near.label.any()
        return
    distance = distance_transform_edt(labels <= 0, sampling=spacing)
    np.testing.assert_allclose(near.distance_mm, distance, rtol=1e-5, atol=1e-6)
    for label in range(1, 4):
        mine = near.label == label
        if mine.any():
            assert (labels == label).any()
            own = distance_transform_edt(labels != label, sampling=spacing)
            np.testing.assert_allclose(own[mine], distance[mine], rtol=1e-5, atol=1e-6)
    assert (near.label > 0).all()


GRID = hnp.array_shapes(min_dims=3, max_dims=3, max_side=4)
BINS, WIDTH = 10, 0.125


@st.composite
def samples(draw: st.DrawFn) -> tuple[tuple[int, ...], np.ndarray, np.ndarray, np.ndarray]:
    """(grid, cell (n, 3), kept (n), value (n)); some values lie beyond the last bin."""
    grid = draw(GRID)
    count = draw(st.integers(0, 30))
    cell = [draw(hnp.arrays(np.int32, count, elements=st.integers(0, n - 1))) for n in grid]
    kept = draw(hnp.arrays(np.bool_, count))
    value = draw(hnp.arrays(np.float32, count, elements=st.floats(0, 1.5, width=32)))
    return grid, np.ascontiguousarray(np.stack(cell, axis=1)), kept, value


def bin_of(value: np.ndarray) -> np.ndarray:
    return np.minimum((value.astype(np.float64) / WIDTH).astype(int), BINS - 1)


@settings(max_examples=60, deadline=None)
@given(drawn=samples())
def test_histograms_count_the_kept_samples(drawn: tuple[tuple[int, ...], np.ndarray, np.ndarray, np.ndarray]) -> None:
    grid, cell, kept, value = drawn
    histogram = np.zeros((*grid, BINS), np.int32)
    histogram_cells(cell, kept, value, histogram, WIDTH)
    expected = np.zeros_like(histogram)
    np.add.at(expected, (*cell[kept].T, bin_of(value[kept])), 1)
    np.testing.assert_array_equal(histogram, expected)


@settings(max_examples=60, deadline=None)
@given(
    drawn=samples(),
    reach=st.integers(0, 2),
    least=st.integers(1, 12),
    quantile=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)
def test_quantiles_of_cells_lie_in_the_bin_of_the_samples_quantile(
    drawn: tuple[tuple[int, ...], np.ndarray, np.ndarray, np.ndarray], reach: int, least: int, quantile: float
) -> None:
    grid, cell, kept, value = drawn
    histogram = np.zeros((*grid, BINS), np.int32)
    np.add.at(histogram, (*cell[kept].T, bin_of(value[kept])), 1)
    cumulative = np.pad(histogram, ((1, 0), (1, 0), (1, 0), (0, 0))).cumsum(0).cumsum(1).cumsum(2).astype(np.int32)
    result = np.empty(grid, np.float32)
    quantile_of_cells(cumulative, reach, least, quantile, WIDTH, result)
    cell, value = cell[kept], value[kept]
    for place in np.ndindex(*grid):
        apart = np.abs(cell - np.array(place)).max(axis=1)
        pools = [value[apart <= reach * grow] for grow in range(1, 9)]
        pool = next((p for p in pools if len(p) >= least), pools[-1])
        if not len(pool):
            assert np.isnan(result[place])
            continue
        bin_number = int(bin_of(np.quantile(pool, quantile, method="inverted_cdf", keepdims=True))[0])
        assert bin_number * WIDTH <= result[place] <= (bin_number + 1) * WIDTH


@pytest.mark.parametrize("kind", [np.int16, np.float32])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_maximum_of_each_label_is_that_of_numpy(kind: type[np.generic], data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    labels = data.draw(hnp.arrays(np.int32, shape, elements=st.integers(0, 4)))
    image = data.draw(hnp.arrays(kind, shape, elements=st.integers(-2000, 3000)))
    expected = [image[labels == n].max() if (labels == n).any() else -np.inf for n in range(6)]
    np.testing.assert_array_equal(maximum_of(image, labels, 5), np.array(expected, np.float32))
    floor = np.full(6, 100.0, np.float32)
    label_maximum(labels.ravel(), image.ravel(), floor)
    np.testing.assert_array_equal(floor, np.maximum(np.array(expected, np.float32), 100.0))
