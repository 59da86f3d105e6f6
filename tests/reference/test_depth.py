"""Depth inside a mask, against SciPy's exact transform."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.grid.depth import depth_inside_mm, depth_of_mm
from scipy.ndimage import distance_transform_edt
from tests.fakes.drawn import SHAPES, SPACINGS, masks

Spacing = tuple[float, float, float]


@settings(max_examples=300, deadline=None)
@given(data=st.data(), spacing=SPACINGS)
def test_depth_is_the_distance_to_the_nearest_voxel_outside_of_the_mask(data: st.DataObject, spacing: Spacing) -> None:
    """Whole masks have none: infinitely deep, since what lies beyond the grid is not outside."""
    mask = data.draw(masks(data.draw(SHAPES)))
    depth = depth_inside_mm(mask, spacing)
    if mask.all():
        assert np.isposinf(depth).all()
        return
    np.testing.assert_allclose(depth, distance_transform_edt(mask, sampling=spacing), rtol=1e-6)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), spacing=SPACINGS)
def test_a_set_of_voxels_ends_where_its_grid_ends(data: st.DataObject, spacing: Spacing) -> None:
    mask = data.draw(masks(data.draw(SHAPES)).filter(np.any))
    expected = distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    np.testing.assert_allclose(depth_of_mm(np.argwhere(mask), spacing), expected[mask], rtol=1e-6)


def test_the_middle_of_a_ball_is_as_deep_as_its_radius_whichever_way_its_voxels_are_long() -> None:
    for spacing in ((0.4, 0.4, 0.4), (1.0, 0.4, 0.3), (0.3, 0.5, 1.0)):
        z, y, x = np.meshgrid(*(np.arange(-12.0, 12.0 + s, s) for s in spacing), indexing="ij")
        depth = depth_inside_mm(z * z + y * y + x * x < 100.0, spacing)
        assert abs(float(depth.max()) - 10.0) < max(spacing)
