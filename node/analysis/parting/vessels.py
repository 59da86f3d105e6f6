"""Step 8: mineral in soft tissue that is no calcinosis: arterial walls.

The lumen of an artery of the hand is not seen in CT, and a cord of calcium in a tendon's sheath may be as slim. Place
tells them apart where tendons run and arteries do not.
"""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.place import Place
from node.analysis.grid.axes import Axes, principal_axes
from node.analysis.mineral.candidates import LEAST_CONTRAST_HU, Candidate
from node.domain.findings import Region
from node.domain.volume import Geometry

VESSEL_LENGTH_MM = 12.0
VESSEL_SLENDERNESS = 4.0
TUBE_CONTACT = 0.15
"""Face area shared with bone, mm², for each mm³: an artery may pass along a bone for a stretch."""
VESSEL_RADIUS_MM = 1.9
"""Root mean square distance of the wall from the axis, and radius of the largest ball in it; radial and ulnar artery
measure 2 to 3 mm across."""
BIT_RADIUS_MM = 1.5
"""Of the largest ball in a piece that is no tube by itself: no solid artery is thicker."""
CHAIN_OFF_AXIS_MM = 6.0
CHAIN_GAP_MM = 25.0
BROKEN_GAP_MM = 12.0
BROKEN_ALIGNMENT = 0.94
BROKEN_SLENDERNESS = 1.6
"""Arterial wall calcifies in pieces: two of them slender and in line within 20° are one artery."""
ROW_ALIGNMENT, ROW_SLENDERNESS, ROW_POINTING = 0.94, 1.4, 0.85
"""So are three that follow each other within 20°, when two of them are longer than wide and point along the row."""
WIDER = 1.8
"""Width over that of the pieces it is in line with: an artery does not widen so suddenly, a tendon sheath beside it is
as much wider [K]."""
NO_ARTERY = {Region.DIGIT: ("palmar", "dorsal"), Region.HAND: ("dorsal", "dorsoulnar"), Region.WRIST: ("dorsoulnar",)}
"""Sides on which no artery of size runs: those of a finger lie at both sides of its flexor tendons, and only the radial
artery comes to the back of the hand, between the first two metacarpals [K]."""
FIRST_WEB = (1, 2)
"""The digits beside which it does."""
DIGITAL_RADIUS_MM = 1.4
"""Of the largest ball in a finger's artery, 1 to 2 mm across with its blur [K]."""
LONG_MM = 2.0 * VESSEL_LENGTH_MM
DIGITAL_SECTION_MM2, BENT_SECTION_MM2 = np.pi * DIGITAL_RADIUS_MM**2, np.pi * 1.6**2
BENT_CONTACT = 2.0 * TUBE_CONTACT
"""Of a long cord: its mean section, in a finger and where it bends, as radial and ulnar artery measure 3 mm across with
their blur; and its contact, as it passes more of a bone at a bent joint."""
BIT_MM3, BIT_CONTRAST_HU = 12.0, 2.0 * LEAST_CONTRAST_HU
"""A smaller free body that is paler than 120 mg/cm³ of HA may be a bit of an artery that was seen elsewhere; a larger
one in a finger that is hardly longer than wide may be none."""
PlaceOf = Callable[[NDArray[np.int64]], Place]


def vessels(candidates: Sequence[Candidate], geometry: Geometry, place_of: PlaceOf) -> set[int]:
    """Indices of candidates that are calcified arterial wall: slender tubes, and bits in line with one.

    ``place_of`` voxels (n, 3), z, y, x.
    """
    axes = [principal_axes(c.voxels, geometry) for c in candidates]
    slim = [n for n, c in enumerate(candidates) if c.radius_mm < VESSEL_RADIUS_MM]
    tubes = {n for n in slim if _is_tube(candidates[n], axes[n]) or _is_bent_tube(candidates[n], axes[n])}
    fine = [n for n in slim if candidates[n].radius_mm < BIT_RADIUS_MM]
    for first, second in combinations(fine, 2):
        if _is_broken_tube(axes[first], axes[second]):
            tubes |= {first, second}
    for row in _rows([n for n in fine if _is_thin(axes[n])], axes):
        tubes |= set(row)
    tubes = {n for n in tubes if _runs_as_artery(candidates[n], axes[n], geometry, place_of)}
    short = {n for n in fine if _is_thin(axes[n]) and axes[n].length_mm < LONG_MM} - tubes
    found = tubes | {n for n in short if any(_continues(axes[t], axes[n]) for t in tubes)}
    while more := {n for n in short - found if _follows(axes[n], [axes[m] for m in sorted(found)])}:
        found |= more
    return found


