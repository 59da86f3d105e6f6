"""What of a scan is a limb, what else holds bone, and what is said where something cannot be assessed."""

from collections.abc import Callable

import numpy as np
import pytest
from node.analysis import pipeline
from node.analysis.hand import HandResult
from node.analysis.limb.limbs import Limb, find_limbs, find_parts
from node.domain.anatomy import BONE_CODES, UNNAMED_BONE
from node.domain.errors import Refused
from node.domain.findings import Analysis, Hand, Laterality, Outcome
from node.domain.volume import EnergyPair, Geometry, Volume
from numpy.typing import NDArray
from tests.fakes.limbs import HIGH_TUBE, LOW_TUBE, MUSCLE, Shape, ball, cube, shell, slab, without

AIR_HU, BLOCK_MM = -1000.0, 40
MIDDLE = (20.0, 20.0, 20.0)
BONE, PLASTER, METAL, PLASTIC = (1500.0, 650.0), (620.0, 430.0), (3071.0, 3071.0), (400.0, 395.0)
Thing = tuple[tuple[Shape, tuple[float, float]], ...]
"""Shapes with their (low, high) HU, painted one over the other into a block of BLOCK_MM."""

ARM: Thing = ((ball(19.0, MIDDLE), MUSCLE), (shell(6.0, 9.0, MIDDLE), BONE))
SMALLER_ARM: Thing = ((ball(18.2, MIDDLE), MUSCLE), (shell(6.0, 9.0, MIDDLE), BONE))
SMALLEST_ARM: Thing = ((ball(17.4, MIDDLE), MUSCLE), (shell(6.0, 9.0, MIDDLE), BONE))
FINGERTIP: Thing = ((ball(9.0, MIDDLE), MUSCLE), (shell(3.0, 5.0, MIDDLE), BONE))
NO_BONE: dict[str, Thing] = {
    "pad": ((cube(2.0, 39.0), (-80.0, -75.0)),),
    "splint of plaster": ((without(slab(0, 12.0, 32.0, cube(1.0, 39.0)), ball(8.0, (12.0, 20.0, 20.0))), PLASTER),),
    "cable": ((ball(9.0, MIDDLE), (150.0, 145.0)), (ball(4.5, MIDDLE), METAL)),
    "tube": ((shell(7.0, 9.0, MIDDLE), PLASTIC),),
    "plastic in foam": ((ball(12.0, MIDDLE), (-90.0, -85.0)), (ball(5.0, MIDDLE), PLASTIC)),
    "speck": ((ball(9.0, MIDDLE), MUSCLE), (ball(2.0, MIDDLE), BONE)),
}


def scan(*things: Thing) -> EnergyPair:
    """The things side by side in air, voxels of 1 mm."""
    axes = np.ix_(*(np.arange(float(BLOCK_MM)),) * 3)
    images = []
    for energy in (0, 1):
        blocks = []
        for thing in things:
            block = np.full((BLOCK_MM,) * 3, AIR_HU)
            for shape, level_hu in thing:
                block[shape(axes)] = level_hu[energy]
            blocks.append(block)
        images.append(np.concatenate(blocks, axis=2).astype(np.int16))
    grid = Geometry(images[0].shape, (1.0, 1.0, 1.0), np.eye(4))
    return EnergyPair(Volume(images[0], grid), Volume(images[1], grid), LOW_TUBE, HIGH_TUBE)


