"""Cavities cut at their necks: balls that are joined by a channel, in millimetres."""

import numpy as np
import pytest
from node.analysis.bone.necks import parted
from node.analysis.grid.components import Components, components
from node.analysis.grid.spans import spans_of

SPACING = (1.0, 0.5, 0.5)


def grown(*bodies: tuple[tuple[float, float, float], tuple[float, float, float], float]) -> Components:
    """Components of capsules: from, to (z, y, x in mm), radius."""
    z, y, x = (np.arange(n) * s for n, s in zip((30, 40, 40), SPACING, strict=True))
    places = np.stack(np.meshgrid(z, y, x, indexing="ij"), axis=-1)
    mask = np.zeros(places.shape[:3], bool)
    for start, end, radius in bodies:
        a, along = np.array(start), np.subtract(end, start)
        share = np.clip((places - a) @ along / max(float(along @ along), 1e-9), 0.0, 1.0)
        mask |= np.linalg.norm(places - a - share[..., None] * along, axis=-1) < radius
    return components(mask, spans_of(mask))


LOWER, UPPER = (7.0, 10.0, 10.0), (21.0, 10.0, 10.0)
DUMBBELL = grown((LOWER, LOWER, 5.0), (UPPER, UPPER, 5.0), (LOWER, UPPER, 1.5))


def all_of(found: Components) -> np.ndarray:
    return np.arange(found.count + 1) > 0


def test_two_balls_are_cut_at_the_channel_between_them() -> None:
    found = parted(DUMBBELL, all_of(DUMBBELL), SPACING, 1.5)
    assert found.count == 2
    np.testing.assert_array_equal(found.voxels, DUMBBELL.voxels)
    ball = 4.0 / 3.0 * np.pi * 5.0**3
    assert found.sizes[1:] * np.prod(SPACING) == pytest.approx([ball, ball], rel=0.1)
    lower, upper = (found.at(np.array([np.ravel_multi_index((int(z), 20, 20), found.shape)])) for z in (7, 21))
    assert lower != upper


def test_a_body_of_one_girth_stays_whole() -> None:
    capsule = grown((LOWER, UPPER, 4.0))
    assert parted(capsule, all_of(capsule), SPACING, 1.5).count == 1


def test_a_part_without_the_girth_is_none() -> None:
    """A lobe that holds no ball of the wanted size is not cut off."""
    assert parted(DUMBBELL, all_of(DUMBBELL), SPACING, 5.5).count == 1


def test_only_those_asked_for_are_cut() -> None:
    assert parted(DUMBBELL, np.zeros(2, bool), SPACING, 1.5).count == 1