def doubtful_vessels(
    candidates: Sequence[Candidate], arterial: set[int], geometry: Geometry, place_of: PlaceOf, soft_hu: float
) -> set[int]:
    """Indices of candidates that may be arterial wall or calcium: stones among the ``arterial``, bits among the rest.

    ``soft_hu``: level of soft tissue in the detection image.
    """
    stones = {n for n in arterial if may_be_stone(candidates[n], geometry, place_of)}
    rest = {n for n in range(len(candidates)) if n not in arterial} if arterial else set()
    return stones | {n for n in rest if may_be_bit(candidates[n], place_of, soft_hu)}


def may_be_stone(candidate: Candidate, geometry: Geometry, place_of: PlaceOf) -> bool:
    """True for a body in a finger that is hardly longer than wide, but larger than so short a piece of its arteries."""
    spread_mm = principal_axes(candidate.voxels, geometry).spread_mm
    compact = candidate.volume_mm3 >= BIT_MM3 and bool(spread_mm[0] < BROKEN_SLENDERNESS * spread_mm[1])
    return compact and place_of(candidate.voxels).region is Region.DIGIT


def may_be_bit(candidate: Candidate, place_of: PlaceOf, soft_hu: float) -> bool:
    """True for what may be arterial wall in a limb with calcified arteries, by its size, contrast and place."""
    small = candidate.volume_mm3 < BIT_MM3 and candidate.contact_mm2 <= 0.0
    pale = candidate.mean_hu - soft_hu < BIT_CONTRAST_HU
    return small and pale and may_be_artery(candidate, place_of(candidate.voxels))


def _runs_as_artery(candidate: Candidate, axes: Axes, geometry: Geometry, place_of: PlaceOf) -> bool:
    """True where an artery may run; of a long one, which may be bent round its middle, where each half lies."""
    if axes.length_mm < LONG_MM:
        return may_be_artery(candidate, place_of(candidate.voxels))
    along = (geometry.to_lps_mm(candidate.voxels.astype(np.float64)) - axes.centre) @ axes.direction[0]
    places = [place_of(candidate.voxels[half]) for half in (along < 0.0, along >= 0.0)]
    wide = candidate.volume_mm3 > DIGITAL_SECTION_MM2 * axes.length_mm
    in_finger = any(place.region is Region.DIGIT for place in places)
    return all(may_be_artery(candidate, place) for place in places) and not (wide and in_finger)


def may_be_artery(candidate: Candidate, place: Place) -> bool:
    """False for what lies where no artery runs, or is thicker than those there."""
    thick = place.region is Region.DIGIT and candidate.radius_mm > DIGITAL_RADIUS_MM
    return not (thick or runs_with_tendons(place))


def runs_with_tendons(place: Place) -> bool:
    """True on those sides of fingers, hand and wrist that tendons run on and no artery does."""
    sides = NO_ARTERY.get(place.region, ()) if place.region else ()
    words = (place.compartment or "").split(", ")
    artery_near = place.region is Region.HAND and (place.digit is None or place.digit in FIRST_WEB)
    thumb = place.region is Region.DIGIT and place.digit in (None, 1)
    return any(side in words for side in sides) and not artery_near and not thumb and "fingertip pad" not in words


def artery_words(arteries: Sequence[Candidate]) -> tuple[str, ...]:
    """What a reader is told of calcified arterial wall; nothing where none was seen."""
    return ("Calcified arteries were seen; arterial wall is no calcinosis and is not counted.",) if arteries else ()


def _follows(own: Axes, known: list[Axes]) -> bool:
    """True for a bit that stands in one row with two others that are known to be one artery's."""
    near = [a for a in known if _is_near(own, a) and not _is_wider(own, a)]
    return any(_is_near(a, b) and _in_line(own, a, b) for a in near for b in known if a is not b)


