"""What lies inside a bright ring in a plane, against relaxation of the definition plane by plane."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node.kernels.rings import count_rings
from numpy.typing import NDArray
from tests.fakes.drawn import SHAPES, images, masks, spans_around
from tests.fakes.flood import UNREACHED, around, minimax

LOWEST = 2


def water_level(dam: NDArray[np.int16], body: NDArray[np.bool_], axis: int, highest: int) -> NDArray[np.int32]:
    """Lowest way out of the body within each plane across ``axis``, 0 where there is none."""
    values = np.clip(dam, LOWEST, highest).astype(np.int32)
    level = np.zeros(dam.shape, np.int32)
    for n in range(dam.shape[axis]):
        plane = tuple(slice(n, n + 1) if a == axis else slice(None) for a in range(3))
        shore = body[plane] & (around(np.where(body[plane], UNREACHED, 0)) < UNREACHED)
        reached = minimax(np.where(shore, values[plane], UNREACHED), values[plane], body[plane])
        level[plane] = np.where(reached < UNREACHED, reached, 0)
    return level


@pytest.mark.parametrize("upright", [False, True])
@settings(max_examples=100, deadline=None)
@given(data=st.data(), highest=st.integers(LOWEST, 14), depth=st.integers(0, 4))
def test_rings_are_those_of_the_lowest_way_out(upright: bool, data: st.DataObject, highest: int, depth: int) -> None:
    """Whatever was counted before is added to."""
    shape = data.draw(SHAPES)
    dam, grey = data.draw(images(shape, LOWEST - 3, 16)), data.draw(images(shape, LOWEST - 8, 16))
    body = data.draw(masks(shape))
    hits = np.full(shape, 5, np.uint8)
    count_rings(dam, grey, body, data.draw(spans_around(body)), upright, LOWEST, highest, depth, hits)
    level = water_level(dam, body, 1 if upright else 0, highest)
    np.testing.assert_array_equal(hits, 5 + ((level > LOWEST) & (level - grey > depth)))
