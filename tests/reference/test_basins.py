"""Basins filled to where they spill, against relaxation of the definition to its fixed point."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.spans import spans_of
from node.kernels.basins import fill_basins, flood_open_runs
from node.kernels.runs import find_runs, label_runs
from numpy.typing import NDArray
from tests.fakes.drawn import SHAPES, images, masks, spans_around
from tests.fakes.flood import UNREACHED, around, minimax

LOWEST, HIGHEST = 2, 16


def reference(image: NDArray[np.int16], body: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Level at which each voxel of the body spills out of it, 0 where it never does; air outside is lowest of all."""
    shore = body & (around(np.where(body, UNREACHED, 0)) < UNREACHED)
    values = np.clip(image, LOWEST, HIGHEST).astype(np.int32)
    level = minimax(np.where(shore, values, UNREACHED), values, body)
    return np.where(level < UNREACHED, level, 0)


def open_runs(
    image: NDArray[np.int16], body: NDArray[np.bool_], spans: NDArray[np.int32], filled: NDArray[np.int16]
) -> None:
    low = body & (image <= LOWEST)
    first_run = np.empty(low.shape[:2], np.int32)
    runs = find_runs(low, spans, first_run)
    ends, number = np.empty((runs, 2), np.int32), np.empty(runs, np.int32)
    count = label_runs(low, spans, False, first_run, ends, number)
    flood_open_runs(body, first_run, ends, number, count, LOWEST, filled)


def fill(
    image: NDArray[np.int16], body: NDArray[np.bool_], spans: NDArray[np.int32], filled: NDArray[np.int16]
) -> None:
    head, following = np.empty(HIGHEST - LOWEST + 1, np.int32), np.empty(image.size, np.int32)
    fill_basins(image, body, spans, LOWEST, HIGHEST, filled, head, following)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_basins_are_filled_to_the_level_at_which_they_spill(data: st.DataObject) -> None:
    """Also where nothing is outside; with the open tissue flooded beforehand it is the same."""
    shape = data.draw(SHAPES)
    image, body = data.draw(images(shape, LOWEST - 3, HIGHEST + 3)), data.draw(masks(shape))
    spans = data.draw(spans_around(body))
    plain, helped = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    fill(image, body, spans, plain)
    expected = reference(image, body)
    np.testing.assert_array_equal(plain, expected)
    open_runs(image, body, spans, helped)
    lowest = np.where(body & (image <= LOWEST) & (helped == LOWEST), expected, LOWEST)
    assert (lowest == LOWEST).all(), "only what the outside reaches is open"
    assert np.isin(helped, (0, LOWEST)).all()
    fill(image, body, spans, helped)
    np.testing.assert_array_equal(helped, expected)


def test_a_bowl_holds_water_up_to_its_lip_and_a_cracked_one_up_to_its_crack() -> None:
    image = np.full((5, 5, 5), 4, np.int16)
    image[1:4, 1:4, 1:4] = 12
    image[2, 2, 2] = 5
    body = np.ones((7, 7, 7), bool)
    body[0], body[-1] = False, False
    image, spans = np.pad(image, 1, constant_values=4), spans_of(body)
    for crack, level in ((12, 12), (8, 8), (3, 5)):
        image[3, 3, 4] = crack
        filled = np.zeros(image.shape, np.int16)
        open_runs(image, body, spans, filled)
        fill(image, body, spans, filled)
        assert filled[3, 3, 3] == level
