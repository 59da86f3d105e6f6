"""A splint outside the hand: what the analysis must tell from a patient."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.domain.errors import Refused
from node.domain.volume import Geometry
from node.phantom.scene import HandScene
from node.phantom.spec import Splint

_HU: Final = {"plastic": (70.0, 80.0), "plaster": (620.0, 430.0)}
"""Thermoplastic is nearly grey; plaster of Paris is calcium sulphate, with pores [K]."""
_AIR_HU: Final = -990.0


def add_splints(hu: NDArray[np.float32], hands: Sequence[HandScene], geometry: Geometry) -> None:
    """Paint the splint of each hand that has one into the air of ``hu`` (2, z, y, x), in place.

    Raises Refused for a material that is not known.
    """
    for hand in hands:
        if hand.spec.splint is not None:
            _paint(hu, hand, hand.spec.splint, geometry)


def _paint(hu: NDArray[np.float32], hand: HandScene, splint: Splint, geometry: Geometry) -> None:
    if splint.material not in _HU:
        raise Refused(f"There is no splint of {splint.material}.", hint=f"Known: {', '.join(_HU)}.")
    low, high = _plate(hand, splint)
    to_hand = np.linalg.inv(hand.to_lps) @ geometry.affine
    _, rows, columns = hu.shape[1:]
    plane = to_hand[:3, 1, None, None] * np.arange(rows)[:, None] + to_hand[:3, 0, None, None] * np.arange(columns)
    step = float(np.mean(geometry.spacing_mm))
    for k in range(hu.shape[1]):
        point = plane + (to_hand[:3, 2] * k + to_hand[:3, 3])[:, None, None]
        depth = np.minimum(point - low[:, None, None], high[:, None, None] - point).min(axis=0)
        share = np.clip(depth / step + 0.5, 0.0, 1.0)
        for e in (0, 1):
            outside = hu[e, k] <= _AIR_HU
            mixed = -1000.0 + share * (_HU[splint.material][e] + 1000.0)
            hu[e, k] = np.where(outside & (share > 0), mixed, hu[e, k])


def _plate(hand: HandScene, splint: Splint) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high corner of the plate in the hand's axes: from the forearm to the heads of the metacarpals."""
    skin = hand.soft.skin
    body = skin.points(np.flatnonzero(skin.values.ravel() < 0))
    end = float(max(bone.point(1.0)[2] for name, bone in hand.bones.items() if name.startswith("MC")))
    palm = body[body[:, 2] < end]
    top = float(palm[:, 1].min()) - splint.gap_mm
    middle, half = float(np.median(palm[:, 0])), 0.42 * float(np.ptp(palm[:, 0]))
    low = np.array([middle - half, top - splint.thickness_mm, float(palm[:, 2].min()) - 5.0])
    return low, np.array([middle + half, top, end])
