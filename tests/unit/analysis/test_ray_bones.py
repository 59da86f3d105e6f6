"""Named bones of a ray whose parts hold half a bone, or one bone and half of the next."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.align import align
from node.analysis.anatomy.bones import named_bones
from node.analysis.anatomy.model import NamedBone, Ray
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from node.analysis.anatomy.rays import Reading
from node.domain.anatomy import BONE_CODES
from tests.fakes.bare_hand import bare_hand
from tests.fakes.ray_chains import WIDTH_MM, chain

MC, PP, MP, DP = MEAN_LENGTH_MM[3]
ROOT = ((0.0, MC), (2.0, PP))
FUSED = ((1.0, MP + DP),)
DISTAL_JOINED = ((1.0, 0.5 * MP), (0.5, 0.5 * MP + DP))
MIDDLE_JOINED = ((1.0, MP + 0.5 * DP), (0.5, 0.5 * DP))


def ray(*stretches: tuple[float, float]) -> tuple[NamedBone, ...]:
    parts = chain(*ROOT, *stretches)
    return named_bones([parts], Reading(0.0, 1.0, (3,), (align(parts, 3, 1.0),), np.eye(3)[0]))[3]


@pytest.mark.parametrize(
    ("stretches", "labels"),
    [(FUSED, ((3,), (3,))), (DISTAL_JOINED, ((3, 4), (4,))), (MIDDLE_JOINED, ((3,), (3, 4)))],
)
def test_two_phalanges_are_parted_at_their_joint_wherever_the_parts_are(
    stretches: tuple[tuple[float, float], ...], labels: tuple[tuple[int, ...], ...]
) -> None:
    *_, middle, distal = ray(*stretches)
    assert (middle.labels, distal.labels) == labels
    assert (middle.name, distal.name) == ("MP3", "DP3")
    assert middle.length_mm == pytest.approx(MP, abs=1.5)
    assert distal.length_mm == pytest.approx(DP, abs=1.5)
    assert np.linalg.norm(middle.distal - distal.proximal) < 1.5


def test_a_label_that_holds_two_bones_has_both_codes() -> None:
    bones = ray(*DISTAL_JOINED)
    hand = replace(bare_hand(), rays=(Ray(3, True, bones),))
    joint_mm = MC + 2.0 + PP + 1.0 + MP
    along_mm = np.array([joint_mm - 6.0, joint_mm - 2.0, joint_mm + 2.0, joint_mm + 12.0])
    points = np.column_stack([np.full((4, 2), WIDTH_MM / 2), along_mm])
    assert hand.codes_at(4, points).tolist() == [BONE_CODES[name] for name in ("MP3", "MP3", "DP3", "DP3")]
    unsure = replace(hand, rays=(Ray(3, False, bones),))
    assert set(unsure.codes_at(4, points)).isdisjoint(BONE_CODES.values()), "no digit where that is not sure"