def _is_broken_tube(a: Axes, b: Axes) -> bool:
    """True for two thin slender bits one behind the other in one line."""
    line = b.centre - a.centre
    distance = float(np.linalg.norm(line))
    if distance < 1.0 or distance > BROKEN_GAP_MM + 0.5 * (a.length_mm + b.length_mm):
        return False
    aligned = [abs(float(axes.direction[0] @ line)) / distance > BROKEN_ALIGNMENT for axes in (a, b)]
    slender = [axes.spread_mm[0] > BROKEN_SLENDERNESS * axes.spread_mm[1] for axes in (a, b)]
    return all(aligned) and all(slender) and _is_thin(a) and _is_thin(b) and _alike_wide(a, b)


def _rows(thin: list[int], axes: list[Axes]) -> list[tuple[int, int, int]]:
    """Threes of thin bits one behind the other, two of which also point along the row."""
    after = {n: [m for m in thin if _is_near(axes[n], axes[m])] for n in thin}
    return [(a, b, c) for b in thin for a, c in combinations(after[b], 2) if _is_row(axes[a], axes[b], axes[c])]


def _is_row(a: Axes, b: Axes, c: Axes) -> bool:
    if not (_in_line(a, b, c) and _alike_wide(a, b) and _alike_wide(b, c)):
        return False
    along = (c.centre - a.centre) / np.linalg.norm(c.centre - a.centre)
    pointing = [
        axes.spread_mm[0] > ROW_SLENDERNESS * axes.spread_mm[1] and abs(float(axes.direction[0] @ along)) > ROW_POINTING
        for axes in (a, b, c)
    ]
    return pointing.count(True) > 1


def _in_line(a: Axes, b: Axes, c: Axes) -> bool:
    first, second = b.centre - a.centre, c.centre - b.centre
    return float(first @ second) >= ROW_ALIGNMENT * float(np.linalg.norm(first)) * float(np.linalg.norm(second))


def _is_near(a: Axes, b: Axes) -> bool:
    """True for two pieces with no more between them than an artery leaves out."""
    return 1.0 < float(np.linalg.norm(b.centre - a.centre)) < BROKEN_GAP_MM + _half_lengths(a, b)


def _half_lengths(a: Axes, b: Axes) -> float:
    return 0.5 * (a.length_mm + b.length_mm)


def _is_thin(axes: Axes) -> bool:
    return _radius_mm(axes) < VESSEL_RADIUS_MM


def _radius_mm(axes: Axes) -> float:
    """Root mean square distance of the voxels from the axis."""
    return float(np.hypot(axes.spread_mm[1], axes.spread_mm[2]))


def _alike_wide(a: Axes, b: Axes) -> bool:
    return not (_is_wider(a, b) or _is_wider(b, a))


def _is_wider(own: Axes, other: Axes) -> bool:
    return _radius_mm(own) > WIDER * _radius_mm(other)


def _is_tube(candidate: Candidate, axes: Axes) -> bool:
    round_section = axes.spread_mm[1] < 2.5 * axes.spread_mm[2]
    slender = axes.spread_mm[0] > VESSEL_SLENDERNESS * axes.spread_mm[1]
    free = candidate.contact_mm2 < TUBE_CONTACT * candidate.volume_mm3
    return bool(_is_thin(axes) and round_section and slender and free and axes.length_mm > VESSEL_LENGTH_MM)


def _is_bent_tube(candidate: Candidate, axes: Axes) -> bool:
    """True for an artery that follows a bent finger: long, and in the mean no wider than one, however it runs."""
    fine = candidate.volume_mm3 < BENT_SECTION_MM2 * axes.length_mm
    free = candidate.contact_mm2 < BENT_CONTACT * candidate.volume_mm3
    return fine and free and axes.length_mm > LONG_MM


def _continues(tube: Axes, other: Axes) -> bool:
    """True where ``other`` lies near the line of ``tube``, not too far beyond its end."""
    offset = other.centre - tube.centre
    along = float(offset @ tube.direction[0])
    off_axis = float(np.linalg.norm(offset - along * tube.direction[0]))
    beyond = abs(along) - 0.5 * tube.length_mm - 0.5 * other.length_mm
    return off_axis < CHAIN_OFF_AXIS_MM and beyond < CHAIN_GAP_MM and not _is_wider(other, tube)
