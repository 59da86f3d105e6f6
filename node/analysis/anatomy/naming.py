"""Names every bone of a limb and tells its side: the steps in order."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.bones import named_bones
from node.analysis.anatomy.chains import Chain, attach_terminals, link_chains
from node.analysis.anatomy.model import Frame, HandAnatomy, NamedBone, Ray, Vector
from node.analysis.anatomy.others import carpal_names, forearm_axis, forearm_names, lone_forearm, sesamoid_names
from node.analysis.anatomy.palmar import palmar_votes, tally
from node.analysis.anatomy.parts import Part, measure_parts
from node.analysis.anatomy.rays import Reading, orient, read_rays, unit
from node.analysis.anatomy.soft_tissue import SoftTissue, thin
from node.domain.findings import Laterality

LEAST_LEAD = 3.0
"""Lead in cost (log likelihood) of a reading over the best contrary one before it is believed: odds of 20 to 1."""
LEAST_MARGIN = 0.3
LEAST_VOTES = 3


def name_hand(
    bone_labels: NDArray[np.int32], body: NDArray[np.uint8] | NDArray[np.bool_], affine: NDArray[np.float64]
) -> HandAnatomy:
    """Names, side and directions of one limb.

    ``bone_labels`` int32 (z, y, x), 0 none, n a bone component (roughly one bone each); ``body`` (z, y, x) mask of
    the limb; ``affine`` (x, y, z, 1) → LPS mm of this crop.
    """
    parts = measure_parts(bone_labels, affine)
    chains = attach_terminals(orient(link_chains(parts)), parts)
    readings = read_rays(chains)
    if not readings:
        return _unread(parts)
    return _read(parts, chains, readings, thin(body, affine))


def _unread(parts: Sequence[Part]) -> HandAnatomy:
    return HandAnatomy(
        laterality=Laterality.UNCERTAIN,
        laterality_margin=0.0,
        bones={p.label: "unnamed" for p in parts} | lone_forearm(parts),
        rays=(),
        distal=None,
        palmar=None,
        radial=None,
        digits_sure=False,
        scale=1.0,
        frame=None,
        forearm_axis=None,
        limits=("no finger or metacarpal was recognised: digits and side are not given",),
    )


def _lead(readings: Sequence[Reading]) -> float:
    """How much dearer the best reading with another digit for any chain is."""
    first = readings[0]
    other = next((r for r in readings if r.digits != first.digits), None)
    return other.cost - first.cost if other else np.inf


def _direction_lead(readings: Sequence[Reading]) -> float:
    """How much dearer the best reading with the thumb's side on the other hand is."""
    first = readings[0]
    other = next((r for r in readings if r.radial @ first.radial < 0), None)
    return other.cost - first.cost if other else np.inf


def _directions(bones: Mapping[int, Sequence[NamedBone]], radial: Vector) -> tuple[Vector, Vector]:
    """Distal and radial unit vectors, square to each other, from the first bones of the fingers."""
    first = [ray[0] for digit, ray in bones.items() if digit > 1] or [ray[0] for ray in bones.values()]
    distal = unit(np.sum([b.axis for b in first], axis=0))
    return distal, unit(radial - (radial @ distal) * distal)


def _read(
    parts: Sequence[Part], chains: Sequence[Chain], readings: Sequence[Reading], tissue: SoftTissue
) -> HandAnatomy:
    reading = readings[0]
    bones = named_bones(chains, reading)
    taken = {label for ray in bones.values() for bone in ray for label in bone.labels}
    rest = [p for p in parts if p.label not in taken]
    distal, radial = _directions(bones, reading.radial)
    small = [p for p in rest if p.volume_mm3 < 150.0]
    votes = palmar_votes(bones, distal, radial, tissue, small)
    balance = tally(votes)
    sure_side = abs(balance) >= LEAST_MARGIN and len(votes) >= LEAST_VOTES
    sure_digits = _lead(readings) >= LEAST_LEAD
    sure_radial = _direction_lead(readings) >= LEAST_LEAD
    limits = []
    if not sure_digits:
        limits.append("the digits could be counted in two ways: digit numbers are not given")
    if not (sure_side and sure_radial):
        limits.append("the side of the hand could not be told from its geometry")
    side = Laterality.RIGHT if balance > 0 else Laterality.LEFT
    normal = np.cross(radial, distal)
    palmar = normal if balance > 0 else -normal
    frame = Frame(_origin(bones, distal, reading.scale), distal, palmar, radial, reading.scale)
    names = {p.label: "unnamed" for p in parts} | _other_names(rest, bones, frame)
    names |= _ray_names(bones)
    return HandAnatomy(
        laterality=side if sure_side and sure_radial else Laterality.UNCERTAIN,
        laterality_margin=abs(balance) if sure_radial else 0.0,
        bones=names,
        rays=tuple(Ray(digit, ray, palmar) for digit, ray in bones.items()),
        distal=distal,
        palmar=palmar if sure_side else None,
        radial=radial if sure_radial else None,
        digits_sure=sure_digits,
        scale=reading.scale,
        frame=frame,
        forearm_axis=forearm_axis(parts, names, distal),
        limits=tuple(limits),
    )


def _ray_names(bones: Mapping[int, Sequence[NamedBone]]) -> dict[int, str]:
    """Names by label; both, joined by "+", where two bones are one part."""
    held: dict[int, list[str]] = {}
    for ray in bones.values():
        for bone in ray:
            for label in bone.labels:
                held.setdefault(label, []).append(bone.name)
    return {label: "+".join(names) for label, names in held.items()}


def _origin(bones: Mapping[int, Sequence[NamedBone]], distal: Vector, scale: float) -> Vector:
    """Middle of the bases of metacarpals 2 to 5, or where they would be behind the first phalanges."""
    bases = [ray[0].proximal for digit, ray in bones.items() if digit > 1 and ray[0].level == "MC"]
    if bases:
        return np.asarray(np.mean(bases, axis=0))
    starts = [ray[0].proximal for digit, ray in bones.items() if digit > 1] or [r[0].proximal for r in bones.values()]
    return np.asarray(np.mean(starts, axis=0) - 61.0 * scale * distal)


def _other_names(rest: Sequence[Part], bones: Mapping[int, Sequence[NamedBone]], frame: Frame) -> dict[int, str]:
    names = forearm_names(rest, frame)
    names |= carpal_names([p for p in rest if p.label not in names], frame)
    return names | sesamoid_names([p for p in rest if p.label not in names], bones, frame)