def starts(limbs: tuple[Limb, ...]) -> list[int]:
    """The block that each limb lies in."""
    return [(limb.offset[2] + BLOCK_MM // 2) // BLOCK_MM for limb in limbs]


@pytest.mark.parametrize("name", NO_BONE)
def test_what_holds_no_bone_is_not_counted(name: str) -> None:
    parts = find_parts(scan(NO_BONE[name], SMALLER_ARM), 2)
    assert (starts(parts.limbs), parts.further) == ([1], 0)


def test_a_fingertip_at_the_edge_of_the_field_of_view_is_counted() -> None:
    parts = find_parts(scan(ARM, FINGERTIP, FINGERTIP), 2)
    assert (starts(parts.limbs), parts.further) == ([0], 2)


def test_limbs_beyond_those_asked_for_are_counted() -> None:
    pair = scan(SMALLEST_ARM, ARM, SMALLER_ARM)
    parts = find_parts(pair, 2)
    assert (starts(parts.limbs), parts.further) == ([1, 2], 1)
    assert starts(find_limbs(pair)) == [1, 2, 0]


def test_a_limb_that_does_not_look_like_one_is_looked_at_where_there_is_no_other() -> None:
    parts = find_parts(scan(NO_BONE["splint of plaster"]))
    assert (len(parts.limbs), parts.further) == (1, 0)


Outcomes = dict[int, Laterality | Refused]
"""By the block that a limb begins in: the side that is found, or why it is refused."""


def read(
    monkeypatch: pytest.MonkeyPatch,
    outcomes: Outcomes,
    *things: Thing,
    touching: Callable[[Limb], object] | None = None,
    bone: int = BONE_CODES["MC3"],
) -> Analysis:
    """The analysis of things where that of a limb tells its side and that it is one ``bone``, no more."""

    def analyse_limb(limb: Limb, *_: object) -> HandResult:
        outcome = outcomes[starts((limb,))[0]]
        if isinstance(outcome, Refused):
            raise outcome
        nothing: NDArray[np.int32] = np.zeros(limb.body.shape, np.int32)
        bones = limb.body * np.uint16(bone)
        return HandResult(limb, Hand(outcome, (), (), ()), nothing, bones)

    monkeypatch.setattr(pipeline, "analyse_limb", analyse_limb)
    monkeypatch.setattr(pipeline, "parted_hands", touching or (lambda limb: None))
    return pipeline.analyse(scan(*things))


MOTION = Refused("The energies are displaced.", hint="Repeat the scan.")


def test_one_hand_that_is_refused_does_not_take_the_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = read(monkeypatch, {0: MOTION, 1: Laterality.LEFT}, ARM, SMALLER_ARM).findings
    assert findings.outcome is Outcome.PARTIAL
    assert findings.reasons == ("Not assessed: The energies are displaced. Repeat the scan.",)
    assert [(h.laterality, h.limits, h.covered) for h in findings.hands] == [
        (Laterality.LEFT, (), True),
        (Laterality.UNCERTAIN, findings.reasons, False),
    ]


def test_the_study_is_refused_with_the_first_reason_where_no_hand_can_be_assessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Refused, match="displaced"):
        read(monkeypatch, {0: MOTION, 1: Refused("No soft tissue.")}, ARM, SMALLER_ARM)


def test_further_parts_limit_every_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose finger it is nobody knows: of neither hand it may be said that nothing was found."""
    sides: Outcomes = {0: Laterality.RIGHT, 1: Laterality.LEFT}
    findings = read(monkeypatch, sides, ARM, SMALLER_ARM, SMALLEST_ARM, FINGERTIP).findings
    (reason,) = findings.reasons
    assert reason.startswith("2 further parts with bone were not assessed")
    assert [h.limits for h in findings.hands] == [(reason,)] * 2
    assert findings.outcome is Outcome.PARTIAL
    whole = read(monkeypatch, sides, ARM, SMALLER_ARM, NO_BONE["cable"]).findings
    assert (whole.outcome, whole.reasons) == (Outcome.COMPLETE, ())


RIGHT, LEFT, UNCERTAIN = Laterality.RIGHT, Laterality.LEFT, Laterality.UNCERTAIN


@pytest.mark.parametrize(
    ("sides", "expected", "limited"),
    [
        ((RIGHT, LEFT), [RIGHT, LEFT], False),
        ((LEFT, LEFT), [RIGHT], False),
        ((LEFT, UNCERTAIN), [LEFT, UNCERTAIN], True),
        ((UNCERTAIN, UNCERTAIN), [UNCERTAIN, UNCERTAIN], True),
        ((LEFT, MOTION), [RIGHT], False),
    ],
)
def test_touching_hands_stay_parted_unless_both_are_surely_of_one_side(
    monkeypatch: pytest.MonkeyPatch,
    sides: tuple[Laterality | Refused, Laterality | Refused],
    expected: list[Laterality],
    limited: bool,
) -> None:
    """The whole is a right hand in the first block; its trial parts are those of another scan, in the next two."""
    one, first, second = find_limbs(scan(ARM, SMALLER_ARM, SMALLEST_ARM))
    outcomes: Outcomes = {0: RIGHT, 1: sides[0], 2: sides[1]}
    monkeypatch.setattr(pipeline, "_assemble", lambda results, shape: results)
    results = read(monkeypatch, outcomes, ARM, touching=lambda limb: (first, second))
    hands = [result.hand for result in results]  # type: ignore[attr-defined]
    assert starts((one, first, second)) == [0, 1, 2]
    assert [hand.laterality for hand in hands] == expected
    assert [any("touch were parted" in limit for limit in hand.limits) for hand in hands] == [limited] * len(hands)


def test_parts_of_what_is_no_hand_are_not_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A foot, whose tarsals lie apart from its toes: neither part has a bone of a hand."""
    parts = find_limbs(scan(ARM, SMALLER_ARM, SMALLEST_ARM))[1:]
    nowhere: Outcomes = dict.fromkeys(range(3), UNCERTAIN)
    findings = read(monkeypatch, nowhere, ARM, touching=lambda limb: parts, bone=UNNAMED_BONE).findings
    assert len(findings.hands) == 1


def test_of_three_hands_two_are_given_and_the_third_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that touch, and another one."""
    pair = scan(ARM, SMALLER_ARM, SMALLEST_ARM)
    parts = find_limbs(pair)[1:]
    monkeypatch.setattr(pipeline, "_assemble", lambda results, shape: results)
    sides: Outcomes = {0: RIGHT, 1: RIGHT, 2: LEFT}
    results = read(
        monkeypatch, sides, ARM, SMALLER_ARM, touching=lambda limb: parts if starts((limb,)) == [0] else None
    )
    hands = [result.hand for result in results]  # type: ignore[attr-defined]
    assert [hand.laterality for hand in hands] == [RIGHT, LEFT]
    assert all(hand.limits[0].startswith("1 further part with bone was not assessed") for hand in hands)
