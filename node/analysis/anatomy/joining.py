"""Makes whole rays of chains: what continues them at their tips, beyond a hole, or lies in one."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.model import unit
from node.analysis.anatomy.parts import Part

MOST_PARTS = 10
"""Four bones, each of which may be broken in two or three: marrow is often parted at the waist of a phalanx."""
LONGEST_HOLE_MM = 52.0
"""Length of a large proximal phalanx, the longest bone that may be missing within a ray."""
TERMINAL_GAP_MM = 4.0
"""Joint space before a stubby phalanx, whose end is not known as well as that of a slender one [K]."""
OVERLAP_SHARE, BENT_MM = 0.4, 7.0
"""A bone that is parted aslant overlaps itself by less than that share of its length; at a bent joint the next bone
starts aside by up to half the width of a finger's bone [K]."""
LEAST_HOLE_MM = 4.0
"""What is wider than a joint space may hold a part [K]."""
WIDEST_IN_HOLE = 1.3
"""Width of a part in a hole over that of the two before it, one of which may be the waist of one bone; fingers
get slimmer towards their tips."""
LEAST_FALL = 0.65
"""A chain whose lengths fall by less (``Chain.fall``; two bones in line, not the fifth's last two, fall by 0.7 to 1.2)
may run the other way: half a phalanx and a fingertip."""


def complete(chains: Sequence[Chain], parts: Sequence[Part]) -> list[Chain]:
    """Chains (proximal to distal) with stubby parts added at their tips as long as one continues them, joined across
    bones that are missing, and with parts that lie in their holes."""
    whole, grown = list(chains), True
    while grown:
        longer = bridge(attach_terminals(whole, parts), TERMINAL_GAP_MM)
        grown = [chain.parts for chain in longer] != [chain.parts for chain in whole]
        whole = longer
    return fill(bridge(whole, LONGEST_HOLE_MM), parts)


def attach_terminals(chains: Sequence[Chain], parts: Sequence[Part]) -> list[Chain]:
    """Append to each chain (proximal to distal) a stubby part that continues it: a short or resorbed phalanx."""
    used = {p.label for c in chains for p in c.parts}
    loose = [p for p in parts if p.label not in used]
    taken: set[int] = set()
    grown = []
    for chain in chains:
        room = len(chain.parts) < MOST_PARTS and not chain.parts[-1].cut
        best = min(
            (
                (cost, p)
                for p in loose
                if room and p.label not in taken and (cost := _terminal_cost(chain, p)) is not None
            ),
            key=lambda pair: pair[0],
            default=None,
        )
        if best is None:
            grown.append(chain)
            continue
        taken.add(best[1].label)
        near = int(np.argmin(np.linalg.norm(best[1].ends - chain.tip, axis=1)))
        grown.append(Chain((*chain.parts, best[1]), (*chain.ends, near)))
    return grown


def _terminal_cost(chain: Chain, part: Part) -> float | None:
    """How badly ``part`` continues the chain at its tip, None where it does not."""
    last, end = chain.parts[-1], chain.parts[-2:]
    largest_mm3, widest_mm = max(p.volume_mm3 for p in end), max(p.width_mm for p in end)
    if part.volume_mm3 > 1.3 * largest_mm3 or part.width_mm > 1.4 * widest_mm or part.cut:
        return None
    outward = chain.heading
    near = part.points - chain.tip
    gap = float(np.linalg.norm(near, axis=1).min())
    centre = part.centroid - chain.tip
    ahead = float(centre @ outward)
    aside = float(np.linalg.norm(centre - ahead * outward))
    if gap > TERMINAL_GAP_MM + 0.3 * last.width_mm or ahead < -0.1 * last.width_mm:
        return None
    if np.arctan2(aside, ahead) > np.deg2rad(100.0) or aside > 1.2 * last.width_mm:
        return None
    return gap + 0.5 * aside - min(part.volume_mm3, 400.0) / 50.0


