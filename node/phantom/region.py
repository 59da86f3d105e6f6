"""Where a deposit lies, in the words of the truth format."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.domain.anatomy import CARPALS, SESAMOIDS
from node.kernels import phantom_union
from node.phantom.mineral import Placed
from node.phantom.scene import HandScene
from node.phantom.skeleton import Bone
from node.phantom.solid import BAND_MM, moved
from node.phantom.spec import Shape

WRIST_MM: Final = 22.0
"""Deposits beside the last part of radius and ulna belong to the wrist, further up to the forearm."""
ACCEPTED_SHARE: Final = 0.25
"""A region that holds this share of a deposit is a right answer too."""
MOST_POINTS: Final = 3000
SUBCUTANEOUS_MM: Final = 4.0
_SEGMENTS: Final = {
    "DP": "distal phalanx",
    "MP": "middle phalanx",
    "PP": "proximal phalanx",
    "MC": "metacarpal/palm",
    "wr": "wrist",
    "ca": "wrist",
    "fo": "forearm",
}
_ASPECTS: Final = (
    "palmar",
    "palmoradial",
    "radial",
    "dorsoradial",
    "dorsal",
    "dorsoulnar",
    "ulnar",
    "palmoulnar",
)
_SESAMOID_HOME: Final = {"MCP1": "MC1", "MCP2": "MC2", "MCP5": "MC5", "IP1": "PP1"}


@dataclass(frozen=True)
class Location:
    """Region, its shares of the volume, answers that count as right, and the same in words (see the truth format)."""

    region: str
    shares: dict[str, float]
    accept: tuple[str, ...]
    ray: int | None
    segment: str
    compartment: str
    aspect: str | None
    joint: str
    joint_distance_mm: float
    distance_mm: float


def locate_deposit(hand: HandScene, placed: Placed, points: NDArray[np.float64]) -> Location:
    """Describe a deposit by the bones nearest to its cells. ``points`` (n, 3) in the hand's axes, mm."""
    names = list(hand.bones)
    few = points[:: max(1, len(points) // MOST_POINTS)]
    outer = np.stack([_outer(hand.bones[name], few) for name in names])
    regions = np.array([_regions(hand, hand.bones[name], few) for name in names])
    nearest = outer.argmin(axis=0)
    owners = regions[nearest, np.arange(len(few))]
    shares = _shares(hand, owners, few)
    region = max(shares, key=lambda r: shares[r])
    bone = hand.bones[names[int(np.bincount(nearest).argmax())]]
    centre = points.mean(axis=0)
    joint, joint_distance = _joint(hand, centre)
    aspect = None if placed.spec.shape is Shape.SHEATH else _aspect(bone, centre)
    return Location(
        region=region,
        shares=shares,
        accept=_accepted(region, shares, bone, centre),
        ray=int(region[2]) if region[2:].isdigit() else None,
        segment=_SEGMENTS[region[:2]],
        compartment=_compartment(hand, placed, region, aspect, centre),
        aspect=aspect,
        joint=joint,
        joint_distance_mm=round(joint_distance, 1),
        distance_mm=_to_bone(hand, points, outer),
    )


def _outer(bone: Bone, points: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.empty(len(points))
    phantom_union.distances_at(np.ascontiguousarray(moved(bone.rows, bone.frame)), np.ascontiguousarray(points), out)
    return out


def _to_bone(hand: HandScene, points: NDArray[np.float64], outer: NDArray[np.float64]) -> float:
    """Least distance from a cell to a bone's surface: from its field, or from its primitives where that is far."""
    best = float("inf")
    least = float(outer.min())
    for bone, approximate in zip(hand.bones.values(), outer, strict=True):
        if approximate.min() > least + 3.0:
            continue
        exact = bone.field.at(points)
        best = min(best, float(exact.min()) if exact.min() < BAND_MM else float(approximate.min()))
    return best


def _regions(hand: HandScene, bone: Bone, points: NDArray[np.float64]) -> NDArray[np.str_]:
    name = _SESAMOID_HOME.get(bone.name.removeprefix("sesamoid_").partition("_")[0], bone.name)
    if name in CARPALS or name in SESAMOIDS:
        name = "wrist"
    if name in ("radius", "ulna"):
        wrist = hand.bones["radius"].point(1.0)[2] - WRIST_MM * hand.spec.size
        return np.where(points[:, 2] > wrist, "wrist", "forearm")
    return np.full(len(points), name, dtype="U16")


def _shares(hand: HandScene, owners: NDArray[np.str_], points: NDArray[np.float64]) -> dict[str, float]:
    names, counts = np.unique(owners, return_counts=True)
    shares = {str(n): round(float(c) / len(owners), 3) for n, c in zip(names, counts, strict=True)}
    if max(shares, key=lambda r: shares[r]) == "wrist" and _in_tunnel(hand, points.mean(axis=0)):
        shares["carpal_tunnel"] = shares.pop("wrist")
    return shares


def _in_tunnel(hand: HandScene, centre: NDArray[np.float64]) -> bool:
    """Palmar of the carpal arch, between hook of hamate and trapezium, at the level of the distal row."""
    x, y, z = centre / hand.spec.size
    return bool(-9.0 < x < 13.0 and -17.0 < y < -5.0 and -11.0 < z < 15.0)


def _accepted(region: str, shares: dict[str, float], bone: Bone, centre: NDArray[np.float64]) -> tuple[str, ...]:
    found = [region] + [r for r, share in shares.items() if share >= ACCEPTED_SHARE and r != region]
    along = float((np.linalg.inv(bone.frame) @ np.append(centre, 1.0))[2]) / bone.length
    if "carpal_tunnel" in found or (region.startswith("MC") and along < 0.12):
        found.append("wrist")
    if bone.name in ("radius", "ulna") and region == "wrist":
        found.append("forearm")
    return tuple(dict.fromkeys(found))


def _aspect(bone: Bone, centre: NDArray[np.float64]) -> str:
    x, y, _, _ = np.linalg.inv(bone.frame) @ np.append(centre, 1.0)
    return _ASPECTS[round(float(np.rad2deg(np.arctan2(x, -y))) / 45.0) % 8]


def _joint(hand: HandScene, centre: NDArray[np.float64]) -> tuple[str, float]:
    found = {}
    for name, bone in hand.bones.items():
        kind = {"PP": "MCP", "MP": "PIP", "DP": "IP" if name == "DP1" else "DIP"}.get(name[:2])
        if kind:
            found[f"{kind}{name[2]}"] = float(np.linalg.norm(bone.point(0.0) - centre))
    if not found:
        return "", 0.0
    nearest = min(found, key=lambda j: found[j])
    return nearest, found[nearest]


def _compartment(hand: HandScene, placed: Placed, region: str, aspect: str | None, centre: NDArray[np.float64]) -> str:
    if placed.spec.shape is Shape.SHEATH:
        return "tendon sheath"
    if region == "carpal_tunnel":
        return "carpal tunnel"
    side = aspect or ""
    if region.startswith("DP") and side.startswith("palm"):
        lost = dict(hand.spec.resorbed).get(int(region[2]), 0.0)
        return "fingertip pulp, resorbed tuft" if lost else "fingertip pulp"
    depth = -float(hand.soft.skin.at(centre[None])[0])
    return f"{side} {'subcutaneous' if depth < SUBCUTANEOUS_MM + hand.soft.skin.step_mm else 'deep'}".strip()
