"""Components by runs against SciPy, and what is asked of components against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.analysis.grid.components import Components, by_label, components, median_of
from node.analysis.grid.runs import runs_of
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, find_objects, label
from tests.fakes.drawn import SHAPES, SPACINGS, images, inside, masks, spans_in

CORNERS = {False: None, True: np.ones((3, 3, 3))}


def assert_same_parts(ours: NDArray[np.int32], theirs: NDArray[np.int32]) -> None:
    """Both split the same voxels into the same parts, whatever their numbers."""
    pairs = set(zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert all((a == 0) == (b == 0) for a, b in pairs)


@pytest.mark.parametrize("corners", [False, True])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_components_inside_spans_are_those_of_scipy(corners: bool, data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    mask, spans = data.draw(masks(shape)), data.draw(spans_in(shape))
    found = components(mask, spans, corners)
    seen = mask & inside(spans, shape[2])
    expected, count = label(seen, CORNERS[corners])
    assert (found.count, found.shape) == (count, shape)
    np.testing.assert_array_equal(found.voxels, np.flatnonzero(seen))
    assert_same_parts(found.labels, expected)
    order = found.owner[np.sort(np.unique(found.owner, return_index=True)[1])]
    assert order.tolist() == list(range(1, count + 1)), "numbered in the order of their first voxels"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_runs_are_the_unbroken_stretches_of_each_row(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    mask, spans = data.draw(masks(shape)), data.draw(spans_in(shape))
    steps = np.diff(np.pad((mask & inside(spans, shape[2])).astype(np.int8), ((0, 0), (0, 0), (1, 1))), axis=2)
    runs = runs_of(mask, spans)
    begins = (steps == 1).sum(axis=2).ravel()
    np.testing.assert_array_equal(runs.first.ravel(), np.cumsum(begins) - begins)
    np.testing.assert_array_equal(runs.ends, np.stack([np.nonzero(steps == s)[2] for s in (1, -1)], axis=1))


@st.composite
def labelled(draw: st.DrawFn) -> tuple[Components, NDArray[np.int32]]:
    """Any labelled voxels, connected or not, some labels perhaps without one; and the same as an array."""
    shape = draw(SHAPES)
    labels = draw(hnp.arrays(np.int32, shape, elements=st.sampled_from([0, 0, 0, 1, 2, 3, 5])))
    voxels = np.flatnonzero(labels)
    return Components(voxels, labels.ravel()[voxels], 5, shape), labels


@settings(max_examples=60, deadline=None)
@given(drawn=labelled(), data=st.data())
def test_size_place_maximum_and_total_are_those_of_numpy(
    drawn: tuple[Components, NDArray[np.int32]], data: st.DataObject
) -> None:
    found, labels = drawn
    image = data.draw(images(found.shape))
    mask = data.draw(masks(found.shape))
    np.testing.assert_array_equal(found.labels, labels)
    boxes = [*find_objects(labels), None, None, None, None, None]
    for value in (image, image.astype(np.float32) / 3.0):
        maximum, total = found.maximum(value), found.total(value)
        assert (maximum[0], total[0]) == (-np.inf, 0.0)
        for n in range(1, 6):
            own = value[labels == n]
            assert maximum[n] == own.astype(np.float32).max(initial=-np.inf)
            assert total[n] == pytest.approx(own.astype(float).sum(), rel=1e-9, abs=1e-3)
    assert found.sizes.tolist() == [0, *((labels == n).sum() for n in range(1, 6))]
    assert found.touched(mask).tolist() == [False, *(bool(mask[labels == n].any()) for n in range(1, 6))]
    for n, box in enumerate(found.boxes, start=1):
        assert box == boxes[n - 1] if boxes[n - 1] else labels[box].size == 0


@settings(max_examples=60, deadline=None)
@given(drawn=labelled(), spacing=SPACINGS)
def test_the_radius_is_that_of_the_largest_ball_inside(
    drawn: tuple[Components, NDArray[np.int32]], spacing: tuple[float, float, float]
) -> None:
    found, labels = drawn
    radius = found.radius_mm(spacing)
    for n in range(1, 6):
        depth = distance_transform_edt(np.pad(labels == n, 1), sampling=spacing)
        assert radius[n] == pytest.approx(depth.max(), rel=1e-5)
    assert radius[0] == 0.0


@settings(max_examples=60, deadline=None)
@given(drawn=labelled(), data=st.data())
def test_voxels_may_be_asked_for_their_label_and_given_to_another(
    drawn: tuple[Components, NDArray[np.int32]], data: st.DataObject
) -> None:
    found, labels = drawn
    np.testing.assert_array_equal(found.at(np.arange(labels.size)), labels.reshape(-1))
    given_to = data.draw(hnp.arrays(np.int32, labels.shape, elements=st.integers(0, 5)))
    voxels = np.flatnonzero(given_to)
    covered = found.covered_by(voxels, given_to.reshape(-1)[voxels])
    expected = np.where(given_to > 0, given_to, labels)
    np.testing.assert_array_equal(covered.voxels, np.flatnonzero(expected))
    np.testing.assert_array_equal(covered.labels, expected)


@settings(max_examples=60, deadline=None)
@given(drawn=labelled(), kept=hnp.arrays(np.bool_, 6))
def test_kept_labels_are_numbered_in_their_order(
    drawn: tuple[Components, NDArray[np.int32]], kept: NDArray[np.bool_]
) -> None:
    found, labels = drawn
    only = found.only(kept)
    order = [n for n in range(1, 6) if kept[n]]
    expected = np.select([labels == n for n in order], range(1, len(order) + 1), 0) if order else 0 * labels
    np.testing.assert_array_equal(only.labels, expected)
    np.testing.assert_array_equal(only.voxels, np.flatnonzero(expected))
    assert only.count == len(order)


@settings(max_examples=60, deadline=None)
@given(drawn=labelled(), share=st.integers(0, 2**32 - 1))
def test_joined_components_hold_both_numbered_on(drawn: tuple[Components, NDArray[np.int32]], share: int) -> None:
    found, _ = drawn
    first = np.random.default_rng(share).random(len(found.voxels)) < 0.5
    parts = [Components(found.voxels[p], found.owner[p], 5, found.shape) for p in (first, ~first)]
    joined = parts[0].joined(parts[1])
    np.testing.assert_array_equal(joined.voxels, found.voxels)
    np.testing.assert_array_equal(joined.owner, np.where(first, found.owner, found.owner + 5))
    assert joined.count == 10
    assert joined.labels.dtype == np.int32


@settings(max_examples=60, deadline=None)
@given(drawn=labelled(), least=st.integers(1, 4), data=st.data())
@pytest.mark.parametrize("kind", [np.int16, np.float64])
def test_medians_are_those_of_numpy(
    kind: type[np.generic], drawn: tuple[Components, NDArray[np.int32]], least: int, data: st.DataObject
) -> None:
    found, labels = drawn
    image = data.draw(images(found.shape)).astype(kind)
    medians = median_of(image.reshape(-1)[found.voxels], found.owner, 5, least)
    assert np.isnan(medians[0])
    for n in range(1, 6):
        own = image[labels == n]
        assert np.isnan(medians[n]) if own.size < least else medians[n] == np.median(own)


@pytest.mark.parametrize("most", [5, 2**16 - 1, 2**16, 2**30])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_list_by_labels_keeps_the_order_of_like_ones(most: int, data: st.DataObject) -> None:
    owner = data.draw(hnp.arrays(np.int32, st.integers(0, 30), elements=st.sampled_from([0, 1, 3, most - 1, most])))
    assert by_label(owner).tolist() == sorted(range(len(owner)), key=lambda n: owner[n])
