"""Basins filled to where they spill, against relaxation of the definition to its fixed point."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.grid.basins import held_water
from node.analysis.grid.neighbours import neighbours_of
from node.analysis.grid.runs import runs_of
from node.analysis.grid.spans import spans_of
from node.kernels.basins import UNREACHED, drain_open_runs, fill_basins
from numpy.typing import NDArray
from tests.fakes.drawn import SHAPES, images, masks, spans_around
from tests.fakes.flood import UNREACHED as FAR
from tests.fakes.flood import around, minimax

LOWEST, HIGHEST = 2, 16


def reference(image: NDArray[np.int16], body: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Level at which each voxel of the body spills out of it, 0 where it never does; air outside is lowest of all."""
    shore = body & (around(np.where(body, FAR, 0)) < FAR)
    values = np.clip(image, LOWEST, HIGHEST).astype(np.int32)
    level = minimax(np.where(shore, values, FAR), values, body)
    return np.where(level < FAR, level, 0)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_basins_are_filled_to_the_level_at_which_they_spill(data: st.DataObject) -> None:
    """Also where nothing is outside."""
    shape = data.draw(SHAPES)
    image, body = data.draw(images(shape, LOWEST - 3, HIGHEST + 3)), data.draw(masks(shape))
    voxels = np.flatnonzero(body)
    level, clipped = np.full(len(voxels), 5, np.int16), np.clip(image.reshape(-1)[voxels], LOWEST, HIGHEST)
    fill_basins(neighbours_of(voxels, shape), clipped, level)
    np.testing.assert_array_equal(np.where(level == UNREACHED, 0, level), reference(image, body)[body])


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_is_drained_is_the_low_tissue_that_the_outside_reaches(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    image, body = data.draw(images(shape, LOWEST - 3, HIGHEST + 3)), data.draw(masks(shape))
    spans = data.draw(spans_around(body))
    low = body & (image <= LOWEST)
    runs = runs_of(low, spans)
    held = body.copy()
    drain_open_runs(body, runs.first, runs.ends, runs.number, runs.count, held)
    np.testing.assert_array_equal(held, body & ~(low & (reference(image, body) == LOWEST)))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), than=st.integers(0, 6))
def test_held_water_stands_above_the_image_where_it_does_not_run_off(data: st.DataObject, than: int) -> None:
    shape = data.draw(SHAPES)
    dam, grey = data.draw(images(shape, LOWEST - 3, HIGHEST + 3)), data.draw(images(shape, LOWEST - 9, HIGHEST + 3))
    body = data.draw(masks(shape))
    level = reference(dam, body)
    for found in held_water(grey, (dam, dam), body, data.draw(spans_around(body)), LOWEST, HIGHEST):
        np.testing.assert_array_equal(found.deeper(than), (level > LOWEST) & (level - grey > than))


def test_a_bowl_holds_water_up_to_its_lip_and_a_cracked_one_up_to_its_crack() -> None:
    image = np.full((5, 5, 5), 4, np.int16)
    image[1:4, 1:4, 1:4] = 12
    image[2, 2, 2] = 5
    body = np.ones((7, 7, 7), bool)
    body[0], body[-1] = False, False
    image, spans = np.pad(image, 1, constant_values=4), spans_of(body)
    for crack, depth in ((12, 7), (8, 3), (3, 0)):
        image[3, 3, 4] = crack
        (found,) = held_water(image, (image,), body, spans, LOWEST, HIGHEST)
        assert found.depth[found.voxels == np.ravel_multi_index((3, 3, 3), body.shape)].tolist() == [depth]
