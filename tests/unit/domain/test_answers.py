"""Absent is said only where it is known."""

from dataclasses import replace
from pathlib import Path

import pytest
from node.domain.answers import Answer, calcinosis, urate
from node.domain.findings import Findings, Hand, Laterality, Material, Outcome
from tests.fakes.analysis import make_study


def answers(hand: Hand, outcome: Outcome = Outcome.COMPLETE) -> tuple[Answer, Answer]:
    findings = Findings(outcome, (), (hand,))
    return calcinosis(hand, findings), urate(hand, findings)


EMPTY = Hand(Laterality.RIGHT, (), (), ())


def test_an_empty_hand_is_negative_only_if_it_was_assessed() -> None:
    limited = replace(EMPTY, limits=("Motion.",))
    assert answers(EMPTY) == (Answer.ABSENT, Answer.ABSENT)
    assert answers(limited) == (Answer.ABSENT, Answer.ABSENT), "a limit alone, e.g. noise, is said beside the answer"
    assert answers(EMPTY, Outcome.PARTIAL) == (Answer.ABSENT, Answer.ABSENT), "another hand was not assessed"
    assert answers(limited, Outcome.PARTIAL) == (Answer.UNDETERMINED, Answer.UNDETERMINED)


@pytest.mark.parametrize(
    ("material", "review", "expected"),
    [
        (Material.CALCIUM, False, (Answer.PRESENT, Answer.ABSENT)),
        (Material.CALCIUM, True, (Answer.UNDETERMINED, Answer.ABSENT)),
        (Material.URATE, False, (Answer.ABSENT, Answer.PRESENT)),
        (Material.URATE, True, (Answer.UNDETERMINED, Answer.UNDETERMINED)),
        (Material.INDETERMINATE, False, (Answer.PRESENT, Answer.ABSENT)),
        (Material.INDETERMINATE, True, (Answer.UNDETERMINED, Answer.ABSENT)),
    ],
)
def test_what_is_for_review_leaves_the_answer_open(
    tmp_path: Path, material: Material, review: bool, expected: tuple[Answer, Answer]
) -> None:
    deposit = make_study(tmp_path).analysis.findings.deposits[0]
    hand = replace(EMPTY, deposits=(replace(deposit, material=material, review=review),))
    assert answers(hand) == expected
