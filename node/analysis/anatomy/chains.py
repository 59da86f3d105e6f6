"""Links long bones end to end into rays: every end is used once, the cheapest joint first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from node.analysis.anatomy.model import unit
from node.analysis.anatomy.parts import Part, Points
from node.analysis.anatomy.seams import Seam, seam

LEAST_SLENDERNESS = 1.7
LEAST_SLENDERNESS_THICK = 1.9
THICK_MM = 10.5
"""Long bones of the hand have 1.8 to 6 lengths to a width, carpals 1.1 to 1.85, and those are 10 mm wide or more
[measured on the development cases and the phantom]."""
STUBBY = 1.6
ACROSS, WIDE = 0.57, 2.2
"""A part less slender than that may be a slice or the head of a bone, whose longest extent is across the finger: more
than 55° from it."""
SLIP = 0.3
VALLEY = 0.45
"""Neighbouring bones of a ray have length ratios above 0.4, and none is much shorter than both its neighbours."""
LEAST_LENGTH_MM = 9.0
LONGER_THAN_CARPAL_MM = 31.0
"""No carpal bone is as long, not in a large hand."""
WIDEST, WIDEST_LEAST_MM = 1.6, 18.5
"""A long part that much wider than most long parts of the limb, and wider than that, is a forearm bone."""
JOINT_SAMPLES = 500
"""Points of a bone that its distance to the next is measured by (about 2 mm apart, so it reads up to 1 mm more)."""
WIDEST_GAP_MM = 6.0
"""Joint space (1 to 3 mm) with room for cartilage loss, subluxation and a shell that was missed."""
SHARPEST_BEND = -0.5
"""Cosine of the largest bend of a joint that is believed: 120 degrees of flexion."""
DEAREST = 3.0
CARPAL_SHARE = 0.65
"""A carpal bone is shorter than this share of the metacarpal; half of one is longer than that share of the phalanx
behind it."""
FOLLOWED_SHARE = 0.5
"""What follows a metacarpal is longer than that share of it: the proximal phalanx alone has 0.6 to 0.7, and what may
follow middle and distal phalanx in one component is a bit."""


@dataclass(frozen=True)
class Joint:
    """A possible joint between end ``a_end`` of part ``a`` and end ``b_end`` of ``b`` (indices), and its cost."""

    cost: float
    a: int
    a_end: int
    b: int
    b_end: int


@dataclass(frozen=True)
class Chain:
    """Parts of one ray in order; ``ends[n]`` is the end of part n that looks towards the start of the chain."""

    parts: tuple[Part, ...]
    ends: tuple[int, ...]

    def reversed(self) -> "Chain":
        """The same chain from its other end."""
        return Chain(self.parts[::-1], tuple(1 - e for e in self.ends[::-1]))

    @cached_property
    def reaches(self) -> tuple[tuple[Points, Points], ...]:
        """Near and far end (3,) mm of each part; those of a stub lie along the chain, its own axis may lie across."""
        return tuple(self._reach(n) for n in range(len(self.parts)))

    def _reach(self, n: int) -> tuple[Points, Points]:
        part, near = self.parts[n], self.ends[n]
        ends = part.ends[near], part.ends[1 - near]
        if len(self.parts) == 1 or part.slenderness > WIDE:
            return ends
        course = self._course(n)
        if not self._lies_along(n):
            return part.extremes(course)
        return ends if (ends[1] - ends[0]) @ course > 0.0 else ends[::-1]

    def _lies_along(self, n: int) -> bool:
        """True where the long axis of part n runs along the chain, as far as is known."""
        part = self.parts[n]
        if len(self.parts) == 1 or part.slenderness > WIDE:
            return True
        return part.slenderness >= STUBBY and abs(float(part.axes[0] @ self._course(n))) > ACROSS

    def _course(self, n: int) -> Points:
        """Unit vector of the chain at part n, from the parts beside it."""
        before, after = self.parts[max(0, n - 1)], self.parts[min(len(self.parts) - 1, n + 1)]
        return unit(after.centroid - before.centroid)

    @cached_property
    def lengths_mm(self) -> tuple[float, ...]:
        """Length of each part along the chain."""
        return tuple(
            part.length_mm if self._lies_along(n) else float(np.linalg.norm(far - near))
            for n, (part, (near, far)) in enumerate(zip(self.parts, self.reaches, strict=True))
        )

    def span_mm(self, first: int, last: int) -> float:
        """Length of the parts from number ``first`` to number ``last`` taken as one bone."""
        return float(np.linalg.norm(self.reaches[last][1] - self.reaches[first][0]))

    @cached_property
    def gaps_mm(self) -> tuple[float, ...]:
        """Distance from the far end of each part to the near end of the next one."""
        return tuple(float(np.linalg.norm(b[0] - a[1])) for a, b in pairwise(self.reaches))

    @cached_property
    def seams(self) -> tuple[Seam, ...]:
        """What parts each part from the next one."""
        met = list(zip(self.parts, self.reaches, strict=True))
        return tuple(seam(*before, *after) for before, after in pairwise(met))

    @property
    def start(self) -> Points:
        """Where the chain begins (3,) mm."""
        return np.asarray(self.parts[0].ends[self.ends[0]])

    @property
    def heading(self) -> Points:
        """Unit vector out of the tip; a stub's own axis may lie across, so it points away from the part before."""
        last = self.parts[-1]
        if len(self.parts) > 1 and last.slenderness < STUBBY:
            away = last.centroid - self.parts[-2].ends[1 - self.ends[-2]]
            return np.asarray(away / max(float(np.linalg.norm(away)), 1e-9))
        return last.outward(1 - self.ends[-1])

    @property
    def tip(self) -> Points:
        """Where the chain stops (3,) mm."""
        last = self.parts[-1]
        if len(self.parts) > 1 and last.slenderness < STUBBY:
            reach = float(((last.points - last.centroid) @ self.heading).max())
            return np.asarray(last.centroid + reach * self.heading)
        return np.asarray(last.ends[1 - self.ends[-1]])

    @property
    def fall(self) -> float:
        """How much the lengths fall along the chain: ln of first over last times their number; 0 when unknown.

        Bones cut by the border have no length.
        """
        whole = [p.length_mm for p in self.parts if not p.cut]
        return float(np.log(whole[0] / whole[-1])) * len(whole) if len(whole) > 1 else 0.0

    @property
    def rooted(self) -> "Chain":
        """The chain from its metacarpal on, without what was linked before that: a carpal bone is far shorter.

        Before carpal bones there may be a shaft of the forearm; before the pieces of a phalanx, its metacarpal.
        """
        lengths = [p.length_mm for p in self.parts]
        first, *others = [n for n, length in enumerate(lengths) if length > CARPAL_SHARE * max(lengths)]
        metacarpals = [first, *(n for n in others if sum(lengths[n + 1 :]) > FOLLOWED_SHARE * lengths[n])]
        carpals = [n for m in metacarpals for n in range(m) if lengths[n] < CARPAL_SHARE * lengths[m]]
        start = max(carpals) + 1 if carpals else 0
        return Chain(self.parts[start:], self.ends[start:])

    @property
    def direction(self) -> Points:
        """Unit vector along the first part, away from the start."""
        return self.parts[0].outward(1 - self.ends[0])


