"""Distal phalanges without marrow: solid in a coarse scan, they are known by their place at the end of a ray."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from node.analysis.anatomy.model import HandAnatomy, NamedBone, Ray
from node.analysis.anatomy.proportions import usual_length_mm
from node.analysis.grid.axes import Axes, principal_axes
from node.analysis.limb.limbs import Limb
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.beside import Beside

DENSITY = (0.5, 1.5)
"""Level over that of the shell of the bone before it."""
GAP_MM = 5.0
LENGTH_SHARE = (0.4, 1.5)
"""Length over that of a mean distal phalanx of the hand's size; resorbed ones are shorter."""
ELONGATION, POINTING = 1.4, 0.75
"""It is longer than wide, and its axis points to the joint."""


def missing_tips(candidates: Sequence[Candidate], anatomy: HandAnatomy, beside: Beside) -> dict[int, Candidate]:
    """By index, the candidates that are the distal phalanx of a ray that has none; ``bone`` is a new label for each."""
    axes = [principal_axes(c.voxels, beside.limb.geometry) for c in candidates]
    label, found = int(beside.skeleton.labels.max()), {}
    for ray, last in _without_tip(anatomy):
        fitting = [
            n
            for n, (c, own) in enumerate(zip(candidates, axes, strict=True))
            if n not in found
            and DENSITY[0] < beside.density(c, last.labels[0]) < DENSITY[1]
            and _is_tip(c, own, last, usual_length_mm(ray.digit, "DP", anatomy.scale), beside.limb)
        ]
        if fitting:
            largest = max(fitting, key=lambda n: candidates[n].volume_mm3)
            label += 1
            found[largest] = replace(candidates[largest], bone=label)
    return found


def _without_tip(anatomy: HandAnatomy) -> Iterator[tuple[Ray, NamedBone]]:
    """Rays that end with the bone before the distal phalanx, and that bone."""
    for ray in anatomy.rays:
        last = ray.bones[-1]
        if last.level == ("PP" if ray.digit == 1 else "MP") and not last.part.cut:
            yield ray, last


def _is_tip(candidate: Candidate, axes: Axes, last: NamedBone, length_mm: float, limb: Limb) -> bool:
    """True for a candidate that begins at the joint, goes on from there, and has about the length of the phalanx."""
    slender = axes.spread_mm[0] > ELONGATION * axes.spread_mm[1]
    long_enough = LENGTH_SHARE[0] < axes.length_mm / length_mm < LENGTH_SHARE[1]
    if not (slender and long_enough):
        return False
    away = axes.centre - last.distal
    points = limb.geometry.to_lps_mm(candidate.voxels.astype(np.float64))
    gap = float(np.linalg.norm(points - last.distal, axis=1).min())
    pointing = abs(float(axes.direction[0] @ away)) > POINTING * float(np.linalg.norm(away))
    return gap < GAP_MM and pointing and float(away @ last.axis) > 0.0
