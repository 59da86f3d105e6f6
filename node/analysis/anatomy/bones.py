"""From a reading of the chains to named bones, with fused parts cut at their joint and broken ones joined."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.model import NamedBone
from node.analysis.anatomy.parts import Part, Points, make_part
from node.analysis.anatomy.proportions import LEVELS, MEAN_LENGTH_MM
from node.analysis.anatomy.rays import Reading

GRAIN_MM = 0.5
STUBBY = 1.9
"""Slenderness below which a distal phalanx is short for its width, so that its principal axis is not its length."""


def named_bones(chains: Sequence[Chain], reading: Reading) -> dict[int, tuple[NamedBone, ...]]:
    """Bones of every digit that the reading names, proximal to distal, by digit."""
    rays = {}
    for chain, digit, fit in zip(chains, reading.digits, reading.alignments, strict=True):
        if digit and fit:
            rays[digit] = tuple(_ray_bones(chain, digit, fit.levels))
    return dict(sorted(rays.items()))


def _ray_bones(chain: Chain, digit: int, levels: Sequence[tuple[int, ...]]) -> list[NamedBone]:
    bones: list[NamedBone] = []
    for held, run in groupby(range(len(levels)), key=lambda n: levels[n]):
        numbers = list(run)
        pieces, start = [chain.parts[n] for n in numbers], chain.parts[numbers[0]].ends[chain.ends[numbers[0]]]
        if len(held) == 2:
            bones += _cut_fused(pieces[0], start, digit, held)
        elif held:
            bones.append(_bone(digit, held[0], pieces, bones[-1].distal if bones else start))
    return bones


def _bone(digit: int, level: int, pieces: Sequence[Part], start: Points) -> NamedBone:
    """One bone of one or more parts; its proximal end is the one nearer to ``start``."""
    name = LEVELS[digit][level]
    whole = pieces[0]
    if len(pieces) > 1:
        points = np.concatenate([p.points for p in pieces])
        volume = sum(p.volume_mm3 for p in pieces)
        whole = make_part(whole.label, volume, points, any(p.cut for p in pieces), GRAIN_MM)
    if name == "DP" and whole.slenderness < STUBBY:
        whole = _seen_from(whole, start)
    near = int(np.argmin(np.linalg.norm(whole.ends - start, axis=1)))
    labels = tuple(sorted({p.label for p in pieces}))
    return NamedBone(f"{name}{digit}", digit, name, whole.ends[near], whole.ends[1 - near], labels, whole)


def _seen_from(part: Part, start: Points) -> Part:
    """A stub of a phalanx with its axis from ``start``, its joint: its longest extent may be across the finger."""
    axis = part.centroid - start
    axis = axis / max(float(np.linalg.norm(axis)), 1e-9)
    ends = np.stack(part.extremes(axis))
    return replace(part, ends=ends, size_mm=(float((ends[1] - ends[0]) @ axis) + GRAIN_MM, *part.size_mm[1:]))


def _cut_fused(part: Part, start: Points, digit: int, held: tuple[int, ...]) -> list[NamedBone]:
    """Two bones out of one part: cut by the digit's proportions, then refined as two straight pieces."""
    first, second = (MEAN_LENGTH_MM[digit][level] for level in held)
    axis = part.axes[0] if (part.centroid - start) @ part.axes[0] > 0 else -part.axes[0]
    along = (part.points - start) @ axis
    nearer = along < part.length_mm * first / (first + second)
    halves = []
    for level, mine in zip(held, (nearer, ~nearer), strict=True):
        share = float(mine.mean())
        half = make_part(part.label, part.volume_mm3 * share, part.points[mine], part.cut, GRAIN_MM)
        halves.append(_bone(digit, level, (half,), start))
    return halves