def long_bones(parts: Sequence[Part]) -> list[Part]:
    """What may be a metacarpal or phalanx by its own shape."""
    slender = [p for p in parts if _is_long(p)]
    widest = max(WIDEST_LEAST_MM, WIDEST * float(np.median([p.width_mm for p in slender]))) if slender else 0.0
    return [p for p in slender if p.width_mm <= widest]


def _is_long(part: Part) -> bool:
    thin = part.width_mm < THICK_MM or part.length_mm > LONGER_THAN_CARPAL_MM
    least = LEAST_SLENDERNESS if thin else LEAST_SLENDERNESS_THICK
    return part.slenderness >= least and part.length_mm >= LEAST_LENGTH_MM


def _joint_cost(a: Part, a_end: int, b: Part, b_end: int, gap_mm: float) -> float | None:
    """Cost of a joint, None where no joint can be: gap, offset of the ends, bend, unlike widths."""
    bend = float(a.outward(a_end) @ -b.outward(b_end))
    if bend < SHARPEST_BEND:
        return None
    width = 0.5 * (a.width_mm + b.width_mm)
    apart = float(np.linalg.norm(a.ends[a_end] - b.ends[b_end]))
    reach = 0.35 * width + WIDEST_GAP_MM + 0.45 * width * np.sqrt(max(0.0, 1.0 - bend))
    if apart > reach:
        return None
    unlike = abs(float(np.log(a.width_mm / b.width_mm)))
    return gap_mm / 3.0 + apart / width + 0.5 * (1.0 - bend) + unlike


