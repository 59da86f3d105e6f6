"""The census and the sample of labels against NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.kernels.label_census import label_census, label_sample

LABELS = hnp.arrays(np.int32, hnp.array_shapes(min_dims=3, max_dims=3, max_side=7), elements=st.integers(0, 4))


def _border(labels: np.ndarray) -> np.ndarray:
    inner = np.zeros(labels.shape, bool)
    inner[1:-1, 1:-1, 1:-1] = True
    return np.setdiff1d(labels[~inner], [0])


@given(labels=LABELS)
def test_counts_and_border_are_those_of_numpy(labels: np.ndarray) -> None:
    counts, border = np.zeros(5, np.int64), np.zeros(5, np.uint8)
    label_census(labels, counts, border)
    expected = np.bincount(labels.ravel(), minlength=5)
    expected[0] = 0
    np.testing.assert_array_equal(counts, expected)
    np.testing.assert_array_equal(np.flatnonzero(border), _border(labels))


@given(labels=LABELS, stride=st.integers(1, 5))
def test_the_sample_is_every_nth_voxel_in_scan_order(labels: np.ndarray, stride: int) -> None:
    counts = np.bincount(labels.ravel(), minlength=5)
    counts[0] = 0
    rows = -(-counts // stride)
    offset = np.concatenate([[0], np.cumsum(rows)[:-1]]).astype(np.int64)
    places = np.full((int(rows.sum()), 3), -1, np.int32)
    seen = np.zeros(5, np.int64)
    label_sample(labels, np.full(5, stride, np.int64), seen, offset, places)
    expected = np.concatenate([np.argwhere(labels == n)[::stride] for n in range(1, 5)])
    np.testing.assert_array_equal(places, expected)
    np.testing.assert_array_equal(seen, counts)
