"""Where a deposit lies, in words: side of a finger, of the forearm, depth; nothing that is not known."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.compartment import describe_proximal
from node.domain.findings import Level, Region
from tests.fakes.sticks import anatomy, beside, places


@pytest.mark.parametrize(
    ("bone", "along", "offset_mm", "said"),
    [
        ("PP3", 0.5, (0.0, -5.0, 0.0), "palmar"),
        ("PP3", 0.5, (0.0, 5.0, 0.0), "dorsal"),
        ("PP3", 0.5, (6.0, 0.0, 0.0), "radial"),
        ("PP3", 0.5, (-6.0, 0.0, 0.0), "ulnar"),
        ("DP3", 0.7, (0.0, -4.0, 0.0), "fingertip pad, palmar"),
        ("PP3", 0.95, (0.0, 5.0, 0.0), "periarticular PIP, dorsal"),
    ],
)
def test_side_and_joint_of_a_finger(bone: str, along: float, offset_mm: tuple[float, float, float], said: str) -> None:
    found = places().place(beside(bone, offset_mm, along))
    assert (found.compartment or "").startswith(said)
    assert found.digit == 3


FOREARM_Z = -48.0
"""A place where both bones of the forearm are seen: the radius at x = 9, the ulna at x = -15, both at y = 0."""


@pytest.mark.parametrize(("y", "said"), [(-9.0, "volar"), (9.0, "dorsal"), (0.5, "")])
@pytest.mark.parametrize("x", [9.0, -3.0, -15.0])
def test_forearm_volar_or_dorsal_and_nothing_between_the_bones(x: float, y: float, said: str) -> None:
    points = np.array([[x, y, FOREARM_Z]]) + np.eye(3)
    words = describe_proximal(anatomy(), Region.FOREARM, Level.RADIUS_ULNA, points, np.full(3, 6.0))
    assert words == ", ".join(filter(None, (said, "deep")))


def test_without_a_palm_no_side_is_told() -> None:
    blind = replace(anatomy(), palmar=None)
    points = np.array([[0.0, -9.0, FOREARM_Z]])
    assert describe_proximal(blind, Region.FOREARM, Level.RADIUS_ULNA, points, np.array([2.0])) == "subcutaneous"
    assert describe_proximal(blind, Region.WRIST, Level.CARPAL, points, np.array([6.0])) == "deep"


@pytest.mark.parametrize(
    ("depth_mm", "said"),
    [
        ((1.0, 2.0, 3.0), "subcutaneous"),
        ((6.0, 8.0, 9.0), "deep"),
        ((1.0, 2.0, 8.0, 9.0, 9.0), "subcutaneous and deep"),
    ],
)
def test_what_bulges_the_skin_is_not_deep_alone(depth_mm: tuple[float, ...], said: str) -> None:
    points = np.array([[0.0, 0.0, FOREARM_Z]] * len(depth_mm))
    assert describe_proximal(anatomy(), Region.FOREARM, Level.RADIUS_ULNA, points, np.array(depth_mm)) == said
