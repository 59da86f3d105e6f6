"""Histograms and local quantiles of cells against NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.kernels.thickness import histogram_cells, quantile_of_cells

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
    flat = np.ravel_multi_index(tuple(cell.T), grid)
    histogram_cells(flat, kept, value, histogram.reshape(-1, BINS), WIDTH)
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
