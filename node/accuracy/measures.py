"""The measures of the analysis and their targets (those of the project's issue on accuracy)."""

from collections.abc import Callable
from typing import Final

from node.accuracy.figures import PERCENT, Measure, Statistic, Target
from node.accuracy.hands import SideCall
from node.accuracy.score import CaseScore, DepositScore
from node.accuracy.truth import CALCIUM, URATE

MOUSSE: Final = "mousse"
"""The shape of milk of calcium."""
STRONG_MG_CC: Final = 300.0
HAND: Final = "a hand"
MM3_HAND: Final = "mm³ a hand"
_Test = Callable[[DepositScore], bool]
_Values = Callable[[CaseScore], list[float]]


def _touching(deposit: DepositScore) -> bool:
    return deposit.true.touches_bone


def _any(_deposit: DepositScore) -> bool:
    return True


def _strong_and_free(deposit: DepositScore) -> bool:
    return not deposit.true.touches_bone and deposit.true.concentration_mg_cc >= STRONG_MG_CC


def _solid_and_free(deposit: DepositScore) -> bool:
    return not deposit.true.touches_bone and deposit.true.shape != MOUSSE


def _in_fat(deposit: DepositScore) -> bool:
    """Subcutaneous or in a fingertip's pad, and neither on bone nor milk of calcium."""
    place = deposit.true.compartment
    return _solid_and_free(deposit) and ("subcutaneous" in place or "pulp" in place)


def _milk(deposit: DepositScore) -> bool:
    return not deposit.true.touches_bone and deposit.true.shape == MOUSSE


def _chosen(
    case: CaseScore, test: _Test, least_mm3: float, below_mm3: float = float("inf"), kind: str = CALCIUM
) -> list[DepositScore]:
    right = (d for d in case.deposits if d.true.kind == kind and least_mm3 <= d.true.volume_mm3 < below_mm3)
    return [d for d in right if test(d)]


def _found(test: _Test, least_mm3: float, below_mm3: float = float("inf"), kind: str = CALCIUM) -> _Values:
    return lambda case: [float(d.overlap.found) for d in _chosen(case, test, least_mm3, below_mm3, kind)]


def _found_or_flagged(case: CaseScore) -> list[float]:
    return [float(d.overlap.found or d.overlap.review) for d in _chosen(case, _any, 10.0)]


def _volume_error(least_mm3: float, below_mm3: float = float("inf")) -> _Values:
    return lambda case: [
        abs(d.volume_mm3 / d.true.volume_mm3 - 1.0)
        for d in _chosen(case, _any, least_mm3, below_mm3)
        if d.overlap.found
    ]


def _mass_error(test: _Test) -> _Values:
    return lambda case: [
        abs(d.mass_mg / d.true.mass_mg - 1.0)
        for d in _chosen(case, test, 10.0)
        if d.overlap.found and d.mass_mg is not None
    ]


def _burden_error(case: CaseScore) -> list[float]:
    true = sum(d.true.volume_mm3 for d in _chosen(case, _any, 0.0))
    return [abs(case.misplaced.calcium_mm3 / true - 1.0)] if true else []


def _dice(case: CaseScore) -> list[float]:
    return [d.overlap.dice for d in _chosen(case, _touching, 50.0) if d.overlap.found and d.overlap.dice is not None]


def _false(case: CaseScore) -> list[float]:
    return [float(len(case.false_deposits))]


def _on_controls(values: _Values) -> _Values:
    return lambda case: values(case) if case.control else []


def _on_patients(values: _Values) -> _Values:
    return lambda case: [] if case.control else values(case)


def _false_urate(case: CaseScore) -> list[float]:
    has_urate = any(d.true.kind == URATE for d in case.deposits)
    return [] if has_urate else [case.misplaced.false_urate_mm3 / case.hands]


def _placed(case: CaseScore) -> list[float]:
    return [float(d.listed.place_right) for d in case.deposits if d.listed]


def _on_right_digit(case: CaseScore) -> list[float]:
    return [float(d.listed.digit_right) for d in case.deposits if d.listed and d.listed.digit_right is not None]


def _named(case: CaseScore) -> list[float]:
    return [float(bone.said == bone.true) for bone in case.bones]