def _joints(parts: Sequence[Part]) -> list[Joint]:
    trees = [cKDTree(p.points[:: max(1, len(p.points) // JOINT_SAMPLES)]) for p in parts]
    found = []
    for i, a in enumerate(parts):
        for j in range(i + 1, len(parts)):
            b = parts[j]
            if np.linalg.norm(a.centroid - b.centroid) > 0.5 * (a.length_mm + b.length_mm) + 2.0 * WIDEST_GAP_MM:
                continue
            gap = float(trees[i].query(trees[j].data)[0].min())
            if gap > WIDEST_GAP_MM:
                continue
            for a_end in (0, 1):
                for b_end in (0, 1):
                    cost = _joint_cost(a, a_end, b, b_end, gap)
                    if cost is not None and cost < DEAREST:
                        found.append(Joint(cost, i, a_end, j, b_end))
    return sorted(found, key=lambda joint: joint.cost)


def _walk(start: int, end: int, links: dict[tuple[int, int], tuple[int, int]], parts: Sequence[Part]) -> Chain:
    """Follow the links from part ``start``, entering it at its free ``end``."""
    order, ends = [start], [end]
    while (order[-1], 1 - ends[-1]) in links:
        following, entered = links[(order[-1], 1 - ends[-1])]
        order.append(following)
        ends.append(entered)
    return Chain(tuple(parts[n] for n in order), tuple(ends))


def link_chains(parts: Sequence[Part]) -> list[Chain]:
    """Chains of the long bones among ``parts``, a single bone being a chain too; the direction is not known yet."""
    bones = long_bones(parts)
    links: dict[tuple[int, int], tuple[int, int]] = {}
    group = list(range(len(bones)))
    for joint in _joints(bones):
        ends = ((joint.a, joint.a_end), (joint.b, joint.b_end))
        if ends[0] in links or ends[1] in links or group[joint.a] == group[joint.b]:
            continue
        links[ends[0]], links[ends[1]] = ends[1], ends[0]
        old, new = group[joint.b], group[joint.a]
        group = [new if g == old else g for g in group]
    chains, done = [], set()
    for n in range(len(bones)):
        free = [end for end in (0, 1) if (n, end) not in links]
        if free and group[n] not in done:
            done.add(group[n])
            chains += _without_slips(_walk(n, free[0], links, bones))
    return chains


def _without_slips(chain: Chain) -> list[Chain]:
    """The chain cut where a part is far too small beside a neighbour to be the next bone of the same ray."""
    lengths = [p.length_mm for p in chain.parts]
    pieces: list[list[int]] = [[]]
    for n, length in enumerate(lengths):
        beside = [*lengths[max(0, n - 1) : n], *lengths[n + 1 : n + 2]]
        if beside and (length < SLIP * max(beside) or (len(beside) == 2 and length < VALLEY * min(beside))):
            pieces.append([])
        else:
            pieces[-1].append(n)
    return [Chain(tuple(chain.parts[n] for n in p), tuple(chain.ends[n] for n in p)) for p in pieces if p]
