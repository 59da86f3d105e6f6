"""Steps of the analysis on limbs of analytic shapes: yardsticks, registration, one deposit in muscle."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.bone.skeleton import find_skeleton
from node.analysis.deposit.measure import Measurer, Measures
from node.analysis.deposit.outline import outline_deposits
from node.analysis.grid.filters import smooth
from node.analysis.limb.limbs import Limb
from node.analysis.limb.noise import measure_anchors
from node.analysis.limb.registration import find_shift, register
from node.analysis.mineral.candidates import Candidate, find_candidates
from node.analysis.mineral.physics import hu_per_mg_cc, scale_of
from node.domain.errors import Refused
from tests.fakes.limbs import HIGH_TUBE, LOW_TUBE, MUSCLE, ball, muscle_limb, shell, without

NOISE = (22.0, 18.0)
K = (hu_per_mg_cc(LOW_TUBE)[0], hu_per_mg_cc(HIGH_TUBE)[0])
MIDDLE = (15.1, 14.9, 15.2)


def test_yardsticks_are_those_of_the_muscle_whatever_else_is_there() -> None:
    contents = ((ball(5.0, MIDDLE), (-160.0, -110.0)), (ball(2.0, (8.0, 8.0, 8.0)), (900.0, 400.0)))
    anchors = measure_anchors(muscle_limb(contents, noise_hu=NOISE))
    assert (anchors.soft_low_hu, anchors.soft_high_hu) == pytest.approx(MUSCLE, abs=1.5)
    assert (anchors.noise_low_hu, anchors.noise_high_hu) == pytest.approx(NOISE, rel=0.06)
    assert anchors.noise_hu < min(NOISE)
    assert 0.0 < anchors.weight_low < 1.0


def test_noise_is_never_nought() -> None:
    anchors = measure_anchors(muscle_limb())
    assert (anchors.noise_low_hu, anchors.noise_high_hu, anchors.noise_hu) == (1.0, 1.0, 1.0)


def moved(motion_mm: tuple[float, float, float]) -> Limb:
    """A limb with a shell of bone that moved (z, y, x) before the high energy was taken."""
    return muscle_limb(((shell(5.0, 7.0, MIDDLE), (2400.0, 1100.0)),), noise_hu=NOISE, motion_mm=motion_mm)


@pytest.mark.parametrize("shift_mm", [(0.0, 0.0, 0.0), (0.25, -0.15, 0.1), (-0.6, 0.4, 0.7)])
def test_a_shift_between_the_energies_is_found_and_mended(shift_mm: tuple[float, float, float]) -> None:
    limb = moved(shift_mm)
    assert find_shift(limb) == pytest.approx(shift_mm, abs=0.05)
    mended, distance = register(limb)
    assert distance == pytest.approx(np.linalg.norm(shift_mm), abs=0.05)
    assert find_shift(mended) == pytest.approx((0.0, 0.0, 0.0), abs=0.05)


def test_a_shift_beyond_two_millimetres_is_refused() -> None:
    with pytest.raises(Refused, match="displaced"):
        register(moved((1.6, 1.6, -0.4)))


def deposits(limb: Limb, weights: tuple[float, float] = K, bones: int = 0) -> list[tuple[Candidate, Measures]]:
    """All that is found beside the skeleton, outlined and measured."""
    anchors = measure_anchors(limb)
    image = anchors.detection_image(limb)
    smoothed = smooth(image, limb.spacing_mm, limb.spans)
    skeleton = find_skeleton(limb, image, smoothed, anchors)
    assert skeleton.labels.max() == bones, "a solid deposit has no marrow, a shell has"
    candidates = find_candidates(limb, image, smoothed, anchors, skeleton)
    labels = outline_deposits(candidates, limb, image, skeleton, anchors.soft_hu)
    scale = scale_of(LOW_TUBE, HIGH_TUBE, weights[0] / weights[1])
    measurer = Measurer(limb, image, anchors, skeleton, labels, len(candidates), scale)
    measured = [measurer.measure(n) for n in range(1, len(candidates) + 1)]
    return [(c, m) for c, m in zip(candidates, measured, strict=True) if m is not None]


@pytest.mark.parametrize(("radius_mm", "mg_cc"), [(1.5, 600.0), (2.5, 300.0), (4.0, 800.0)])
def test_a_ball_of_calcium_in_muscle_has_its_volume_mass_and_place(radius_mm: float, mg_cc: float) -> None:
    limb = muscle_limb(((ball(radius_mm, MIDDLE), (mg_cc * K[0], mg_cc * K[1])),), noise_hu=NOISE)
    ((_, found),) = deposits(limb)
    volume = 4.0 / 3.0 * np.pi * radius_mm**3
    assert found.volume_mm3 == pytest.approx(volume, rel=0.08 if radius_mm >= 2.5 else 0.15)
    assert found.mass_mg == pytest.approx(volume * mg_cc / 1000.0, rel=0.10)
    assert found.slope == pytest.approx(K[0] / K[1], rel=0.05)
    assert found.centroid_lps_mm == pytest.approx(MIDDLE[::-1], abs=0.15)
    assert found.long_axis_mm == pytest.approx(2.0 * radius_mm, abs=1.0)
    assert found.short_axis_mm == pytest.approx(2.0 * radius_mm, abs=1.0)
    assert found.distance_to_skin_mm == pytest.approx(12.0 - radius_mm, abs=0.8)
    assert found.key_slice == round(MIDDLE[0] / 0.6)
    assert (found.touches_bone, found.distance_to_bone_mm, found.shape) == (False, None, "stone")


@pytest.mark.parametrize(("gap_mm", "touches"), [(0.0, True), (0.8, False), (1.2, False), (2.0, False)])
@pytest.mark.parametrize("mg_cc", [300.0, 800.0])
def test_a_gap_that_blur_fills_is_no_contact(gap_mm: float, mg_cc: float, *, touches: bool) -> None:
    at, bone_mm = (9.0, 9.0, 9.0), 5.0
    bone, spared = shell(bone_mm - 1.5, bone_mm, at), ball(bone_mm + gap_mm, at)
    stone = ball(4.5, (9.0, 9.0, 9.0 + bone_mm + 2.0))
    moulded = without(stone, spared)
    contents = ((bone, (2400.0, 1100.0)), (moulded, (mg_cc * K[0], mg_cc * K[1])))
    limb = muscle_limb(contents, noise_hu=NOISE, spacing_mm=(0.6, 0.4, 0.4))
    found = max((m for _, m in deposits(limb, bones=1)), key=lambda m: m.volume_mm3)
    assert found.touches_bone is touches
    assert found.distance_to_bone_mm is not None
    assert (found.distance_to_bone_mm < 0.5) is touches
    assert found.distance_to_bone_mm == pytest.approx(max(gap_mm, 0.0), abs=0.5)


def test_the_blur_of_a_piece_of_bone_is_not_measured_with_the_stone_beside_it() -> None:
    radius_mm, mg_cc, tip_mm = 1.0, 400.0, 3.0
    tip, stone = ball(tip_mm, (15.0, 15.0, 11.0)), ball(radius_mm, (15.0, 15.0, 11.0 + tip_mm + 1.0 + radius_mm))
    contents = ((tip, (2400.0, 1100.0)), (stone, (mg_cc * K[0], mg_cc * K[1])))
    limb = muscle_limb(contents, noise_hu=NOISE, spacing_mm=(0.6, 0.4, 0.4))
    anchors = measure_anchors(limb)
    image = anchors.detection_image(limb)
    smoothed = smooth(image, limb.spacing_mm, limb.spans)
    skeleton = find_skeleton(limb, image, smoothed, anchors)
    small, large = sorted(find_candidates(limb, image, smoothed, anchors, skeleton), key=lambda c: c.volume_mm3)
    labels = np.zeros(image.shape, np.int32)
    labels[large.index] = 1
    skeleton = replace(skeleton, labels=labels)
    outlined = outline_deposits([small], limb, image, skeleton, anchors.soft_hu)
    scale = scale_of(LOW_TUBE, HIGH_TUBE, K[0] / K[1])
    found = Measurer(limb, image, anchors, skeleton, outlined, 1, scale).measure(1)
    assert found is not None
    volume = 4.0 / 3.0 * np.pi * radius_mm**3
    assert found.volume_mm3 == pytest.approx(volume, rel=0.4)
    assert found.mass_mg == pytest.approx(volume * mg_cc / 1000.0, rel=0.2)
    assert (outlined.max(), labels.max()) == (1, 1), "the labels are given back as they were"


@pytest.mark.parametrize(("radius_mm", "mg_cc"), [(1.5, 600.0), (2.5, 300.0), (4.0, 800.0)])
def test_mass_does_not_hang_on_the_voxel_size(radius_mm: float, mg_cc: float) -> None:
    contents = ((ball(radius_mm, MIDDLE), (mg_cc * K[0], mg_cc * K[1])),)
    ((_, found),) = deposits(muscle_limb(contents, noise_hu=NOISE, spacing_mm=(1.2, 0.9, 0.9)))
    assert found.mass_mg == pytest.approx(4.0 / 3.0 * np.pi * radius_mm**3 * mg_cc / 1000.0, rel=0.08)


def test_muscle_alone_holds_no_deposit() -> None:
    assert deposits(muscle_limb(noise_hu=NOISE)) == []


def test_two_balls_are_two_deposits() -> None:
    calcium = (500.0 * K[0], 500.0 * K[1])
    limb = muscle_limb(((ball(2.0, (10.0, 10.0, 10.0)), calcium), (ball(3.0, (19.0, 19.0, 19.0)), calcium)))
    small, large = sorted(m.volume_mm3 for _, m in deposits(limb))
    assert (small, large) == pytest.approx((4.0 / 3.0 * np.pi * 8.0, 4.0 / 3.0 * np.pi * 27.0), rel=0.15)
