"""Free dense bodies between carpal bones: in doubt there, deposits elsewhere."""

import numpy as np
import pytest
from node.analysis.anatomy.model import Frame, HandAnatomy
from node.analysis.candidates import Candidate
from node.analysis.small_bones import ossicles
from node.domain.findings import Laterality
from node.domain.volume import Geometry

GEOMETRY = Geometry((200, 100, 100), (0.5, 0.5, 0.5), np.diag([0.5, 0.5, 0.5, 1.0]))
X, Y, Z = np.eye(3)
CORTEX_HU, SOFT_HU = 1800.0, 50.0
FRAME = Frame(origin=np.array([25.0, 25.0, 50.0]), distal=Z, palmar=Y, radial=X, scale=1.0)


def anatomy(frame: Frame | None = FRAME) -> HandAnatomy:
    return HandAnatomy(
        laterality=Laterality.UNCERTAIN,
        laterality_margin=0.0,
        bones={},
        rays=(),
        distal=Z,
        palmar=Y,
        radial=X,
        scale=1.0,
        frame=frame,
        forearm_axis=None,
        forearm=(),
        limits=(),
    )


def ball(
    distal_mm: float,
    *,
    hu: float = 1400.0,
    edge: int = 6,
    long: int = 6,
    beyond_mm: float = 2.8,
    contact_mm2: float = 0.0,
) -> Candidate:
    """A block of voxels about the frame's axis, ``distal_mm`` from its origin."""
    first = np.array([(50.0 + distal_mm) / 0.5, 48, 48]).astype(int)
    voxels = np.argwhere(np.ones((long, edge, edge), bool)) + first
    return Candidate(voxels, len(voxels) * GEOMETRY.voxel_mm3, hu, hu, 1.5, beyond_mm, contact_mm2, 0)


def doubtful(candidate: Candidate, where: HandAnatomy | None = None) -> bool:
    return ossicles([candidate], where or anatomy(), GEOMETRY, CORTEX_HU, SOFT_HU) == {0}


def test_a_dense_body_between_carpal_bones_is_for_a_reader() -> None:
    assert doubtful(ball(-20.0))


@pytest.mark.parametrize(
    "other",
    [
        ball(40.0),  # at the fingers
        ball(-20.0, hu=600.0),  # as pale as most deposits
        ball(-20.0, edge=14, long=14),  # larger than any ossicle
        ball(-20.0, long=24),  # a cord
        ball(-20.0, beyond_mm=np.inf),  # far from bone
        ball(-20.0, contact_mm2=6.0),  # on bone
    ],
)
def test_other_bodies_are_not(other: Candidate) -> None:
    assert not doubtful(other)


def test_without_a_hand_nothing_is_told() -> None:
    assert not doubtful(ball(-20.0), anatomy(None))
