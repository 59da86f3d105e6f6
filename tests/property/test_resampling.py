"""A volume put onto another grid: nothing changes where the grids agree, linear fields stay linear, matter is kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node.dicom.reading.resampling import resampled
from node.domain.grids import GridMap, grid_map, on_one_grid, why_not_registrable
from node.domain.volume import Geometry
from numpy.typing import NDArray

SHAPE = (9, 11, 10)
shifts = st.tuples(*[st.floats(-1.0, 1.0)] * 3)


def geometry(
    shape: tuple[int, int, int] = SHAPE,
    shift_voxels: tuple[float, float, float] = (0.0, 0.0, 0.0),
    spacing: tuple[float, float, float] = (1.0, 0.5, 0.4),
    turn_degrees: float = 0.0,
) -> Geometry:
    """A grid moved by parts of a voxel (z, y, x) and turned about its normal."""
    angle = np.radians(turn_degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(spacing[::-1])
    affine[:3, 3] = affine[:3, :3] @ np.array(shift_voxels[::-1])
    return Geometry(shape, spacing, affine)


def noise(seed: int, shape: tuple[int, int, int] = SHAPE) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-1000, 3000, shape).astype(np.int16)


@given(seed=st.integers(0, 99))
def test_on_the_same_grid_nothing_changes(seed: int) -> None:
    hu = noise(seed)
    assert on_one_grid(geometry(), geometry())
    np.testing.assert_array_equal(resampled(hu, grid_map(geometry(), geometry()), SHAPE), hu)


@given(steps=st.tuples(*[st.integers(-1, 1)] * 3))
def test_by_whole_voxels_the_values_move(steps: tuple[int, int, int]) -> None:
    hu = noise(1)
    found = resampled(hu, grid_map(geometry(shift_voxels=steps), geometry()), SHAPE)
    z, y, x = (np.clip(np.arange(n) + s, 0, n - 1) for n, s in zip(SHAPE, steps, strict=True))
    np.testing.assert_array_equal(found, hu[np.ix_(z, y, x)])


@settings(deadline=None)
@given(shift=shifts, slopes=st.tuples(*[st.integers(-40, 40)] * 3))
def test_a_linear_field_is_met_between_the_voxels(
    shift: tuple[float, float, float], slopes: tuple[int, int, int]
) -> None:
    index = np.indices(SHAPE).astype(np.float64)
    hu = np.tensordot(slopes, index, 1)
    found = resampled(hu.astype(np.int16), grid_map(geometry(shift_voxels=shift), geometry()), SHAPE)
    expected = np.tensordot(slopes, index + np.reshape(shift, (3, 1, 1, 1)), 1)
    inner = (slice(2, -2),) * 3
    assert np.abs(found[inner] - expected[inner]).max() <= 0.51


@settings(deadline=None)
@given(shift=shifts)
def test_the_sum_over_a_deposit_is_kept(shift: tuple[float, float, float]) -> None:
    shape = (16, 16, 16)
    distance = np.linalg.norm(np.indices(shape) - 7.5, axis=0)
    hu = np.rint(2000.0 * np.exp(-0.5 * (distance / 1.5) ** 2)).astype(np.int16)
    found = resampled(hu, GridMap((1.0, 1.0, 1.0), shift), shape)
    assert found.sum(dtype=np.int64) == pytest.approx(hu.sum(dtype=np.int64), rel=0.005)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (geometry(shift_voxels=(0.9, -0.4, 0.3)), ""),
        (geometry(shape=(10, 12, 11), shift_voxels=(-0.5, -0.5, -0.5)), ""),
        (geometry(turn_degrees=1.0), ""),
        (geometry(shift_voxels=(0.0, 1.2, 0.0)), "beyond"),
        (geometry(shape=(7, 11, 10)), "beyond"),
        (geometry(turn_degrees=20.0), "turned"),
        (geometry(turn_degrees=180.0), "orientation"),
        (geometry(spacing=(1.0, 0.5, 0.5)), "spacing"),
    ],
)
def test_near_enough(other: Geometry, why: str) -> None:
    found = why_not_registrable(geometry(), other)
    assert why in found
    assert bool(found) is bool(why)
