"""Acro-osteolysis: is a distal phalanx too short for its hand, and has it lost its tuft?

Lengths are compared with the phalanx before it and with the other digits of the same hand. The expected ratios are
those of the mean lengths in ``proportions`` (Buryanov and Kotiuk, Int. J. Morphol. 28 (2010) 755-758); hands differ
from them by a factor common to their digits, which is taken from the hand's own longest distal phalanges, and then
from those that are left without the ones surely resorbed, where enough are. The shape speaks by itself: a whole phalanx
is as stout at its tuft as at its waist, a resorbed one ends as a cone ("pencilled", the classic sign in systemic
sclerosis [K]).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from node.analysis.anatomy.fingertip import is_in_bits, is_in_tip
from node.analysis.anatomy.model import HandAnatomy, NamedBone, Ray
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from node.domain.findings import AcroOsteolysis
from node.domain.volume import Float64Array

USUAL_FACTOR: Final = 0.93
"""Ratio of distal to preceding phalanx in CT surface models over that of the radiographs, which include cartilage
and magnification differently [K]."""
LOWEST_FACTOR: Final = 0.85
"""No hand is believed to have shorter distal phalanges throughout: then all of them may be resorbed [K]."""
USUAL_QUANTILE, MIDDLE = 0.7, 0.5
LEAST_DIGITS: Final = 3
"""What most digits of a hand have, though some of its fingertips are resorbed, and where those surely lost are left
out; of two nothing is told."""
HIGHEST_FACTOR: Final = 1.3
"""A distal phalanx that is longer still beside the one before it holds a part of that: neither length is known."""
DOUBTFUL_LOSS: Final = 0.16
LOSS_SPREAD: Final = 0.06
"""A loss of 16 % of the length is as likely resorption as variation; healthy digits of one hand scatter by about
6 % around its factor, 11 % at most (radiographs against surface models of another anatomy) [K]."""
DOUBTFUL_TAPER: Final = 0.75
TAPER_SPREAD: Final = 0.24
TAPER_LIMITS: Final = (-0.5, 1.2)
"""Section at the tuft over that at the waist: 0.7 and more where whole, 0.5 to 1.2 where the end is lost [K]. It adds
to a loss of length and speaks little against one: what is left of a broad phalanx is broad."""
DOUBTFUL_SHARE: Final = 0.75
SHARE_SPREAD: Final = 0.12
BROADEST: Final = 1.1
"""The same over what is usual in the hand, whose tufts are alike: most whole ones have 0.9 to 1.1 of it, stumps 0.35 to
0.7; one as broad as that is no cone, though others of the hand are broader [measured on phantoms and cases]."""
DECIDED: Final = 0.7
WAIST, TUFT = 0.55, 0.80
WINDOW_MM: Final = 1.2


@dataclass(frozen=True)
class DistalPhalanx:
    """Distal phalanx of a digit: its length, the estimated share of it that is lost (never below 0), the taper of
    its tip, and the verdict. None where it was not seen whole."""

    digit: int
    length_mm: float | None
    lost_fraction: float | None
    taper: float | None
    acro_osteolysis: AcroOsteolysis


def assess_distal_phalanges(anatomy: HandAnatomy, doubtful: Sequence[Float64Array] = ()) -> tuple[DistalPhalanx, ...]:
    """Digits 1 to 5 in order; all undetermined where the digits are not sure.

    ``doubtful``: points (n, 3) in mm of each piece that may be bone. Where one would make up for what seems lost of a
    fingertip, nothing is called lost there.
    """
    seen = {ray.digit: ray for ray in anatomy.rays if ray.sure and _is_whole(ray, anatomy)}
    judged = _assess_all(seen, seen.values(), USUAL_QUANTILE)
    lost = {one.digit for one in judged if one.acro_osteolysis is AcroOsteolysis.PRESENT}
    whole = [ray for digit, ray in seen.items() if digit not in lost]
    if LEAST_DIGITS <= len(whole) < len(seen):
        judged = list(map(_second_look, judged, _assess_all(seen, whole, MIDDLE)))
    return tuple(_doubted(one, seen.get(one.digit), anatomy.scale, doubtful) for one in judged)


def _assess_all(seen: Mapping[int, Ray], usual_of: Collection[Ray], quantile: float) -> list[DistalPhalanx]:
    """Digits 1 to 5, over what is usual in the rays ``usual_of``: a fingertip surely lost tells nothing of it."""
    factor = _hand_factor([_factor(ray) for ray in usual_of], quantile)
    usual_taper = _usual([taper(pair[0]) for ray in usual_of if (pair := _pair(ray))], quantile)
    return [_assess(digit, seen.get(digit), factor, usual_taper) for digit in range(1, 6)]


def _second_look(first: DistalPhalanx, second: DistalPhalanx) -> DistalPhalanx:
    """The second verdict; a fingertip is called sound where both looks say so."""
    sound = [one.acro_osteolysis is AcroOsteolysis.ABSENT for one in (first, second)]
    return replace(second, acro_osteolysis=AcroOsteolysis.UNDETERMINED) if sound == [False, True] else second


def _is_whole(ray: Ray, anatomy: HandAnatomy) -> bool:
    """True where the length of the distal phalanx is known: it is in no bits, and holds none of the bone before it."""
    pair = _pair(ray)
    return pair is not None and not is_in_bits(pair[0], anatomy) and _factor(ray) < HIGHEST_FACTOR


def _pair(ray: Ray) -> tuple[NamedBone, NamedBone] | None:
    """Distal and preceding phalanx, where both were seen whole as bones of their own."""
    distal, before = ray.bone("DP"), ray.bone("PP" if ray.digit == 1 else "MP")
    if distal is None or before is None or distal.part.cut or before.part.cut:
        return None
    return None if set(distal.labels) & set(before.labels) else (distal, before)


def _factor(ray: Ray) -> float:
    """Length ratio of the two last phalanges over the mean one."""
    pair = _pair(ray)
    if pair is None:
        return 0.0
    expected = MEAN_LENGTH_MM[ray.digit][-1] / MEAN_LENGTH_MM[ray.digit][-2]
    return pair[0].length_mm / pair[1].length_mm / expected


def _hand_factor(factors: Sequence[float], quantile: float) -> float:
    """The hand's own factor, as resorption can only shorten."""
    own = _usual(factors, quantile)
    return USUAL_FACTOR if own is None else max(LOWEST_FACTOR, own)


