"""Keeping random deposits apart: where they will lie, from the bones' primitives alone."""

import numpy as np
from numpy.typing import NDArray

from node.kernels import phantom_union
from node.phantom.mineral import half_extents, outward
from node.phantom.skeleton import blanks
from node.phantom.solid import moved
from node.phantom.spec import Deposit, Hand

GAP_MM = 2.0
"""Least room between the ellipsoids of two deposits, so that each can be judged by itself."""
_RAY_MM = np.arange(0.0, 30.0, 0.25)


def spread_out(hand: Hand, deposits: list[Deposit]) -> list[Deposit]:
    """The deposits of a hand in their order, without those that would run into an earlier one."""
    frames = {blank.name: (blank, frame) for blank, frame in blanks(hand)}
    kept: list[tuple[Deposit, NDArray[np.float64]]] = []
    for deposit in deposits:
        blank, frame = frames[deposit.site.bone]
        rows = np.ascontiguousarray(moved(blank.rows, frame))
        centre = _centre(deposit, rows, frame, blank.length)
        if all(_room(deposit, other, centre - there) for other, there in kept):
            kept.append((deposit, centre))
    return [deposit for deposit, _ in kept]


def _centre(
    deposit: Deposit, rows: NDArray[np.float64], frame: NDArray[np.float64], length: float
) -> NDArray[np.float64]:
    """About where the deposit's middle will lie in the hand's axes, mm."""
    place = deposit.site
    way = frame[:3, :3] @ outward(place)
    start = frame[:3, 3] + frame[:3, 2] * place.along * length
    distances = np.empty(len(_RAY_MM))
    phantom_union.distances_at(rows, np.ascontiguousarray(start + _RAY_MM[:, None] * way), distances)
    inside = _RAY_MM[distances < 0]
    surface = float(inside[-1]) if len(inside) else 0.0
    return np.asarray(start + (surface + place.gap_mm + float(half_extents(deposit)[1])) * way)


def _room(one: Deposit, other: Deposit, between: NDArray[np.float64]) -> bool:
    reach = sum(float(half_extents(deposit).max()) for deposit in (one, other))
    return float(np.linalg.norm(between)) > reach + GAP_MM
