"""Phalanges without marrow: solid in a coarse or noisy scan, they are known by their place in a ray."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from node.analysis.anatomy.model import HandAnatomy, NamedBone, Ray
from node.analysis.anatomy.proportions import LEVELS, usual_length_mm
from node.analysis.grid.axes import principal_axes
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.beside import Beside

DENSITY = (0.5, 1.5)
"""Level over that of the shell of the bone before it."""
GAP_MM = 5.0
LENGTH_SHARE = (0.4, 1.5)
"""Length over that of the mean phalanx in a hand of that size; resorbed ones are shorter."""
ELONGATION, POINTING = 1.4, 0.75
"""It is longer than wide, and its axis points to the joint."""


@dataclass(frozen=True, eq=False)
class _Hole:
    """Where one phalanx of a ray was not seen: behind a bone, and before the next one where that was seen."""

    before: NamedBone
    after: NamedBone | None
    usual_mm: float


def missing_bones(candidates: Sequence[Candidate], anatomy: HandAnatomy, beside: Beside) -> dict[int, Candidate]:
    """By index, the candidates that are a phalanx which a ray has not; ``bone`` is a new label for each."""
    label, found = max(beside.skeleton.bones, default=0), {}
    for hole in _holes(anatomy):
        fitting = [n for n, c in enumerate(candidates) if n not in found and _is_missing(c, hole, beside)]
        if fitting:
            largest = max(fitting, key=lambda n: candidates[n].volume_mm3)
            label += 1
            found[largest] = replace(candidates[largest], bone=label)
    return found


def _holes(anatomy: HandAnatomy) -> Iterator[_Hole]:
    """The places of single missing phalanges: within the rays, and behind their last bones."""
    for ray in anatomy.rays:
        for before, after in zip_longest(ray.bones, ray.bones[1:]):
            level = _level_between(ray, before, after)
            if level and not before.part.cut:
                yield _Hole(before, after, usual_length_mm(ray.digit, level, anatomy.scale))


def _level_between(ray: Ray, before: NamedBone, after: NamedBone | None) -> str | None:
    """The level of the phalanx that is missing between two bones of a ray, None where none is or more than one."""
    levels = LEVELS[ray.digit]
    first = levels.index(before.level) + 1
    if first == len(levels) or (after is not None and levels.index(after.level) != first + 1):
        return None
    return levels[first]


def _is_missing(candidate: Candidate, hole: _Hole, beside: Beside) -> bool:
    """True for what is as dense as the bone before, goes on from its joint, to the next one where that is known, and is
    as long as a phalanx."""
    if not DENSITY[0] < beside.density(candidate, hole.before.labels[0]) < DENSITY[1]:
        return False
    axes = principal_axes(candidate.voxels, beside.limb.geometry)
    slender = axes.spread_mm[0] > ELONGATION * axes.spread_mm[1]
    long_enough = LENGTH_SHARE[0] < axes.length_mm / hole.usual_mm < LENGTH_SHARE[1]
    if not (slender and long_enough):
        return False
    points = beside.limb.geometry.to_lps_mm(candidate.voxels.astype(np.float64))
    ends = [(hole.before.distal, hole.before.axis)] + ([(hole.after.proximal, -hole.after.axis)] if hole.after else [])
    return all(
        float(np.linalg.norm(points - end, axis=1).min()) < GAP_MM
        and abs(float(axes.direction[0] @ (axes.centre - end))) > POINTING * float(np.linalg.norm(axes.centre - end))
        and float((axes.centre - end) @ outward) > 0.0
        for end, outward in ends
    )
