"""The seeded watershed against its definition: each voxel joins a marker that reaches it as low as any."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.analysis.grid.neighbours import neighbours_of
from node.analysis.grid.spans import with_neighbours
from node.kernels.watershed import flood_markers
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from tests.fakes.drawn import SHAPES, images
from tests.fakes.flood import UNREACHED, minimax

LOWEST, HIGHEST = -5, 9


def flood(image: NDArray[np.int16], markers: NDArray[np.int32], floor: int, wider: int = 0) -> NDArray[np.int32]:
    """Labels (z, y, x); ``wider``: voxels around the mask with its neighbours that are listed too."""
    mask, _ = with_neighbours((markers > 0) | (image > floor))
    voxels = np.flatnonzero(binary_dilation(mask, iterations=wider) if wider else mask)
    listed, following = markers.reshape(-1)[voxels], np.empty(len(voxels), np.int32)
    head, tail = (np.empty(HIGHEST - LOWEST + 1, np.int32) for _ in range(2))
    neighbours, value = neighbours_of(voxels, image.shape), image.reshape(-1)[voxels]
    flood_markers(neighbours, value, LOWEST, floor, HIGHEST, listed, head, tail, following)
    assert not (listed[(value <= floor) & (markers.reshape(-1)[voxels] == 0)] > 0).any()
    labels = np.zeros(markers.shape, np.int32)
    labels.reshape(-1)[voxels] = np.maximum(listed, 0)
    return labels


@settings(max_examples=200, deadline=None)
@given(data=st.data(), floor=st.integers(LOWEST - 4, HIGHEST))
def test_every_voxel_joins_a_marker_that_reaches_it_as_low_as_any(data: st.DataObject, floor: int) -> None:
    """Within the region of one marker alone each voxel is reached at its level over all markers; the unmarked voxels
    at or below the floor are a marker too, the outside, whose region is 0."""
    shape = data.draw(SHAPES)
    image = data.draw(images(shape, LOWEST - 3, HIGHEST + 3))
    markers = data.draw(hnp.arrays(np.int32, shape, elements=st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3])))
    labels = flood(image, markers, floor)
    np.testing.assert_array_equal(labels[markers > 0], markers[markers > 0])
    outside = (markers == 0) & (image <= floor)
    assert not labels[outside].any()
    values = np.clip(image, LOWEST, HIGHEST).astype(np.int32)
    start = np.where((markers > 0) | outside, values, UNREACHED)
    free = (markers == 0) & ~outside
    best = minimax(start, values, free)
    assert not labels[best == UNREACHED].any()
    for label in range(4):
        region = labels == label
        seeds = outside if label == 0 else markers == label
        own = minimax(np.where(seeds, values, UNREACHED), values, region & free)
        np.testing.assert_array_equal(own[region], best[region])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), floor=st.integers(LOWEST - 4, HIGHEST))
def test_a_longer_list_changes_nothing(data: st.DataObject, floor: int) -> None:
    shape = data.draw(SHAPES)
    image = data.draw(images(shape, LOWEST - 3, HIGHEST + 3))
    markers = data.draw(hnp.arrays(np.int32, shape, elements=st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3])))
    np.testing.assert_array_equal(flood(image, markers, floor, wider=4), flood(image, markers, floor))


def test_equal_floods_meet_half_way() -> None:
    """First in, first out: on a plateau the border is where both floods arrive together."""
    markers = np.array([[[1, 0, 0, 0, 0, 0, 2]]], np.int32)
    assert flood(np.zeros(markers.shape, np.int16), markers, -1)[0, 0].tolist() in (
        [1, 1, 1, 1, 2, 2, 2],
        [1, 1, 1, 2, 2, 2, 2],
    )


def test_the_outside_floods_up_to_the_ridge() -> None:
    """A marker at 1, a slope up to a ridge of 5, and down again to the outside at -2, which leaves what it floods 0."""
    image, markers = np.array([[[1, 2, 5, 4, 2, -2]]], np.int16), np.array([[[1, 0, 0, 0, 0, 0]]], np.int32)
    labels = flood(image, markers, 0)[0, 0].tolist()
    assert labels[:2] == [1, 1]
    assert labels[3:] == [0, 0, 0]