def _contact(case: CaseScore) -> list[float]:
    return [float(d.listed.contact_right) for d in case.deposits if d.listed]


def _resorbed(case: CaseScore) -> list[float]:
    tips = case.fingertips
    return [1.0] * tips.found + [0.0] * (tips.missed + tips.open)


def _plainly_resorbed(case: CaseScore) -> list[float]:
    tips = case.fingertips
    return [1.0] * tips.plain_found + [0.0] * (tips.plain - tips.plain_found)


def _resorbed_falsely(case: CaseScore) -> list[float]:
    tips = case.fingertips
    return [1.0] * tips.false + [0.0] * (tips.sound + tips.sound_open)


def _review(case: CaseScore) -> list[float]:
    return [float(case.review_count)]


def _rate(name: str, values: _Values, percent: float | None = None, at_least: bool = True) -> Measure:
    return Measure(name, Statistic.RATE, values, PERCENT, None if percent is None else Target(percent, at_least))


def _median(name: str, values: _Values, percent: float) -> Measure:
    return Measure(name, Statistic.MEDIAN, values, PERCENT, Target(percent))


def _per_hand(name: str, values: _Values, most: float) -> Measure:
    return Measure(name, Statistic.PER_HAND, values, HAND, Target(most))


MEASURES: Final = (
    _rate("studies with a result", lambda case: [float(case.outcome in ("complete", "partial"))], 100.0),
    _rate("deposits found, ≥ 10 mm³", _found(_any, 10.0), 98.0),
    _rate("… ≥ 1 mm³, ≥ 300 mg/cc, away from bone", _found(_strong_and_free, 1.0), 95.0),
    _rate("… touching bone, ≥ 50 mm³", _found(_touching, 50.0), 95.0),
    _rate("… touching bone, 10–50 mm³", _found(_touching, 10.0, 50.0), 85.0),
    _rate("found or left to a reader, ≥ 10 mm³", _found_or_flagged),
    _per_hand("false deposits, calcinosis", _on_patients(_false), 0.3),
    _per_hand("false deposits, controls", _on_controls(_false), 0.0),
    Measure("bone called deposit", Statistic.MEAN, lambda c: [c.misplaced.bone_mm3 / c.hands], MM3_HAND, Target(5.0)),
    Measure("… the worst study", Statistic.MOST, lambda c: [c.misplaced.bone_mm3 / c.hands], MM3_HAND),
    _median("volume error, ≥ 50 mm³", _volume_error(50.0), 8.0),
    _median("volume error, 10–50 mm³", _volume_error(10.0, 50.0), 15.0),
    _median("burden error of a study", _burden_error, 5.0),
    _median("mass error, isolated, ≥ 10 mm³", _mass_error(_solid_and_free), 10.0),
    _median("… in fat", _mass_error(_in_fat), 10.0),
    _median("… milk of calcium", _mass_error(_milk), 20.0),
    Measure("Dice, touching bone, ≥ 50 mm³", Statistic.MEAN, _dice, "", Target(0.85, at_least=True)),
    _rate("urate found, ≥ 60 mm³", _found(_any, 60.0, kind=URATE), 95.0),
    Measure("false urate, hands without it", Statistic.MEAN, _false_urate, MM3_HAND, Target(0.0)),
    _rate("place right (digit and level)", _placed, 98.0),
    _rate("… digit right", _on_right_digit),
    _rate("contact with bone right", _contact),
    _rate("metacarpals and phalanges named right", _named, 98.0),
    _per_hand("sides wrong", lambda case: [float(case.sides.count(SideCall.WRONG))], 0.0),
    _rate("sides uncertain", lambda case: [float(side is SideCall.UNCERTAIN) for side in case.sides]),
    _rate("resorbed fingertips flagged", _resorbed, 95.0),
    _rate("… that lost a quarter of their length or more", _plainly_resorbed),
    _rate("sound fingertips flagged", _resorbed_falsely, 2.0, at_least=False),
    _per_hand("deposits left to a reader, calcinosis", _on_patients(_review), 1.0),
    _per_hand("deposits left to a reader, controls", _on_controls(_review), 0.0),
    Measure("… the worst study", Statistic.MOST, lambda c: [c.review_count / c.hands], HAND, Target(1.0)),
)
