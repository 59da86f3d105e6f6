"""The body at full resolution, and means on a lattice, against NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.kernels.body import refine_body
from node.kernels.sampling import lattice_means
from tests.fakes.drawn import SHAPES, images, masks

STRIDE = hnp.arrays(np.int64, 3, elements=st.integers(1, 4))
HALF = hnp.arrays(np.int64, 3, elements=st.integers(0, 3))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), stride=STRIDE, threshold=st.integers(-400, 400))
def test_the_body_is_what_is_bright_in_the_cells_of_the_coarse_one(
    data: st.DataObject, stride: np.ndarray, threshold: int
) -> None:
    """Any crop of a scan, at any place of the coarse grid of every ``stride``-th voxel."""
    scan = data.draw(SHAPES.flatmap(lambda shape: images(shape, -500, 500)))
    coarse = data.draw(masks(scan[:: stride[0], :: stride[1], :: stride[2]].shape))
    start = np.array([data.draw(st.integers(0, n - 1)) for n in scan.shape])
    stop = [data.draw(st.integers(int(a) + 1, n)) for a, n in zip(start, scan.shape, strict=True)]
    crop = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    fine = coarse[np.ix_(*(np.arange(n) // k for n, k in zip(scan.shape, stride, strict=True)))]
    image = np.ascontiguousarray(scan[crop])
    body = np.zeros(image.shape, bool)
    refine_body(image, threshold, coarse, stride, start, body)
    np.testing.assert_array_equal(body, (image > threshold) & fine[crop])


@settings(max_examples=150, deadline=None)
@given(data=st.data(), stride=STRIDE, half=HALF)
def test_means_are_those_of_the_box_around_each_point(
    data: st.DataObject, stride: np.ndarray, half: np.ndarray
) -> None:
    shape = data.draw(SHAPES)
    image, body = data.draw(images(shape)), data.draw(masks(shape))
    means = np.full(-(-np.array(shape) // stride), -1.0, np.float32)
    lattice_means(image, body, stride, half, means)
    for place in np.ndindex(*means.shape):
        middle = np.array(place) * stride
        if not body[tuple(middle)]:
            assert np.isnan(means[place])
            continue
        box = tuple(slice(max(0, m - h), m + h + 1) for m, h in zip(middle, half, strict=True))
        assert means[place] == np.float32(image[box].astype(float).mean())
