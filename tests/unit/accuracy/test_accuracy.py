"""The scorer on hand-made volumes with known answers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from node.accuracy.figures import PERCENT, Measure, Statistic, Target, figure
from node.accuracy.hands import NamedBone, SideCall
from node.accuracy.intervals import bootstrap, deviation, poisson, wilson
from node.accuracy.measures import MEASURES
from node.accuracy.repeat import repeat_figures, spread
from node.accuracy.score import CaseScore, score
from node.accuracy.table import markdown, table
from node.accuracy.truth import CaseTruth, TrueHand, read_truth
from node.domain.confidence import Confidence
from node.domain.findings import (
    AcroOsteolysis,
    Analysis,
    Deposit,
    Digit,
    Findings,
    Hand,
    Laterality,
    Level,
    Material,
    Outcome,
    Region,
)
from node.domain.volume import Geometry
from numpy.typing import NDArray

SHAPE = (20, 20, 20)
CUBE = np.s_[4:8, 4:8, 4:8]  # 64 voxels of 1 mm³
OTHER = np.s_[4:8, 4:8, 10:14]
BONE = np.s_[12:18, 2:8, 2:8]
FAR = np.s_[14:16, 14:16, 14:16]
GEOMETRY = Geometry(SHAPE, (1.0, 1.0, 1.0), np.eye(4))
Box = tuple[slice, slice, slice]


def true(label: int, box: Box, **changes: Any) -> dict[str, Any]:
    """A record of truth.json for a deposit that fills a box."""
    volume = float(np.prod([s.stop - s.start for s in box]))
    record = {
        "id": label,
        "kind": "HA" if label < 2000 else "MSU",
        "shape": "stone",
        "volume_mm3": volume,
        "mass_mg": volume * 0.5,
        "concentration_mg_cc": 500.0,
        "touching_bone": False,
        "region": "PP3",
        "region_accept": ["PP3"],
        "compartment": "dorsal subcutaneous",
        "hand": "right",
        "centroid_lps": [(s.start + s.stop - 1) / 2 for s in box[::-1]],
        "extent_mm": [float(s.stop - s.start) for s in box],
        "in_scan": True,
    }
    return record | changes


def truth(*deposits: tuple[dict[str, Any], Box], resorbed: tuple[int, ...] = (), **painted: Box) -> CaseTruth:
    """A right hand with deposits, a bone (PP3), and labels painted as ``l3100=box``."""
    labels = np.zeros(SHAPE, np.uint16)
    labels[BONE] = 23
    for name, box in painted.items():
        labels[box] = int(name[1:])
    for record, box in deposits:
        labels[box] = record["id"]
    table_of_truth = {
        "case": "made",
        "hands": [{"side": "right", "acro_osteolysis": {f"DP{d}": {} for d in resorbed}}],
        "grid": {"spacing_mm": [1.0, 1.0, 1.0], "affine_lps": np.eye(4).tolist()},
        "label_map": {"bones": {"PP3": 23}},
        "deposits": [record for record, _ in deposits],
    }
    return read_truth(table_of_truth, labels)


def said(number: int, box: Box, **changes: Any) -> Deposit:
    """What a perfect analysis lists for a box."""
    x, y, z = ((s.start + s.stop - 1) / 2 for s in box[::-1])
    volume = float(np.prod([s.stop - s.start for s in box]))
    deposit = Deposit(
        number=number,
        centroid_lps_mm=(x, y, z),
        volume_mm3=volume,
        mass_mg=volume * 0.5,
        material=Material.CALCIUM,
        region=Region.DIGIT,
        digit=3,
        level=Level.PROXIMAL,
        compartment=None,
        touches_bone=False,
        mean_low_hu=900.0,
        mean_high_hu=500.0,
        sd_low_hu=10.0,
        max_low_hu=1000.0,
        ratio=2.0,
        long_axis_mm=4.0,
        short_axis_mm=4.0,
        distance_to_skin_mm=2.0,
        distance_to_bone_mm=3.0,
        bones=(),
        touches=(),
        key_slice=5,
        shape="stone",
        confidence_parts=Confidence(0.9, 1.0, 1.0, 1.0),
    )
    return replace(deposit, **changes)


def analysis(
    *found: tuple[Deposit, Box], side: Laterality = Laterality.RIGHT, tips: tuple[AcroOsteolysis, ...] = ()
) -> Analysis:
    segments = np.zeros(SHAPE, np.uint16)
    for deposit, box in found:
        segments[box] = deposit.number
    digits = tuple(Digit(n, None, state) for n, state in enumerate(tips, 1))
    hand = Hand(side, (), digits, tuple(deposit for deposit, _ in found))
    return Analysis(Findings(Outcome.COMPLETE, (), (hand,)), segments, np.zeros(SHAPE, np.uint16))


def scored(case: CaseTruth, result: Analysis) -> CaseScore:
    return score(case, result, GEOMETRY)


def value(name: str, *scores: CaseScore) -> float | None:
    (measure,) = (m for m in MEASURES if m.name == name)
    return figure(measure, scores).value


STONE = (true(1001, CUBE), CUBE)
TOPHUS = (true(2001, CUBE), CUBE)


def test_a_perfect_answer_has_nothing_wrong() -> None:
    result = scored(truth(STONE, TOPHUS_BESIDE), analysis((said(1, CUBE), CUBE), (urate(2, OTHER), OTHER)))
    stone, tophus = result.deposits
    assert (stone.overlap.found, stone.overlap.dice, stone.volume_mm3, stone.mass_mg) == (True, 1.0, 64.0, 32.0)
    assert (tophus.overlap.found, tophus.volume_mm3, tophus.mass_mg) == (True, 64.0, None)
    assert stone.listed is not None
    assert stone.listed.place_right
    assert stone.listed.digit_right
    assert stone.listed.side_right
    assert result.false_deposits == ()
    assert result.misplaced.false_urate_mm3 == result.misplaced.bone_mm3 == 0.0
    for name in ("deposits found, ≥ 10 mm³", "place right (digit and level)", "urate found, ≥ 60 mm³"):
        assert value(name, result) == 100.0
    for name in ("volume error, ≥ 50 mm³", "mass error, isolated, ≥ 10 mm³", "burden error of a study"):
        assert value(name, result) == 0.0


TOPHUS_BESIDE = (true(2001, OTHER), OTHER)


def urate(number: int, box: Box) -> Deposit:
    return said(number, box, material=Material.URATE, mass_mg=None)


def test_what_is_not_found_is_missed() -> None:
    result = scored(truth(STONE), analysis())
    assert not result.deposits[0].overlap.found
    assert result.deposits[0].listed is None
    assert value("deposits found, ≥ 10 mm³", result) == 0.0
    assert value("volume error, ≥ 50 mm³", result) is None
    assert value("burden error of a study", result) == 100.0


@pytest.mark.parametrize(("width", "found"), [(1, True), (0, False)])
def test_a_tenth_of_a_deposit_is_enough(width: int, found: bool) -> None:
    """One layer of four is 25 %; six voxels of 64 are less than a tenth."""
    part = np.s_[4:8, 4:8, 4 : 4 + width] if width else np.s_[4:7, 4:6, 4:5]
    assert scored(truth(STONE), analysis((said(1, part), part))).deposits[0].overlap.found is found


@pytest.mark.parametrize(("volume", "found"), [(9.0, True), (11.0, False)])
def test_beside_a_small_deposit_counts_as_on_it(volume: float, found: bool) -> None:
    beside = np.s_[4:8, 4:8, 8:9]
    result = scored(truth((true(1001, CUBE, volume_mm3=volume), CUBE)), analysis((said(1, beside), beside)))
    assert result.deposits[0].overlap.found is found
    assert result.false_deposits == ()


def test_parts_of_one_deposit_are_added() -> None:
    first, second = np.s_[4:8, 4:8, 4:6], np.s_[4:8, 4:8, 6:8]
    result = scored(truth(STONE), analysis((said(1, first), first), (said(2, second, digit=4), second)))
    (deposit,) = result.deposits
    assert deposit.overlap.numbers == (1, 2)
    assert (deposit.overlap.dice, deposit.volume_mm3, deposit.mass_mg) == (1.0, 64.0, 32.0)
    assert result.false_deposits == ()


def test_one_segment_over_two_deposits_is_shared_by_nearness() -> None:
    both = np.s_[4:8, 4:8, 4:14]
    result = scored(truth(STONE, (true(1002, OTHER), OTHER)), analysis((said(1, both), both)))
    assert [d.overlap.volume_mm3 for d in result.deposits] == [80.0, 80.0]
    assert all(d.overlap.found and d.overlap.numbers == (1,) for d in result.deposits)


@pytest.mark.parametrize(("painted", "on"), [({}, "soft tissue"), ({"l3100": FAR}, "vessel"), ({"l23": FAR}, "PP3")])
def test_what_meets_no_deposit_is_false_and_lies_on_something(painted: dict[str, Box], on: str) -> None:
    result = scored(truth(STONE, **painted), analysis((said(1, CUBE), CUBE), (said(2, FAR), FAR)))
    (false,) = result.false_deposits
    assert (false.number, false.volume_mm3, false.on) == (2, 8.0, on)
    assert value("false deposits, calcinosis", result) == 1.0
    assert value("false deposits, controls", result) is None


def test_a_false_deposit_on_a_control_counts_there() -> None:
    result = scored(truth(), analysis((said(1, FAR), FAR)))
    assert result.control
    assert value("false deposits, controls", result) == 1.0
    assert value("burden error of a study", result) is None


def test_bone_called_deposit_is_measured_and_told_from_an_outline() -> None:
    wide = np.s_[8:14, 4:8, 4:8]  # reaches two layers into the bone, and away from the deposit
    result = scored(truth(STONE), analysis((said(1, wide), wide)))
    assert result.misplaced.bone_mm3 == 32.0
    assert result.misplaced.bone_away_mm3 == 32.0
    near = np.s_[11:13, 4:8, 4:8]
    touching = scored(truth((true(1001, near), np.s_[11:12, 4:8, 4:8])), analysis((said(1, near), near)))
    assert (touching.misplaced.bone_mm3, touching.misplaced.bone_away_mm3) == (16.0, 0.0)


def test_deposits_for_a_reader_are_apart() -> None:
    unsure = {"material": Material.INDETERMINATE, "review": True}
    result = scored(truth(STONE), analysis((said(1, CUBE, **unsure), CUBE), (said(2, FAR, **unsure), FAR)))
    (deposit,) = result.deposits
    assert (deposit.overlap.found, deposit.overlap.review, deposit.listed) == (False, True, None)
    assert result.false_deposits == ()
    assert (result.review_count, result.review_mm3) == (2, 72.0)
    assert value("deposits left to a reader, calcinosis", result) == 2.0


def test_a_deposit_is_left_to_a_reader_where_as_much_of_it_is_as_counts_as_found() -> None:
    unsure = {"material": Material.INDETERMINATE, "review": True}
    for part, left in ((np.s_[4:8, 4:8, 4:5], True), (np.s_[4:7, 4:6, 4:5], False)):
        result = scored(truth(STONE), analysis((said(1, part, **unsure), part)))
        assert result.deposits[0].overlap.review is left


def test_undecided_counts_as_found_calcium_and_never_as_false_on_urate() -> None:
    unsure = said(1, CUBE, material=Material.INDETERMINATE)
    assert scored(truth(STONE), analysis((unsure, CUBE))).deposits[0].overlap.found
    on_urate = scored(truth(TOPHUS), analysis((unsure, CUBE)))
    assert not on_urate.deposits[0].overlap.found
    assert on_urate.false_deposits == ()
    assert on_urate.deposits[0].overlap.undecided_mm3 == 64.0


def test_urate_called_calcium_is_missed_and_false() -> None:
    result = scored(truth(TOPHUS), analysis((said(1, CUBE), CUBE)))
    (deposit,) = result.deposits
    assert (deposit.overlap.found, deposit.overlap.other_mm3, deposit.listed) == (False, 64.0, None)
    assert [f.on for f in result.false_deposits] == ["urate"]


def test_calcium_called_urate_is_missed_and_false_urate() -> None:
    result = scored(truth(STONE), analysis((urate(1, CUBE), CUBE)))
    assert not result.deposits[0].overlap.found
    assert result.misplaced.false_urate_mm3 == 64.0
    assert value("false urate, hands without it", result) == 64.0


@pytest.mark.parametrize(
    ("changes", "right", "digit"),
    [
        ({}, True, True),
        ({"digit": 4}, False, False),
        ({"level": Level.MIDDLE}, False, True),
        ({"level": None}, True, True),
        ({"digit": None}, False, False),
        ({"region": None, "digit": None, "level": None}, False, False),
        ({"region": Region.WRIST, "digit": None, "level": Level.CARPAL}, False, False),
    ],
)
def test_a_place_needs_its_digit_and_level(changes: dict[str, Any], right: bool, digit: bool) -> None:
    listed = scored(truth(STONE), analysis((said(1, CUBE, **changes), CUBE))).deposits[0].listed
    assert listed is not None
    assert (listed.place_right, listed.digit_right) == (right, digit)


def test_the_carpal_tunnel_is_a_place_of_its_own() -> None:
    tunnel = (true(1001, CUBE, region="carpal_tunnel", region_accept=["carpal_tunnel", "wrist"]), CUBE)
    wrist = {"region": Region.WRIST, "digit": None, "level": Level.CARPAL}
    for compartment in ("carpal tunnel", None):
        deposit = said(1, CUBE, compartment=compartment, **wrist)
        listed = scored(truth(tunnel), analysis((deposit, CUBE))).deposits[0].listed
        assert listed is not None
        assert (listed.place_right, listed.digit_right) == (True, None)


@pytest.mark.parametrize(
    ("side", "call"),
    [
        (Laterality.RIGHT, SideCall.RIGHT),
        (Laterality.UNCERTAIN, SideCall.UNCERTAIN),
        (Laterality.LEFT, SideCall.WRONG),
    ],
)
def test_a_side_is_right_uncertain_or_wrong(side: Laterality, call: SideCall) -> None:
    result = scored(truth(STONE), analysis((said(1, CUBE), CUBE), side=side))
    assert result.sides == (call,)
    assert value("sides wrong", result) == float(call is SideCall.WRONG)


@pytest.mark.parametrize(("code", "said"), [(23, "PP3"), (24, "PP4"), (99, "unnamed"), (0, "")])
def test_a_bone_has_the_name_of_most_of_its_voxels(code: int, said: str) -> None:
    result = analysis()
    result.bones[BONE] = code
    result.bones[13:15, 2:8, 2:8] = 22 if code else 0
    scores = scored(truth(STONE), result)
    assert scores.bones == (NamedBone("right", "PP3", said),)
    assert value("metacarpals and phalanges named right", scores) == 100.0 * (said == "PP3")


def test_two_hands_are_told_apart_by_their_bones() -> None:
    both = truth(l123=FAR)
    both = replace(both, hands=(*both.hands, TrueHand("left", {})))
    result = analysis(side=Laterality.LEFT)
    result.bones[FAR] = 23
    result.bones[BONE] = 123
    (hand,) = result.findings.hands
    other = replace(hand, laterality=Laterality.LEFT)
    result = replace(result, findings=replace(result.findings, hands=(hand, other)))
    assert scored(both, result).sides == (SideCall.RIGHT, SideCall.WRONG)


def test_fingertips_are_counted_one_by_one() -> None:
    present, absent, unknown = AcroOsteolysis.PRESENT, AcroOsteolysis.ABSENT, AcroOsteolysis.UNDETERMINED
    result = scored(truth(resorbed=(1, 2, 3)), analysis(tips=(present, absent, unknown, present, absent)))
    tips = result.fingertips
    assert (tips.found, tips.missed, tips.open, tips.false, tips.sound, tips.sound_open) == (1, 1, 1, 1, 1, 0)
    assert value("resorbed fingertips flagged", result) == pytest.approx(100 / 3)
    assert value("sound fingertips flagged", result) == 50.0


def test_found_voxels_may_lie_on_a_grid_stored_the_other_way_round() -> None:
    flipped = analysis((said(1, CUBE), CUBE))
    segments: NDArray[np.uint16] = np.ascontiguousarray(flipped.segments[::-1])
    affine = np.diag([1.0, 1.0, -1.0, 1.0])
    affine[2, 3] = SHAPE[0] - 1
    result = score(truth(STONE), replace(flipped, segments=segments), Geometry(SHAPE, (1.0, 1.0, 1.0), affine))
    assert result.deposits[0].overlap.dice == 1.0


def test_deposits_cut_by_the_end_of_the_scan_are_not_judged() -> None:
    result = scored(truth((true(1001, CUBE, in_scan=False), CUBE)), analysis((said(1, CUBE), CUBE)))
    assert result.deposits == ()
    assert result.false_deposits == ()


def test_intervals_are_the_published_ones() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert poisson(0, 1.0) == pytest.approx((0.0, 3.6889), abs=1e-4)
    assert poisson(5, 2.0) == pytest.approx((1.6235 / 2, 11.6683 / 2), abs=1e-4)
    assert deviation(1.0, 10) == pytest.approx((0.6987, 1.7549), abs=1e-4)
    with pytest.raises(ValueError, match="trial"):
        wilson(0, 0)


def test_the_bootstrap_draws_whole_studies() -> None:
    """Two studies with many equal values each: the median is one of three, however many values there are."""
    groups = [[0.0] * 50, [1.0] * 50]
    low, high = bootstrap(groups, lambda v: float(np.mean(v)))
    assert (low, high) == (0.0, 1.0)
    assert bootstrap(groups, lambda v: float(np.mean(v))) == (low, high)
    assert bootstrap([[3.0], [3.0, 3.0]], lambda v: float(np.median(v))) == (3.0, 3.0)


def test_a_figure_keeps_its_target_or_not() -> None:
    good, bad = (scored(truth(STONE), result) for result in (analysis((said(1, CUBE), CUBE)), analysis()))

    def found(case: CaseScore) -> list[float]:
        return [float(d.overlap.found) for d in case.deposits]

    measure = Measure("found", Statistic.RATE, found, PERCENT, Target(60.0, at_least=True))
    both = figure(measure, [good, bad])
    assert (both.value, both.n, both.met) == (50.0, 2, False)
    assert figure(measure, [good]).met
    assert both.interval == pytest.approx(tuple(100 * bound for bound in wilson(1, 2)))
    assert figure(measure, []).value is None


def test_minimal_detectable_change_is_of_the_spread_within_hands() -> None:
    """Two hands with different means: values 0.9 and 1.1 of each mean give s = sqrt(0.02)."""
    found = spread([[0.9, 1.1], [1.8, 2.2], [5.0]])
    assert found is not None
    assert found.sd == pytest.approx(np.sqrt(0.04 / 2))
    assert (found.freedom, found.n) == (2, 4)
    assert spread([[1.0], []]) is None
    scans = [scored(truth(STONE), analysis((said(1, CUBE, volume_mm3=v), CUBE))) for v in (57.6, 70.4)]
    total, _, lesion, mass = repeat_figures([scans])
    assert total.value == lesion.value == pytest.approx(100 * 1.96 * np.sqrt(2.0) * np.sqrt(0.02), rel=1e-3)
    assert total.met is False
    assert mass.value == 0.0


def test_the_table_has_a_column_for_each_set_and_says_what_is_missed() -> None:
    good, bad = (scored(truth(STONE), result) for result in (analysis((said(1, CUBE), CUBE)), analysis()))
    text = markdown(table({"cases": [good], "hard": [bad]}, {"repeats": [[good, good]]}))
    header, _, *lines = text.splitlines()
    assert header == "| measure | target | cases | hard | repeats |"
    (found,) = (line for line in lines if line.startswith("| deposits found, ≥ 10 mm³"))
    assert found == (
        "| deposits found, ≥ 10 mm³ | ≥ 98 % | 100.0 % (20.7 to 100.0), n = 1 ✓ | 0.0 % (0.0 to 79.3), n = 1 ✗ |  |"
    )
    assert lines[-1].startswith("| minimal detectable change, a lesion's mass | ≤ 20 % |  |  | 0.0 %")
