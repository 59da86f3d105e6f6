"""What is paler than mineral's threshold, urate and dilute calcium, on limbs of analytic shapes."""

import numpy as np
import pytest
from node.analysis.bone.skeleton import find_skeleton
from node.analysis.grid.components import Components
from node.analysis.grid.filters import smooth
from node.analysis.limb.noise import measure_anchors
from node.analysis.mineral.candidates import find_candidates
from node.analysis.mineral.dilute import find_dilute
from node.analysis.mineral.pale import Pale, PaleImages
from node.analysis.mineral.physics import hu_per_mg_cc
from node.analysis.mineral.urate import find_urate
from tests.fakes.limbs import HIGH_TUBE, LOW_TUBE, Shape, ball, cube, muscle_limb, shell, slab

NOISE = (22.0, 18.0)
SPACING_MM = (0.8, 0.6, 0.6)
VOXEL_MM3 = float(np.prod(SPACING_MM))
K = (hu_per_mg_cc(LOW_TUBE)[0], hu_per_mg_cc(HIGH_TUBE)[0])
MIDDLE = (18.0, 18.0, 18.0)
TOPHUS = (240.0, 232.0)
Content = tuple[Shape, tuple[float, float]]


def calcium(mg_cc: float) -> tuple[float, float]:
    return mg_cc * K[0], mg_cc * K[1]


def pale_limb(
    *contents: Content,
    spacing_mm: tuple[float, float, float] = SPACING_MM,
    noise_hu: tuple[float, float] = NOISE,
) -> tuple[Pale, int]:
    """The limb, and how many bodies in it are bright enough for mineral."""
    limb = muscle_limb(contents, size_mm=36.0, spacing_mm=spacing_mm, noise_hu=noise_hu)
    anchors = measure_anchors(limb)
    image = anchors.detection_image(limb)
    smoothed = smooth(image, limb.spacing_mm, limb.spans)
    skeleton = find_skeleton(limb, image, smoothed, anchors)
    mineral = find_candidates(limb, image, smoothed, anchors, skeleton)
    taken = np.zeros(limb.body.shape, bool)
    return Pale(limb, PaleImages(limb, anchors), skeleton, taken, anchors.noise_low_hu), len(mineral)


def urate(*contents: Content) -> Components:
    return find_urate(pale_limb(*contents)[0], tin=True)


def dilute(*contents: Content, spacing_mm: tuple[float, float, float] = SPACING_MM) -> Components:
    return find_dilute(pale_limb(*contents, spacing_mm=spacing_mm)[0], K[0] / K[1])


def test_a_tophus_deep_in_muscle_is_found_with_its_volume() -> None:
    found = urate((ball(4.5, MIDDLE), TOPHUS))
    assert (found.count, found.sizes.tolist()) == (1, [0, len(found.voxels)])
    assert len(found.voxels) * VOXEL_MM3 == pytest.approx(4.0 / 3.0 * np.pi * 4.5**3, rel=0.20)


@pytest.mark.parametrize("first_mm", [3.0, 3.8, 15.0])
def test_a_thin_sheet_that_plots_with_urate_is_none(first_mm: float) -> None:
    """Skin, nail and tendon have the slope of urate; a sheet 1.5 mm thick is none, at the skin and in the depth."""
    assert not urate((slab(1, first_mm, first_mm + 1.5, cube(3.0, 33.0)), (150.0, 146.0))).count


def test_calcium_is_never_found_as_urate() -> None:
    assert not urate((ball(4.5, MIDDLE), calcium(100.0))).count


@pytest.mark.parametrize(("radius_mm", "mg_cc"), [(3.0, 55.0), (4.5, 45.0), (6.0, 60.0)])
def test_milk_of_calcium_too_thin_for_mineral_is_found_with_its_volume(radius_mm: float, mg_cc: float) -> None:
    pale, mineral = pale_limb((ball(radius_mm, MIDDLE), calcium(mg_cc)))
    found = find_dilute(pale, K[0] / K[1])
    assert (mineral, found.count) == (0, 1)
    assert len(found.voxels) * VOXEL_MM3 == pytest.approx(4.0 / 3.0 * np.pi * radius_mm**3, rel=0.15)


def test_urate_is_never_found_as_dilute_calcium() -> None:
    assert not dilute((ball(4.5, MIDDLE), (120.0, 116.0))).count


def test_what_is_bright_enough_for_mineral_is_not_looked_for_again() -> None:
    pale, mineral = pale_limb((ball(4.5, MIDDLE), calcium(200.0)))
    assert (mineral, find_dilute(pale, K[0] / K[1]).count) == (1, 0)


@pytest.mark.parametrize("noise_hu", [NOISE, (90.0, 70.0)])
def test_muscle_alone_holds_neither_whatever_the_noise(noise_hu: tuple[float, float]) -> None:
    pale, _ = pale_limb(noise_hu=noise_hu)
    assert (find_urate(pale, tin=True).count, find_dilute(pale, K[0] / K[1]).count) == (0, 0)


@pytest.mark.parametrize("spacing_mm", [SPACING_MM, (1.5, 0.9, 0.9)])
@pytest.mark.parametrize("gap_mm", [1.5, 2.5, 3.5])
def test_the_blur_between_two_bones_is_no_dilute_calcium(gap_mm: float, spacing_mm: tuple[float, float, float]) -> None:
    bones = [(18.0, 18.0, 18.0 + side * (5.0 + gap_mm / 2)) for side in (-1, 1)]
    cortex = [(shell(4.0, 5.0, bone), calcium(1100.0)) for bone in bones]
    assert not dilute(*cortex, spacing_mm=spacing_mm).count
