"""From a reading of the chains to named bones, with fused parts cut at their joint and broken ones joined."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.align import Levels
from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.model import NamedBone
from node.analysis.anatomy.parts import LEAST_VOXELS, Part, Points, make_part
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


def _ray_bones(chain: Chain, digit: int, levels: Levels) -> list[NamedBone]:
    bones: list[NamedBone] = []
    for numbers in _together(levels):
        pieces, start = [chain.parts[n] for n in numbers], chain.parts[numbers[0]].ends[chain.ends[numbers[0]]]
        held = [levels[n] for n in numbers]
        if len({level for one in held for level in one}) == 2:
            bones += _cut_fused(pieces, held, start, digit)
        elif held[0]:
            bones.append(_bone(digit, held[0][0], pieces, bones[-1].distal if bones else start))
    return bones


def _together(levels: Levels) -> list[list[int]]:
    """Runs of parts that hold the same bone, or one of the same two."""
    runs: list[list[int]] = []
    for n, held in enumerate(levels):
        if runs and set(held) & set(levels[runs[-1][-1]]):
            runs[-1].append(n)
        else:
            runs.append([n])
    return runs


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


def _cut_fused(pieces: Sequence[Part], held: Sequence[tuple[int, ...]], start: Points, digit: int) -> list[NamedBone]:
    """Two bones out of parts of which one holds both: cut by the digit's proportions."""
    levels = sorted({level for one in held for level in one})
    first, second = (MEAN_LENGTH_MM[digit][level] for level in levels)
    whole = make_part(0, 0.0, np.concatenate([p.points for p in pieces]), False, GRAIN_MM)
    axis = whole.axes[0] if (whole.centroid - start) @ whole.axes[0] > 0 else -whole.axes[0]
    border_mm = whole.length_mm * first / (first + second)
    halves = []
    for level, is_first in zip(levels, (True, False), strict=True):
        mine = [piece for piece, one in zip(pieces, held, strict=True) if one == (level,)]
        for piece in (piece for piece, one in zip(pieces, held, strict=True) if len(one) == 2):
            inside = ((piece.points - start) @ axis < border_mm) == is_first
            mine += [_within(piece, inside)] if np.count_nonzero(inside) >= LEAST_VOXELS else []
        if mine:
            halves.append(_bone(digit, level, mine, start))
    return halves


def _within(part: Part, mine: NDArray[np.bool_]) -> Part:
    """The part with some of its points alone."""
    share = float(mine.mean())
    return make_part(part.label, part.volume_mm3 * share, part.points[mine], part.cut, GRAIN_MM)
