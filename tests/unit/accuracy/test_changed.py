"""Cases changed: the truth goes where the pixels go."""

from dataclasses import replace

import numpy as np
import pytest
from node.accuracy.changed import Change, changed
from node.accuracy.mixture import Mixture, mixed
from node.accuracy.regrid import Case
from node.accuracy.truth import CaseTruth, TrueDeposit, TrueHand
from node.domain.volume import EnergyPair, Geometry, Tube, Volume

SHAPE = (36, 30, 33)
CENTRE, RADIUS_MM = np.array([14.0, 12.0, 20.0]), 4.0
DEPOSIT, BONE = 1001, 7
TISSUE_HU, CALCIUM_HU, BONE_HU = 50, 800, 1200


def case() -> Case:
    """A ball of calcium and a block of bone, on an oblique grid with voxels of unlike edges."""
    spacing = (0.8, 0.5, 0.5)
    turn = np.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn * spacing[::-1], (-20.0, 5.0, 100.0)
    grid = Geometry(SHAPE, spacing, affine)
    places = np.moveaxis(np.indices(SHAPE), 0, -1)
    labels = np.zeros(SHAPE, np.uint16)
    labels[np.linalg.norm((places - CENTRE) * spacing, axis=-1) < RADIUS_MM] = DEPOSIT
    labels[28:34, 3:9, 3:9] = BONE
    low = np.select([labels == DEPOSIT, labels == BONE], [CALCIUM_HU, BONE_HU], TISSUE_HU).astype(np.int16)
    high = (low // 2).astype(np.int16)
    x, y, z = grid.to_lps_mm(np.array([CENTRE]))[0]
    volume = float((labels == DEPOSIT).sum() * grid.voxel_mm3)
    ball = TrueDeposit(
        DEPOSIT, "HA", "stone", volume, volume / 2, 500.0, False, "PP3", ("PP3",), "", "right", (x, y, z), (8.0,) * 3
    )
    truth = CaseTruth("ball", (TrueHand("right", {}),), (ball,), {BONE: "PP3"}, grid, labels)
    return EnergyPair(Volume(low, grid), Volume(high, grid), Tube(80.0), Tube(140.0)), truth


@pytest.mark.parametrize("change", Change)
def test_the_truth_follows_the_pixels(change: Change) -> None:
    pair, truth = changed(*case(), change)
    assert truth.name == f"ball, {change}"
    assert truth.labels.shape == pair.low.hu.shape == pair.high.hu.shape == truth.geometry.shape
    assert np.array_equal(truth.geometry.affine, pair.geometry.affine)
    (ball,) = truth.deposits
    inside = np.argwhere(truth.labels == ball.label)
    centre = truth.geometry.to_lps_mm(inside.astype(float)).mean(axis=0)
    assert centre == pytest.approx(np.array(ball.centroid_lps_mm), abs=0.25)
    assert len(inside) * truth.geometry.voxel_mm3 == pytest.approx(ball.volume_mm3, rel=0.06)
    assert ball.mass_mg == pytest.approx(ball.volume_mm3 / 2)
    assert np.median(pair.low.hu[truth.labels == ball.label]) == pytest.approx(CALCIUM_HU, abs=8)
    assert np.median(pair.high.hu[truth.labels == ball.label]) == pytest.approx(CALCIUM_HU / 2, abs=8)


@pytest.mark.parametrize("change", Change)
def test_spacing_and_affine_agree(change: Change) -> None:
    grid = changed(*case(), change)[1].geometry
    assert np.linalg.norm(grid.affine[:3, :3], axis=0)[::-1] == pytest.approx(np.array(grid.spacing_mm))


def test_a_mirrored_hand_is_one_of_the_other_side() -> None:
    _, truth = changed(*case(), Change.MIRRORED)
    assert [hand.side for hand in truth.hands] == [truth.deposits[0].side] == ["left"]
    assert set(np.unique(truth.labels)) == {0, 100 + BONE, DEPOSIT}
    _, back = changed(*changed(*case(), Change.MIRRORED), Change.MIRRORED)
    assert np.array_equal(back.labels, case()[1].labels)
    assert back.deposits[0].centroid_lps_mm == pytest.approx(case()[1].deposits[0].centroid_lps_mm)


def test_noise_is_added_to_both_energies_and_is_the_same_each_time() -> None:
    (pair, _), (again, _) = changed(*case(), Change.NOISIER), changed(*case(), Change.NOISIER)
    before, _ = case()
    added = [new.hu.astype(float) - old.hu for new, old in ((pair.low, before.low), (pair.high, before.high))]
    assert [noise.std() for noise in added] == pytest.approx([20.0, 20.0], rel=0.05)
    assert abs(np.corrcoef(added[0].ravel(), added[1].ravel())[0, 1]) < 0.05
    assert np.array_equal(pair.low.hu, again.low.hu)


def test_larger_voxels_keep_the_sum() -> None:
    before, truth = case()
    pair, coarse = changed(before, truth, Change.LARGER_PIXELS)
    depth, height, width = coarse.geometry.shape
    covered = before.low.hu[:depth, : int(height * 1.5), : int(width * 1.5)]
    assert pair.low.hu.mean() == pytest.approx(covered.mean(), rel=0.01)


@pytest.mark.parametrize("number", range(1, 9))
def test_the_truth_follows_a_mixture_of_changes(number: int) -> None:
    pair, truth = mixed(*case(), Mixture(number))
    assert truth.name == f"ball, mixture {number}"
    assert truth.labels.shape == pair.low.hu.shape == pair.high.hu.shape == truth.geometry.shape
    assert np.linalg.norm(truth.geometry.affine[:3, :3], axis=0)[::-1] == pytest.approx(
        np.array(pair.geometry.spacing_mm)
    )
    (ball,) = truth.deposits
    inside = truth.labels == ball.label
    centre = truth.geometry.to_lps_mm(np.argwhere(inside).astype(float)).mean(axis=0)
    assert centre == pytest.approx(np.array(ball.centroid_lps_mm), abs=0.6)
    assert inside.sum() * truth.geometry.voxel_mm3 == pytest.approx(ball.volume_mm3, rel=0.12)
    assert np.median(pair.low.hu[inside]) == pytest.approx(CALCIUM_HU, abs=20)


def test_a_mixture_is_the_same_each_time_and_another_for_another_case() -> None:
    (first, _), (again, _) = mixed(*case(), Mixture(2)), mixed(*case(), Mixture(2))
    assert np.array_equal(first.low.hu, again.low.hu)
    pair, truth = case()
    other, _ = mixed(pair, replace(truth, name="another"), Mixture(2))
    assert other.geometry.spacing_mm != first.geometry.spacing_mm
