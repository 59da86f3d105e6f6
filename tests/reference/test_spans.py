"""Spans of masks, their widening, lists of voxels and packed rows against NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.grid.spans import mask_between, packing, spans_of, voxels_of, widened, with_neighbours
from scipy.ndimage import binary_dilation
from tests.fakes.drawn import SHAPES, images, inside, masks, spans_in

REACH = st.tuples(*(st.integers(0, 3) for _ in range(3)))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_spans_of_a_mask_are_the_hulls_of_its_rows(data: st.DataObject) -> None:
    mask = data.draw(SHAPES.flatmap(masks))
    spans = spans_of(mask)
    for z, y in np.ndindex(*mask.shape[:2]):
        places = np.flatnonzero(mask[z, y])
        assert spans[z, y].tolist() == ([places[0], places[-1] + 1] if len(places) else [0, 0])


@settings(max_examples=80, deadline=None)
@given(data=st.data(), reach=REACH)
def test_widened_spans_are_the_hulls_of_all_that_is_within_reach(
    data: st.DataObject, reach: tuple[int, int, int]
) -> None:
    shape = data.draw(SHAPES)
    spans = data.draw(spans_in(shape))
    wide = widened(spans, reach, shape[2])
    for z, y in np.ndindex(*shape[:2]):
        around = spans[max(0, z - reach[0]) : z + reach[0] + 1, max(0, y - reach[1]) : y + reach[1] + 1].reshape(-1, 2)
        around = around[around[:, 0] < around[:, 1]]
        if len(around):
            expected = [max(0, around[:, 0].min() - reach[2]), min(shape[2], around[:, 1].max() + reach[2])]
            assert wide[z, y].tolist() == expected
        else:
            assert wide[z, y, 0] == wide[z, y, 1]


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_mask_with_its_neighbours_is_dilated_by_one_voxel(data: st.DataObject) -> None:
    mask = data.draw(SHAPES.flatmap(masks))
    grown, spans = with_neighbours(mask)
    np.testing.assert_array_equal(grown, binary_dilation(mask))
    assert inside(spans, mask.shape[2])[grown].all()


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_voxels_are_those_of_the_mask_inside_spans_in_scan_order(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    mask, spans = data.draw(masks(shape)), data.draw(spans_in(shape))
    np.testing.assert_array_equal(voxels_of(mask, spans), np.flatnonzero(mask & inside(spans, shape[2])))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_packed_places_are_the_ranks_of_the_voxels_and_lead_back_to_them(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    spans = data.draw(spans_in(shape))
    voxels = np.flatnonzero(inside(spans, shape[2]))
    packed = packing(spans, shape[2])
    assert packed.size == len(voxels)
    np.testing.assert_array_equal(packed.places(voxels), np.arange(packed.size))
    np.testing.assert_array_equal(packed.voxels(np.arange(packed.size)), voxels)


LIMIT = st.none() | st.integers(-5, 5)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), least=LIMIT, most=LIMIT)
def test_a_mask_between_two_values_holds_both_and_what_lies_between(
    data: st.DataObject, least: int | None, most: int | None
) -> None:
    shape = data.draw(SHAPES)
    image, mask, spans = data.draw(images(shape, -6, 6)), data.draw(masks(shape)), data.draw(spans_in(shape))
    held = mask & inside(spans, shape[2])
    held &= (image >= (-9 if least is None else least)) & (image <= (9 if most is None else most))
    np.testing.assert_array_equal(mask_between(image, least, most, mask, spans), held)