def bridge(chains: Sequence[Chain], longest_hole_mm: float) -> list[Chain]:
    """Join chains (proximal to distal) of one ray across a hole, where a bone was not found, the nearest first."""
    after: dict[int, int] = {}
    way = list(chains)
    for _, n, m, turned in _offers(chains, longest_hole_mm):
        free = n not in after and m not in after.values() and _last(after, m) != n
        as_offered = way[n] is chains[n] and not (turned and m in after)
        if free and as_offered:
            after[n] = m
            way[m] = chains[m].reversed() if turned else chains[m]
    joined = []
    for n in range(len(chains)):
        if n in after.values():
            continue
        chain, at = way[n], n
        while at in after:
            at = after[at]
            chain = Chain((*chain.parts, *way[at].parts), (*chain.ends, *way[at].ends))
        joined.append(chain)
    return joined


def _offers(chains: Sequence[Chain], longest_hole_mm: float) -> list[tuple[float, int, int, bool]]:
    """(cost, near chain, far chain, whether that one is turned) of all joints, the cheapest first."""
    found = []
    for (n, near), (m, far) in permutations(enumerate(chains), 2):
        for turned in (False, True) if abs(far.fall) < LEAST_FALL else (False,):
            cost = _bridge_cost(near, far.reversed() if turned else far, longest_hole_mm)
            if cost is not None:
                found.append((cost, n, m, turned))
    return sorted(found)


def fill(chains: Sequence[Chain], parts: Sequence[Part]) -> list[Chain]:
    """Put into the holes of chains the parts that lie there: phalanges too stubby to be linked by their ends."""
    used = {p.label for c in chains for p in c.parts}
    loose = [p for p in parts if p.label not in used and not p.cut]
    filled = []
    for chain in chains:
        order, ends = list(chain.parts), list(chain.ends)
        for n in reversed(range(len(chain.parts) - 1)):
            part = _lying_in(chain, n, loose)
            if part is not None and len(order) < MOST_PARTS:
                loose.remove(part)
                order.insert(n + 1, part)
                ends.insert(n + 1, int(np.argmin(np.linalg.norm(part.ends - chain.reaches[n][1], axis=1))))
        filled.append(Chain(tuple(order), tuple(ends)))
    return filled


def _lying_in(chain: Chain, n: int, loose: Sequence[Part]) -> Part | None:
    """The largest of the ``loose`` parts that lies in line in the hole behind part n of a chain, None without one."""
    start, hole_mm = chain.reaches[n][1], chain.gaps_mm[n]
    if hole_mm < LEAST_HOLE_MM:
        return None
    along = unit(chain.reaches[n + 1][0] - start)
    width = min(chain.parts[n].width_mm, chain.parts[n + 1].width_mm)
    widest = WIDEST_IN_HOLE * max(p.width_mm for p in chain.parts[max(0, n - 1) : n + 1])

    def fits(part: Part) -> bool:
        place = float((part.centroid - start) @ along)
        aside = float(np.linalg.norm(part.centroid - start - place * along))
        return 0.0 < place < hole_mm and aside < 0.5 * width and part.width_mm < widest

    return max(filter(fits, loose), key=lambda part: part.volume_mm3, default=None)


def _last(after: dict[int, int], n: int) -> int:
    while n in after:
        n = after[n]
    return n


def _bridge_cost(near: Chain, far: Chain, longest_hole_mm: float) -> float | None:
    """Distance between the chains in mm and twice the offset, None where ``far`` does not continue ``near``."""
    last, first = near.parts[-1], far.parts[0]
    longest = max(p.length_mm for p in near.parts)
    if last.cut or first.cut or first.length_mm > 1.1 * longest or len(near.parts) + len(far.parts) > MOST_PARTS:
        return None
    outward = near.heading
    step = far.start - near.tip
    along = float(step @ outward)
    aside = float(np.linalg.norm(step - along * outward))
    widest = max(4.0 + 0.5 * abs(along), BENT_MM)
    if not -max(4.0, OVERLAP_SHARE * last.length_mm) < along < longest_hole_mm or aside > widest:
        return None
    if far.direction @ outward < 0.3:
        return None
    return along + 2.0 * aside
