"""Limits of the wrist: where the forearm begins, and the carpal tunnel."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.model import HandAnatomy
from node.analysis.anatomy.parts import Points

WRIST_JOINT_MM: Final = -30.0
"""Radiocarpal joint, behind the bases of the finger metacarpals, in a mean hand: the length of the carpus [K]."""
FOREARM_BEGINS_MM: Final = 28.0
"""The distal 28 mm of radius and ulna (metaphysis, distal radioulnar joint, styloids) count as wrist [K]."""
TUNNEL_DISTAL_MM: Final = (-26.0, 4.0)
TUNNEL_RADIAL_MM: Final = (-11.0, 14.0)
TUNNEL_PALMAR_MM: Final = (5.0, 20.0)
"""Between the planes pisiform - scaphoid tubercle and hook of hamate - trapezium, palmar of the carpal arch, in mm
of a mean hand from the middle of the metacarpal bases [K]."""
TUNNEL_DEPTH_MM: Final = 4.0
"""Below the transverse ligament, so never nearer to the skin than this."""
CARPUS_DISTAL_MM: Final = (-38.0, 6.0)
CARPUS_RADIAL_MM: Final = 34.0
"""Where carpal bones and accessory ossicles lie, along the hand's own axes from the bases of the metacarpals [K]."""


def in_carpus(anatomy: HandAnatomy, point: Points) -> bool:
    """True for a point (3,) in mm among the carpal bones; never where no hand is known."""
    if anatomy.frame is None:
        return False
    distal, _, radial = anatomy.frame.place(point)
    return bool(CARPUS_DISTAL_MM[0] < distal < CARPUS_DISTAL_MM[1] and abs(radial) < CARPUS_RADIAL_MM)


def in_forearm(anatomy: HandAnatomy, mm: Points) -> NDArray[np.bool_]:
    """Which of the points (n, 3) in mm lie in the forearm, behind the wrist; all where no hand is known."""
    if anatomy.frame is None or anatomy.forearm_axis is None:
        return np.ones(len(mm), bool)
    joint = anatomy.frame.origin + WRIST_JOINT_MM * anatomy.scale * anatomy.frame.distal
    along = (mm - joint) @ anatomy.forearm_axis / anatomy.scale
    return np.asarray(along < -FOREARM_BEGINS_MM)


def in_carpal_tunnel(anatomy: HandAnatomy, mm: Points, depth_mm: float) -> bool:
    """True where most of the points lie in the carpal tunnel; never where the palm's side is not known."""
    if anatomy.frame is None or anatomy.palmar is None or anatomy.radial is None or depth_mm < TUNNEL_DEPTH_MM:
        return False
    distal, palmar, radial = anatomy.frame.place(mm).T
    held = np.ones(len(mm), bool)
    for value, (low, high) in (
        (distal, TUNNEL_DISTAL_MM),
        (palmar, TUNNEL_PALMAR_MM),
        (radial, TUNNEL_RADIAL_MM),
    ):
        held &= (value > low) & (value < high)
    return bool(held.mean() > 0.6)
