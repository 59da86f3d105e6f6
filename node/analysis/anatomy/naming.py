"""Names every bone of a limb and tells its side: the steps in order."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.align import Levels, near_levels
from node.analysis.anatomy.bones import named_bones
from node.analysis.anatomy.chains import Chain, link_chains
from node.analysis.anatomy.joining import complete
from node.analysis.anatomy.mend import mend
from node.analysis.anatomy.model import Frame, HandAnatomy, NamedBone, Ray, Vector, unit
from node.analysis.anatomy.orient import head
from node.analysis.anatomy.others import carpal_names, forearm_axis, forearm_names, lone_forearm, sesamoid_names
from node.analysis.anatomy.palmar import palmar_votes, tally
from node.analysis.anatomy.parts import Part, measure_parts
from node.analysis.anatomy.proportions import LEVELS
from node.analysis.anatomy.rays import Reading, read_rays
from node.analysis.anatomy.soft_tissue import SoftTissue, thin
from node.analysis.anatomy.thumb import thumb_palmar
from node.analysis.grid.components import Components
from node.domain.anatomy import CARPALS, UNNAMED
from node.domain.findings import Laterality
from node.domain.wording import bone_words

LEAST_LEAD = 3.0
"""Lead in cost (log likelihood) of a reading over the best contrary one before it is believed: odds of 20 to 1."""
RIVAL_LEAD = 2.0
"""The same over another reading of one ray alone, as the same digit of the same hand: odds of 7 to 1."""
LEAST_MARGIN = 0.3
LEAST_VOTES = 3
LEAST_SURE_DIGITS = 2
"""The side is told only where the thumb or two other digits are known without doubt."""


def name_hand(
    bone: Components, body: NDArray[np.uint8] | NDArray[np.bool_], affine: NDArray[np.float64]
) -> HandAnatomy:
    """Names, side and directions of one limb.

    ``bone``: all bone voxels, roughly one bone a label, on the grid of ``body`` (z, y, x), the mask of the limb;
    ``affine`` (x, y, z, 1) → LPS mm of this crop.
    """
    parts = measure_parts(bone, affine)
    heading = head(link_chains(parts), parts)
    chains = complete(heading.chains, parts)
    readings = read_rays(chains)
    mended = mend(chains, readings[0], parts) if readings else None
    if mended is not None:
        chains, readings = mended, read_rays(mended)
    bones = _sure_bones(chains, readings) if readings else {}
    if not bones:
        return _unread(parts)
    return _read(parts, chains, readings, bones, thin(body, affine), heading.sure)


def _unread(parts: Sequence[Part]) -> HandAnatomy:
    return HandAnatomy(
        laterality=Laterality.UNCERTAIN,
        laterality_margin=0.0,
        bones={p.label: UNNAMED for p in parts} | lone_forearm(parts),
        rays=(),
        distal=None,
        palmar=None,
        radial=None,
        scale=1.0,
        frame=None,
        forearm_axis=None,
        forearm=(),
        limits=("No finger or metacarpal was recognised: digits and side are not given.",),
    )


def _close(readings: Sequence[Reading]) -> list[Reading]:
    """The readings that are nearly as good as the best, itself included."""
    return [r for r in readings if r.cost < readings[0].cost + LEAST_LEAD]


def _sure_digits(chains: Sequence[Chain], readings: Sequence[Reading]) -> set[int]:
    """Digits whose chain has the same digit and the same first bone in all readings that come near."""
    sure = set()
    for n in range(len(chains)):
        seen = {(r.digits[n], _root(_levels(r, n))) for r in _close(readings)}
        if len(seen) == 1:
            sure.add(readings[0].digits[n])
    return sure - {0}


def _sure_bones(chains: Sequence[Chain], readings: Sequence[Reading]) -> dict[int, tuple[NamedBone, ...]]:
    """The rays whose bones are the same metacarpals and phalanges in all readings that come near.

    A bit within a ray that is one bone's in one reading and the next one's in another has no name. Where most rays of
    the best reading are in doubt, so is that it is a hand: the rays of a foot agree here and there by chance.
    """
    best, close = readings[0], _close(readings)
    agreed, doubtful = [], set()
    for n, fit in enumerate(best.alignments):
        seen = {_levels(r, n) for r in close} - {None}
        same_ray = len({_ends(levels) for levels in seen}) == 1
        if len(seen) > 1 and not same_ray and not _same_from_the_root(seen):
            doubtful.add(best.digits[n])
        if fit:
            levels = _uncontested(fit.levels, near_levels(chains[n], best.digits[n], best.scale, RIVAL_LEAD))
            fit = replace(fit, levels=_common(levels, seen) if same_ray else levels)
        agreed.append(fit)
    kept = named_bones(chains, replace(best, alignments=tuple(agreed)))
    sure = {digit: ray for digit, ray in kept.items() if ray and digit not in doubtful}
    return sure if 2 * len(sure) >= sum(map(bool, best.digits)) else {}


def _ends(levels: Levels | None) -> tuple[tuple[int, ...], ...] | None:
    return (levels[0], levels[-1]) if levels else None


def _root(levels: Levels | None) -> tuple[int, ...] | None:
    return levels[0] if levels else None


def _common(levels: Levels, seen: set[Levels | None]) -> Levels:
    """What all of ``seen`` say of each part, or more."""
    return tuple(held if all(one and set(held) <= set(one[n]) for one in seen) else () for n, held in enumerate(levels))


def _uncontested(levels: Levels, rivals: Set[Levels]) -> Levels:
    """Without what any of ``rivals`` takes for another bone; that it may be no bone at all, or hold another one too,
    contests nothing."""
    return tuple(
        held if all(not one[n] or set(held) <= set(one[n]) for one in rivals) else () for n, held in enumerate(levels)
    )


def _same_from_the_root(seen: set[Levels | None]) -> bool:
    """True where the readings begin with the same bone, whatever was linked before it.

    They may differ in that of the thumb: its distal phalanx is a finger's middle one.
    """
    return len({next(filter(None, levels), ()) for levels in seen if levels}) == 1


def _levels(reading: Reading, n: int) -> Levels | None:
    fit = reading.alignments[n]
    return fit.levels if fit else None


def _directions(bones: Mapping[int, Sequence[NamedBone]], radial: Vector) -> tuple[Vector, Vector]:
    """Distal and radial unit vectors, square to each other, from the first bones of the fingers."""
    first = [ray[0] for digit, ray in bones.items() if digit > 1] or [ray[0] for ray in bones.values()]
    distal = unit(np.sum([b.axis for b in first], axis=0))
    return distal, unit(radial - (radial @ distal) * distal)


def _read(
    parts: Sequence[Part],
    chains: Sequence[Chain],
    readings: Sequence[Reading],
    bones: Mapping[int, tuple[NamedBone, ...]],
    tissue: SoftTissue,
    heading_sure: bool,
) -> HandAnatomy:
    reading = readings[0]
    taken = {label for ray in bones.values() for bone in ray for label in bone.labels}
    rest = [p for p in parts if p.label not in taken]
    distal, radial = _directions(bones, reading.radial)
    votes = palmar_votes(bones, distal, radial, tissue, [p for p in rest if p.volume_mm3 < 150.0])
    balance = tally(votes)
    sure_digits = _sure_digits(chains, readings) if heading_sure else set()
    sure_palm = heading_sure and abs(balance) >= LEAST_MARGIN and len(votes) >= LEAST_VOTES
    sure_radial = heading_sure and all(r.radial @ reading.radial > 0 for r in _close(readings))
    sure_side = sure_palm and sure_radial and (1 in sure_digits or len(sure_digits) >= LEAST_SURE_DIGITS)
    palmar = np.cross(radial, distal) * np.sign(balance or 1.0)
    frame = Frame(_origin(bones, distal, reading.scale), distal, palmar, radial, reading.scale)
    rays = tuple(Ray(digit, digit in sure_digits, ray) for digit, ray in bones.items())
    names = {p.label: UNNAMED for p in parts} | _ray_names(rays)
    if sure_radial:
        others = _other_names(rest, bones, frame)
        names |= others if sure_palm else _without_palm(others)
    side = Laterality.RIGHT if balance > 0 else Laterality.LEFT
    return HandAnatomy(
        laterality=side if sure_side else Laterality.UNCERTAIN,
        laterality_margin=abs(balance) if sure_side else 0.0,
        bones=names,
        rays=rays,
        distal=distal if heading_sure else None,
        palmar=palmar if sure_palm and sure_radial else None,
        radial=radial if sure_radial else None,
        scale=reading.scale,
        frame=frame if sure_radial else None,
        forearm_axis=forearm_axis(parts, names, distal),
        forearm=tuple(p for p in parts if names[p.label] in ("radius", "ulna")),
        limits=_limits(rays, sure_side),
        loose=tuple(p for p in rest if names[p.label] == UNNAMED),
        thumb_palmar=thumb_palmar(bones.get(1, ()), tissue) if heading_sure else None,
    )


def _limits(rays: Sequence[Ray], sure_side: bool) -> tuple[str, ...]:
    limits = []
    if not all(ray.sure for ray in rays):
        limits.append("Some digits could be counted in two ways: their numbers are not given.")
    missing = sorted({1, 2, 3, 4, 5} - {ray.digit for ray in rays})
    if missing and all(ray.sure for ray in rays):
        limits.append(f"Not found: digit {', '.join(map(str, missing))}.")
    if absent := [bone_words(name) for ray in rays if ray.sure for name in _absent(ray)]:
        limits.append(f"Not found: {', '.join(absent)}; resorbed, or taken for something else.")
    if not sure_side:
        limits.append("The side of the hand could not be told from its geometry.")
    return tuple(limits)


def _absent(ray: Ray) -> list[str]:
    """Phalanges that a ray lacks."""
    levels = [level for level in LEVELS[ray.digit] if level != "MC" and ray.bone(level) is None]
    return [f"{level}{ray.digit}" for level in levels]


def _ray_names(rays: Sequence[Ray]) -> dict[int, str]:
    """Names by label; both, joined by "+", where two bones are one part; the level where the digit is unsure."""
    held: dict[int, list[str]] = {}
    for ray in rays:
        for bone in ray.bones:
            for label in bone.labels:
                held.setdefault(label, []).append(bone.name if ray.sure else bone.level)
    return {label: "+".join(names) for label, names in held.items()}


def _origin(bones: Mapping[int, Sequence[NamedBone]], distal: Vector, scale: float) -> Vector:
    """Middle of the bases of metacarpals 2 to 5, or where they would be behind the first phalanges."""
    bases = [ray[0].proximal for digit, ray in bones.items() if digit > 1 and ray[0].level == "MC"]
    if bases:
        return np.asarray(np.mean(bases, axis=0))
    starts = [ray[0].proximal for digit, ray in bones.items() if digit > 1] or [r[0].proximal for r in bones.values()]
    return np.asarray(np.mean(starts, axis=0) - 61.0 * scale * distal)


def _without_palm(names: Mapping[int, str]) -> dict[int, str]:
    """What can be said where front and back of the hand may be swapped: carpal bones lie in front of each other."""
    return {label: "carpus" if name in CARPALS else name for label, name in names.items()}


def _other_names(rest: Sequence[Part], bones: Mapping[int, Sequence[NamedBone]], frame: Frame) -> dict[int, str]:
    names = forearm_names(rest, frame)
    names |= carpal_names([p for p in rest if p.label not in names], frame)
    return names | sesamoid_names([p for p in rest if p.label not in names], bones, frame)
