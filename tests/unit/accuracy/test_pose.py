"""Cases in other poses: bones move as they are, joints stay joints, and the truth goes where the pixels go."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from node.accuracy.joints import Motion, pose
from node.accuracy.pose import Pose, posed
from node.accuracy.regrid import Case
from node.accuracy.truth import CaseTruth, TrueDeposit, TrueHand
from node.domain.anatomy import BONE_CODES
from node.domain.volume import EnergyPair, Geometry, Tube, Volume
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

SPACING = np.array([1.0, 0.5, 0.5])
SHAPE = (130, 90, 110)
CAPITATE, SESAMOID = BONE_CODES["capitate"], BONE_CODES["sesamoid_MCP2"]
RAYS = [[BONE_CODES[f"{level}{digit}"] for level in ("MC", "PP", "MP", "DP")] for digit in (2, 3)]
LENGTHS_MM, GAP_MM, RADIUS_MM = (45.0, 28.0, 16.0, 11.0), 2.0, 5.0
DEPOSIT, BONE_HU, CALCIUM_HU, TISSUE_HU = 1001, 1200, 800, 50
Labels = NDArray[np.uint16]


def labels() -> Labels:
    """Two rays of rods along z from a block of carpus on, a sesamoid at a head, and a ball of calcium by the other."""
    z, y, x = np.moveaxis(np.moveaxis(np.indices(SHAPE), 0, -1) * SPACING, -1, 0)
    found = np.zeros(SHAPE, np.uint16)
    found[(z < 14) & (z > 2) & (abs(y - 22) < 6) & (abs(x - 27) < 8)] = CAPITATE
    for ray, middle in zip(RAYS, (19.0, 36.0), strict=True):
        start = 16.0
        for code, length in zip(ray, LENGTHS_MM, strict=True):
            found[(z >= start) & (z < start + length) & (np.hypot(y - 22, x - middle) < RADIUS_MM)] = code
            start += length + GAP_MM
    found[np.linalg.norm([z - 60, y - 30.5, x - 19], axis=0) < 2.5] = SESAMOID
    found[np.linalg.norm([z - 78, y - 32, x - 36], axis=0) < 4.0] = DEPOSIT
    return found


def case() -> Case:
    grid = Geometry(SHAPE, (1.0, 0.5, 0.5), np.diag([0.5, 0.5, 1.0, 1.0]))
    truth = labels()
    ball = truth == DEPOSIT
    low = np.select([ball, truth > 0], [CALCIUM_HU, BONE_HU], TISSUE_HU).astype(np.int16)
    volume = float(ball.sum() * grid.voxel_mm3)
    x, y, z = grid.to_lps_mm(np.argwhere(ball).mean(axis=0)[None])[0]
    deposit = TrueDeposit(
        DEPOSIT, "HA", "stone", volume, volume / 2, 500.0, False, "PP3", ("PP3",), "", "right", (x, y, z), (8.0,) * 3
    )
    pair = EnergyPair(Volume(low, grid), Volume((low // 2).astype(np.int16), grid), Tube(80.0), Tube(140.0))
    return pair, CaseTruth("rods", (TrueHand("right", {}),), (deposit,), {}, grid, truth)


def points(volume: Labels, code: int) -> NDArray[np.float64]:
    return np.asarray(np.argwhere(volume == code) * SPACING)


def space_mm(volume: Labels, before: int, after: int) -> float:
    """Mean width of the joint between two bones, from voxel to voxel."""
    return float(np.sort(cKDTree(points(volume, before)).query(points(volume, after))[0])[:100].mean())


@pytest.fixture(scope="module", params=[1, 2, 3])
def moved(request: pytest.FixtureRequest) -> Case:
    return posed(*case(), Pose(request.param))


def test_bones_keep_size_and_shape(moved: Case) -> None:
    before, after = labels(), moved[1].labels
    for code in (CAPITATE, *RAYS[0], *RAYS[1]):
        assert len(points(after, code)) == pytest.approx(len(points(before, code)), rel=0.04)
        old, new = (np.sqrt(np.linalg.eigvalsh(np.cov(points(volume, code).T))) for volume in (before, after))
        assert new == pytest.approx(old, rel=0.03)


def test_the_fingers_bend_in_their_joints(moved: Case) -> None:
    before, after = labels(), moved[1].labels
    turns = []
    for ray in RAYS:
        for proximal, distal in pairwise(ray):
            assert 0.3 * GAP_MM < space_mm(after, proximal, distal) <= space_mm(before, proximal, distal) + 0.5
            axes = [np.linalg.eigh(np.cov(points(after, code).T))[1][:, -1] for code in (proximal, distal)]
            turns.append(np.degrees(np.arccos(np.clip(abs(axes[0] @ axes[1]), 0.0, 1.0))))
    assert max(turns) > 2.0
    assert max(turns) < 25.0


def test_the_truth_follows_the_pixels(moved: Case) -> None:
    pair, truth = moved
    bone = np.isin(truth.labels, [code for ray in RAYS for code in ray])
    assert np.median(pair.low.hu[bone]) == BONE_HU
    assert np.median(pair.high.hu[bone]) == BONE_HU // 2
    (ball,) = truth.deposits
    inside = np.argwhere(truth.labels == DEPOSIT)
    assert np.median(pair.low.hu[truth.labels == DEPOSIT]) == pytest.approx(CALCIUM_HU, abs=8)
    assert truth.geometry.to_lps_mm(inside.mean(axis=0)[None])[0] == pytest.approx(np.array(ball.centroid_lps_mm))
    assert len(inside) * truth.geometry.voxel_mm3 == pytest.approx(ball.volume_mm3, rel=0.08)
    assert ball.mass_mg == pytest.approx(ball.volume_mm3 / 2)


def test_a_pose_is_the_same_each_time_and_another_for_another_case() -> None:
    pair, truth = case()
    first, again = posed(pair, truth, Pose(1)), posed(pair, truth, Pose(1))
    assert first[1].name == "rods, pose 1"
    assert np.array_equal(first[0].low.hu, again[0].low.hu)
    assert np.array_equal(first[1].labels, again[1].labels)
    other = posed(pair, replace(truth, name="another"), Pose(1))
    assert not np.array_equal(first[1].labels, other[1].labels)


def test_what_is_no_bone_of_a_ray_goes_with_its_neighbour() -> None:
    bones = {code: points(labels(), code) for code in (CAPITATE, SESAMOID, *RAYS[0])}
    motions = pose(bones, np.random.default_rng(1))
    assert motions.keys() == bones.keys()
    assert motions[SESAMOID] is motions[RAYS[0][0]]


def test_the_hands_of_a_study_move_each_by_itself() -> None:
    ray = {code: points(labels(), code) for code in (CAPITATE, *RAYS[0])}
    motions = pose(ray | {code + 100: there + 60.0 for code, there in ray.items()}, np.random.default_rng(1))
    assert not np.allclose(motions[RAYS[0][-1]].turn, motions[RAYS[0][-1] + 100].turn)


def test_motions_follow_each_other() -> None:
    vectors = np.array([[0.1, 0.3, 0.0], [0.0, 0.2, 1.0]])
    one, two = (Motion(Rotation.from_rotvec(vector).as_matrix(), 9.0 * vector) for vector in vectors)
    there = np.random.default_rng(1).normal(size=(5, 3))
    assert two.after(one).of(there) == pytest.approx(two.of(one.of(there)))
    assert pdist(two.of(there)) == pytest.approx(pdist(there))
