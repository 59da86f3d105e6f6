"""Distance to the nearest source inside spans and up to a reach, against SciPy's exact transform."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.analysis.limb.nearest import nearest_around, nearest_source
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from tests.fakes.drawn import SHAPES, SPACINGS, inside, masks, spans_in

REACH = st.sampled_from([0.0, 0.25, 0.55, 1.3, 3.1, 50.0])
SLACK = 1e-4
Spacing = tuple[float, float, float]
LABELS = st.sampled_from([0, 0, 0, 0, 0, 0, 0, 0, -1, 1, 2, 3])


def distances(labels: NDArray[np.int32], spacing: Spacing) -> dict[int, NDArray[np.float64]]:
    """Distance of every voxel to the nearest voxel of each label there is."""
    present = [n for n in range(1, 4) if (labels == n).any()]
    return {n: distance_transform_edt(labels != n, sampling=spacing) for n in present}


@settings(max_examples=200, deadline=None)
@given(data=st.data(), spacing=SPACINGS, reach=REACH)
def test_nearest_sources_within_reach_are_those_of_the_exact_distance(
    data: st.DataObject, spacing: Spacing, reach: float
) -> None:
    shape = data.draw(SHAPES)
    labels, spans = data.draw(hnp.arrays(np.int32, shape, elements=LABELS)), data.draw(spans_in(shape))
    each = distances(labels, spacing)
    least = np.min(list(each.values()), axis=0) if each else np.full(shape, np.inf)
    asked = np.flatnonzero(inside(spans, shape[2]))
    near = nearest_source(labels, spacing, reach, spans)
    label, distance = near.at(asked)
    assert near.packing.size == len(asked) == len(near.label)
    expected = least.ravel()[asked]
    assert (label[expected < reach - SLACK] > 0).all()
    assert not label[expected > reach + SLACK].any()
    assert np.isposinf(distance[label == 0]).all()
    np.testing.assert_allclose(distance[label > 0], expected[label > 0], rtol=1e-5, atol=1e-6)
    for n in range(1, 4):
        mine = label == n
        if mine.any():
            np.testing.assert_allclose(each[n].ravel()[asked[mine]], expected[mine], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(near.found.voxels, asked[label > 0])
    np.testing.assert_array_equal(near.found.label, label[label > 0])
    np.testing.assert_array_equal(near.found.distance_mm, distance[label > 0])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), spacing=SPACINGS, reach=REACH)
def test_a_mask_is_one_label(data: st.DataObject, spacing: Spacing, reach: float) -> None:
    shape = data.draw(SHAPES)
    mask, spans = data.draw(masks(shape)), data.draw(spans_in(shape))
    asked = np.flatnonzero(inside(spans, shape[2]))
    ours = nearest_source(mask, spacing, reach, spans).at(asked)
    theirs = nearest_source(mask.astype(np.int32), spacing, reach, spans).at(asked)
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])
    assert np.isin(ours[0], (0, 1)).all()


@settings(max_examples=100, deadline=None)
@given(data=st.data(), spacing=SPACINGS, reach=REACH)
def test_around_sources_all_voxels_within_reach_are_found(data: st.DataObject, spacing: Spacing, reach: float) -> None:
    shape = data.draw(SHAPES)
    labels = data.draw(hnp.arrays(np.int32, shape, elements=LABELS))
    found = nearest_around(labels, spacing, reach)
    each = distances(labels, spacing)
    least = np.min(list(each.values()), axis=0) if each else np.full(shape, np.inf)
    mask = found.mask(shape)
    assert mask[least < reach - SLACK].all()
    assert not mask[least > reach + SLACK].any()
    np.testing.assert_array_equal(found.voxels, np.flatnonzero(mask))
    np.testing.assert_allclose(found.distance_mm, least[mask], rtol=1e-5, atol=1e-6)


def test_long_rows_are_gone_through_tile_by_tile() -> None:
    """A row longer than two tiles of columns, with spans that begin and end inside of tiles."""
    generator = np.random.default_rng(3)
    shape, spacing = (4, 5, 83), (0.9, 0.5, 0.4)
    labels = (generator.random(shape) < 0.02).astype(np.int32) * generator.integers(1, 4, shape, np.int32)
    ends = np.sort(generator.integers(0, 84, (4, 5, 2)), axis=2).astype(np.int32)
    asked = np.flatnonzero(inside(ends, shape[2]))
    label, distance = nearest_source(labels, spacing, 2.03, ends).at(asked)
    least = distance_transform_edt(labels == 0, sampling=spacing).ravel()[asked]
    np.testing.assert_array_equal(label > 0, least < 2.03)
    np.testing.assert_allclose(distance[label > 0], least[label > 0], rtol=1e-5)
    assert 0 < np.count_nonzero(label) < len(label)
