"""Stacks and their geometry: properties that hold for any orientation, direction and order of slices."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from node.domain.instance import Frame, Instance
from node.domain.pairing import find_pair
from node.domain.reason import ReasonCode
from node.domain.series import plane_normal, stacks
from node.domain.volume import Tube
from numpy.typing import NDArray
from tests.ct_builder import CT_CLASS

angles = st.tuples(*[st.floats(-180, 180)] * 3)
spacings = st.floats(0.3, 5.0)
counts = st.integers(3, 12)
seeds = st.randoms(use_true_random=False)


def rotation(angles_degrees: tuple[float, float, float]) -> NDArray[np.float64]:
    """Rotation matrix (3, 3) about x, then y, then z."""
    a, b, c = np.radians(angles_degrees)
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(z @ y @ x)


def series(
    tube: Tube,
    count: int,
    step: NDArray[np.float64],
    directions: NDArray[np.float64],
    origin: tuple[float, float, float] = (7.0, -9.0, 400.0),
) -> list[Instance]:
    """Instances of one series along ``step``, values rounded as Decimal Strings of 16 characters are."""
    instances = []
    for k in range(count):
        position = np.round(np.array(origin) + k * step, 6)
        orientation = np.round(directions[:, :2].T.ravel(), 8)
        frame = Frame(1, tuple(position.tolist()), tuple(orientation.tolist()), (0.4, 0.5), tube)
        uid = f"1.{tube.kvp:g}.{k + 1}"
        instances.append(
            Instance(uid, CT_CLASS, "1.2.840.10008.1.2.1", "1.1", f"1.{tube.kvp:g}", uid, "1.9", "P", "CT",
                     ("ORIGINAL", "PRIMARY", "AXIAL"), rows=20, columns=10, frames=(frame,))
        )  # fmt: skip
    return instances


@given(angles, spacings, counts, seeds)
def test_order_of_arrival_changes_nothing(
    turn: tuple[float, float, float], spacing: float, count: int, chance: random.Random
) -> None:
    directions = rotation(turn)
    study = [
        i for tube in (Tube(80), Tube(140, None)) for i in series(tube, count, directions[:, 2] * spacing, directions)
    ]
    shuffled = study + study[:2]
    chance.shuffle(shuffled)
    one, other = find_pair(study), find_pair(shuffled)
    assert one.pair is not None
    assert other.pair is not None
    assert one.pair.low.slices == other.pair.low.slices
    assert one.pair.high.slices == other.pair.high.slices
    assert one.verdicts == other.verdicts
    np.testing.assert_array_equal(one.pair.low.geometry.affine, other.pair.low.geometry.affine)


@given(angles, spacings, counts, st.booleans(), st.floats(-0.4, 0.4))
def test_every_voxel_is_where_the_header_says(
    turn: tuple[float, float, float], spacing: float, count: int, reverse: bool, tilt: float
) -> None:
    """For oblique planes, slices numbered either way, and gantry tilt (a step that is not along the normal)."""
    directions = rotation(turn)
    step = (directions[:, 2] + tilt * directions[:, 1]) * (-spacing if reverse else spacing)
    (stack,) = stacks(series(Tube(80), count, step, directions))
    assert stack.faults == ()
    geometry = stack.geometry
    assert geometry.shape == (count, 20, 10)
    assert geometry.spacing_mm == pytest.approx((spacing, 0.4, 0.5), abs=1e-4)
    assert np.linalg.det(geometry.affine[:3, :3]) > 0
    for k, plane in enumerate(stack.slices):
        np.testing.assert_allclose(geometry.to_lps_mm(np.array([[k, 0, 0]])), [plane.position_mm], atol=1e-4)
        corner = plane.position_mm + directions[:, 0] * 0.5 * 9 + directions[:, 1] * 0.4 * 19
        np.testing.assert_allclose(geometry.to_lps_mm(np.array([[k, 19, 9]])), [corner], atol=1e-4)
        np.testing.assert_allclose(geometry.to_index_zyx(corner[None]), [[k, 19, 9]], atol=1e-3)
    along = [float(p.position_mm @ plane_normal(p.frame)) for p in stack.slices]
    assert along == sorted(along)


@given(angles, spacings, st.integers(5, 12), st.data())
def test_a_gap_is_always_seen(
    turn: tuple[float, float, float], spacing: float, count: int, data: st.DataObject
) -> None:
    directions = rotation(turn)
    instances = series(Tube(80), count, directions[:, 2] * spacing, directions)
    del instances[data.draw(st.integers(1, count - 2))]
    (stack,) = stacks(instances)
    assert [f.code for f in stack.faults] == [ReasonCode.MISSING_SLICES]


@given(spacings, counts, st.data())
def test_a_plane_off_the_even_grid_is_seen(spacing: float, count: int, data: st.DataObject) -> None:
    instances = series(Tube(80), count + 2, np.array([0, 0, spacing]), np.eye(3))
    k = data.draw(st.integers(1, count))
    (frame,) = instances[k].frames
    x, y, z = frame.position_mm
    moved = replace(frame, position_mm=(x, y, z + data.draw(st.sampled_from([-0.3, 0.3])) * spacing))
    instances[k] = replace(instances[k], frames=(moved,))
    (stack,) = stacks(instances)
    assert [f.code for f in stack.faults] == [ReasonCode.UNEVEN_SPACING]


@given(counts, seeds)
def test_acquisitions_on_one_another_are_two_stacks_after_one_another_one(count: int, chance: random.Random) -> None:
    def acquired(number: int, start_mm: float) -> list[Instance]:
        found = series(Tube(80), count, np.array([0, 0, 1.0]), np.eye(3), (0, 0, start_mm))
        return [
            replace(
                i,
                sop_instance_uid=f"{i.sop_instance_uid}.{number}",
                content_digest=f"{number}/{n}",
                frames=(replace(i.frames[0], acquisition_number=number),),
            )
            for n, i in enumerate(found)
        ]

    over, after = acquired(1, 0) + acquired(2, 0), acquired(1, 0) + acquired(2, float(count))
    chance.shuffle(over)
    chance.shuffle(after)
    assert [(len(s.slices), s.faults) for s in stacks(over)] == [(count, ())] * 2
    assert [(len(s.slices), s.faults) for s in stacks(after)] == [(2 * count, ())]


@given(counts)
def test_the_same_image_under_two_uids_counts_once(count: int) -> None:
    instances = series(Tube(80), count, np.array([0, 0, 1.0]), np.eye(3))
    twins = [replace(i, sop_instance_uid=f"{i.sop_instance_uid}.7") for i in instances[::2]]
    (stack,) = stacks(instances + twins)
    assert (len(stack.slices), stack.faults) == (count, ())
