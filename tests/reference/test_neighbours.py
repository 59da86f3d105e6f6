"""Neighbours in a list of voxels, against a look at the grid."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.grid.neighbours import neighbours_of, on_surface
from node.kernels.neighbours import NO_VOXEL, UNLISTED
from scipy.ndimage import binary_erosion
from tests.fakes.drawn import SHAPES, masks

STEPS = ((-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_neighbours_are_those_of_the_grid(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    mask = data.draw(masks(shape))
    place = np.full(np.array(shape) + 2, NO_VOXEL)
    place[1:-1, 1:-1, 1:-1] = UNLISTED
    voxels = np.argwhere(mask) + 1
    place[tuple(voxels.T)] = np.arange(len(voxels))
    found = neighbours_of(np.flatnonzero(mask), shape)
    for side, step in enumerate(STEPS):
        np.testing.assert_array_equal(found[:, side], place[tuple((voxels + step).T)])
    inner = binary_erosion(mask, border_value=1)
    np.testing.assert_array_equal(on_surface(np.flatnonzero(mask), shape), ~inner[mask])
