"""Mixture, convolution and displacement of images inside spans against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.analysis.grid.filters import SMOOTHING_MM, TRUNCATE, displaced, smooth
from node.kernels.convolve import convolve_along_z, convolve_in_plane, mix
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, gaussian_filter
from tests.fakes.drawn import SHAPES, SPACINGS, UNWRITTEN, images, inside, spans_in

WEIGHTS = st.integers(0, 3).flatmap(
    lambda reach: hnp.arrays(np.float32, 2 * reach + 1, elements=st.integers(-4, 8).map(lambda n: n / 8))
)


def assert_inside(
    out: NDArray[np.int16], spans: NDArray[np.int32], expected: NDArray[np.floating], slack: float
) -> None:
    """``out`` is ``expected``, clipped to int16, inside of spans to within ``slack``, and was not written elsewhere."""
    mask = inside(spans, out.shape[2])
    assert (out[~mask] == UNWRITTEN).all()
    limits = np.iinfo(np.int16)
    wanted = np.clip(np.asarray(expected)[mask], limits.min, limits.max)
    np.testing.assert_allclose(out[mask], wanted, rtol=0, atol=slack)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), weight=st.floats(0.0, 1.0, width=32))
def test_a_mixture_is_the_weighted_mean(data: st.DataObject, weight: float) -> None:
    shape = data.draw(SHAPES)
    low, high, spans = (data.draw(s) for s in (images(shape), images(shape), spans_in(shape)))
    out = np.full(shape, UNWRITTEN, np.int16)
    mix(low, high, weight, spans, out)
    assert_inside(out, spans, weight * low.astype(float) + (1.0 - weight) * high, 0.501)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), weights_y=WEIGHTS, weights_x=WEIGHTS)
def test_in_plane_it_is_scipys_correlation_along_both_axes(
    data: st.DataObject, weights_y: NDArray[np.float32], weights_x: NDArray[np.float32]
) -> None:
    shape = data.draw(SHAPES)
    image, spans = data.draw(images(shape)), data.draw(spans_in(shape))
    out = np.full(shape, UNWRITTEN, np.int16)
    convolve_in_plane(image, spans, weights_y, weights_x, out)
    along_x = correlate1d(image.astype(float), weights_x, axis=2, mode="nearest")
    assert_inside(out, spans, correlate1d(along_x, weights_y, axis=1, mode="nearest"), 0.52)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), weights=WEIGHTS)
def test_across_slices_it_is_scipys_correlation(data: st.DataObject, weights: NDArray[np.float32]) -> None:
    shape = data.draw(SHAPES)
    image, spans = data.draw(images(shape)), data.draw(spans_in(shape))
    out = np.full(shape, UNWRITTEN, np.int16)
    convolve_along_z(image, spans, weights, out)
    assert_inside(out, spans, correlate1d(image.astype(float), weights, axis=0, mode="nearest"), 0.51)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), spacing=SPACINGS)
def test_smoothing_is_scipys_gaussian(data: st.DataObject, spacing: tuple[float, float, float]) -> None:
    shape = data.draw(SHAPES)
    image, spans = data.draw(images(shape)), data.draw(spans_in(shape))
    sigma = [SMOOTHING_MM / s for s in spacing]
    expected = gaussian_filter(image.astype(float), sigma, mode="nearest", truncate=TRUNCATE)
    mask = inside(spans, shape[2])
    out = smooth(image, spacing, spans)
    np.testing.assert_allclose(out[mask], expected[mask], rtol=0, atol=1.1)
    assert not out[~mask].any()


def hills(shape: tuple[int, ...], moved: NDArray[np.float64]) -> NDArray[np.float64]:
    """Waves of 7 voxels and longer, HU, read at x + moved (z, y, x)."""
    z, y, x = np.ix_(*(np.arange(n) + m for n, m in zip(shape, moved, strict=True)))
    return np.asarray(
        700.0 * np.sin(0.6 * z + 0.3) + 500.0 * np.cos(0.9 * y - 0.5 * x) + 300.0 * np.sin(0.8 * x + 0.4 * z)
    )


@settings(max_examples=30, deadline=None)
@given(moved=hnp.arrays(np.float64, 3, elements=st.floats(-2.0, 2.0)), data=st.data())
def test_a_displaced_image_of_a_smooth_function_is_the_displaced_function(
    moved: NDArray[np.float64], data: st.DataObject
) -> None:
    """Away from the border, where the function is known on all sides."""
    shape, border = (18, 20, 22), 7
    spans = data.draw(spans_in(shape))
    out = displaced(np.rint(hills(shape, np.zeros(3))).astype(np.int16), moved, spans)
    known = np.zeros(shape, bool)
    known[border:-border, border:-border, border:-border] = True
    known &= inside(spans, shape[2])
    np.testing.assert_allclose(out[known], hills(shape, moved)[known], rtol=0, atol=12.0)


@pytest.mark.parametrize("steps", [(1, 0, 0), (0, -2, 1), (-1, 1, 2)])
def test_a_displacement_by_whole_voxels_is_exact(steps: tuple[int, int, int]) -> None:
    image = np.random.default_rng(5).integers(-1000, 3000, (6, 7, 8)).astype(np.int16)
    spans = np.broadcast_to(np.array([0, 8], np.int32), (6, 7, 2)).copy()
    place = [np.clip(np.arange(n) + s, 0, n - 1) for n, s in zip(image.shape, steps, strict=True)]
    np.testing.assert_array_equal(displaced(image, np.array(steps, float), spans), image[np.ix_(*place)])


def test_overshoot_beside_metal_is_clipped_not_wrapped_round() -> None:
    """At a displacement by half a voxel the sinc overshoots a step by a tenth and more."""
    image = np.full((9, 16, 16), -1000, np.int16)
    image[3:6, 6:10, 6:10] = 32767
    spans = np.broadcast_to(np.array([0, 16], np.int32), (9, 16, 2)).copy()
    out = displaced(image, np.array([0.5, 0.5, 0.5]), spans)
    assert (out[3:5, 6:9, 6:9] > 25_000).all()
    assert (np.abs(out[:, 0] + 1000) < 400).all()
