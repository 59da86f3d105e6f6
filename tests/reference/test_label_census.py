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


def _counts(labels: np.ndarray) -> np.ndarray:
    """Voxels of each label above 0 in each slice."""
    return np.stack([np.bincount(plane[plane > 0], minlength=5) for plane in labels])


@given(labels=LABELS)
def test_counts_and_border_are_those_of_numpy(labels: np.ndarray) -> None:
    counts, border = np.zeros((len(labels), 5), np.int64), np.zeros((len(labels), 5), bool)
    label_census(labels, counts, border)
    np.testing.assert_array_equal(counts, _counts(labels))
    np.testing.assert_array_equal(np.flatnonzero(border.any(axis=0)), _border(labels))


@given(labels=LABELS, stride=st.integers(1, 5))
def test_the_sample_is_every_nth_voxel_in_scan_order(labels: np.ndarray, stride: int) -> None:
    in_slice = _counts(labels)
    counts = in_slice.sum(axis=0)
    rows = -(-counts // stride)
    offset = np.concatenate([[0], np.cumsum(rows)[:-1]]).astype(np.int64)
    places = np.full((int(rows.sum()), 3), -1, np.int32)
    label_sample(labels, np.full(5, stride, np.int64), np.cumsum(in_slice, axis=0) - in_slice, offset, places)
    expected = np.concatenate([np.argwhere(labels == n)[::stride] for n in range(1, 5)])
    np.testing.assert_array_equal(places, expected)