def _usual(values: Sequence[float], quantile: float) -> float | None:
    """What is usual in a hand: a quantile of its digits, None of too few of them."""
    return float(np.quantile(values, quantile)) if len(values) >= LEAST_DIGITS else None


def taper(bone: NamedBone) -> float:
    """Section (voxels per mm) of a phalanx at 80 % of its length over that at 55 %."""
    along = (bone.part.points - bone.proximal) @ bone.axis
    places = np.array([WAIST, TUFT]) * bone.length_mm
    weights = np.exp(-0.5 * ((along[:, None] - places) / WINDOW_MM) ** 2).sum(axis=0)
    return float(weights[1] / max(weights[0], 1e-9))


def _doubted(one: DistalPhalanx, ray: Ray | None, scale: float, doubtful: Sequence[Float64Array]) -> DistalPhalanx:
    """The verdict with what may be bone counted in: a loss that it would make up for is open."""
    tip = ray.bone("DP") if ray is not None else None
    if one.acro_osteolysis is not AcroOsteolysis.PRESENT or tip is None or one.lost_fraction is None:
        return one
    beside = (points for points in doubtful if is_in_tip(points.mean(axis=0), tip, scale))
    reach_mm = max((float(((points - tip.proximal) @ tip.axis).max()) for points in beside), default=0.0)
    lost = 1.0 - (1.0 - one.lost_fraction) * reach_mm / tip.length_mm
    return one if _weight(lost) > DECIDED else replace(one, acro_osteolysis=AcroOsteolysis.UNDETERMINED)


def _weight(lost: float) -> float:
    """What a loss of that share of the length says for resorption, against it below 0."""
    return (lost - DOUBTFUL_LOSS) / LOSS_SPREAD


def _pencilled(tip: float, usual: float | None) -> float:
    """What the taper of a tip says for resorption, little against it; ``usual``: the hand's own."""
    weight = (DOUBTFUL_TAPER - tip) / TAPER_SPREAD
    if usual is not None:
        weight = min((DOUBTFUL_SHARE - tip / usual) / SHARE_SPREAD, (BROADEST - tip) / TAPER_SPREAD)
    return float(np.clip(weight, *TAPER_LIMITS))


def _assess(digit: int, ray: Ray | None, usual: float, usual_taper: float | None) -> DistalPhalanx:
    pair = _pair(ray) if ray is not None else None
    if ray is None or pair is None:
        return DistalPhalanx(digit, None, None, None, AcroOsteolysis.UNDETERMINED)
    lost = 1.0 - _factor(ray) / usual
    tip = taper(pair[0])
    score = _weight(lost) + _pencilled(tip, usual_taper)
    verdict = AcroOsteolysis.UNDETERMINED
    if score > DECIDED:
        verdict = AcroOsteolysis.PRESENT
    elif score < -DECIDED:
        verdict = AcroOsteolysis.ABSENT
    return DistalPhalanx(digit, pair[0].length_mm, max(0.0, lost), tip, verdict)
