"""Largest and smallest value around a voxel, and grey closing, inside spans against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.grid.filters import brightest, closed, dimmest
from node.kernels.extremes import extreme_along_z, extreme_in_plane
from scipy.ndimage import grey_closing, maximum_filter, minimum_filter
from tests.fakes.drawn import SHAPES, SPACINGS, UNWRITTEN, images, inside, spans_in

REACH = st.integers(0, 4)
FILTER = {1: maximum_filter, -1: minimum_filter}


def steps(reach_mm: float, spacing: tuple[float, float, float]) -> tuple[int, ...]:
    """Size of the box of ± ``reach_mm``, at least one voxel to each side."""
    return tuple(2 * max(1, round(reach_mm / s)) + 1 for s in spacing)


@pytest.mark.parametrize("sign", [1, -1])
@settings(max_examples=60, deadline=None)
@given(data=st.data(), ry=REACH, rx=REACH)
def test_in_plane_it_is_scipys_filter(sign: int, data: st.DataObject, ry: int, rx: int) -> None:
    shape = data.draw(SHAPES)
    image, spans = data.draw(images(shape, -32768, 32767)), data.draw(spans_in(shape))
    out = np.full(shape, UNWRITTEN, np.int16)
    extreme_in_plane(image, spans, ry, rx, sign, out)
    expected = FILTER[sign](image, (1, 2 * ry + 1, 2 * rx + 1), mode="nearest")
    np.testing.assert_array_equal(out, np.where(inside(spans, shape[2]), expected, UNWRITTEN))


@pytest.mark.parametrize("sign", [1, -1])
@settings(max_examples=60, deadline=None)
@given(data=st.data(), rz=REACH)
def test_across_slices_it_is_scipys_filter(sign: int, data: st.DataObject, rz: int) -> None:
    shape = data.draw(SHAPES)
    image, spans = data.draw(images(shape, -32768, 32767)), data.draw(spans_in(shape))
    out = np.full(shape, UNWRITTEN, np.int16)
    extreme_along_z(image, spans, rz, sign, out)
    expected = FILTER[sign](image, (2 * rz + 1, 1, 1), mode="nearest")
    np.testing.assert_array_equal(out, np.where(inside(spans, shape[2]), expected, UNWRITTEN))


@settings(max_examples=80, deadline=None)
@given(data=st.data(), spacing=SPACINGS, reach_mm=st.sampled_from([0.2, 0.6, 1.6]))
def test_brightest_dimmest_and_closing_are_scipys_inside_spans(
    data: st.DataObject, spacing: tuple[float, float, float], reach_mm: float
) -> None:
    """What lies outside of the spans is looked at, none of it is written."""
    shape = data.draw(SHAPES)
    image, spans = data.draw(images(shape, -32768, 32767)), data.draw(spans_in(shape))
    mask, size = inside(spans, shape[2]), steps(reach_mm, spacing)
    for found, expected in (
        (brightest, maximum_filter(image, size, mode="nearest")),
        (dimmest, minimum_filter(image, size, mode="nearest")),
        (closed, grey_closing(image, size, mode="nearest")),
    ):
        out = found(image, reach_mm, spacing, spans)
        np.testing.assert_array_equal(out, np.where(mask, expected, 0), err_msg=found.__name__)
