"""A result as the study page shows it: the sentences are those of the report, the values those of findings.json."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from node.domain.errors import Refused
from node.domain.findings import Deposit, Findings, Hand, Laterality
from node.domain.hand_wording import (
    calcinosis_words,
    osteolysis_words,
    other_words,
    part_words,
    region_score_words,
    score_words,
)
from node.domain.wording import MATERIAL_WORDS, hand_words, percent_words, whereabouts
from node.service.people.reported import Reported, read_reported

FINDINGS, PICTURE = "findings.json", "overlay.png"


@dataclass(frozen=True)
class DepositShown:
    """One line of the table, and the sentence below it."""

    measures: Deposit
    material: str
    place: str
    confidence: str
    description: str


@dataclass(frozen=True)
class HandShown:
    """One hand. ``answers``: calcinosis, urate, fingertips. ``listed`` counts in the totals, ``review`` does not."""

    heading: str
    hand: Hand
    answers: tuple[str, ...]
    parts: tuple[str, ...]
    score: str
    score_parts: tuple[str, ...]
    listed: tuple[DepositShown, ...]
    review: tuple[DepositShown, ...]


@dataclass(frozen=True)
class ResultShown:
    """The findings of a job. ``error`` says why they cannot be shown; the rest is empty then."""

    algorithm: str = ""
    outcome: str = ""
    reasons: tuple[str, ...] = ()
    hands: tuple[HandShown, ...] = ()
    error: str = ""


def result_shown(files: Mapping[str, Path]) -> ResultShown | None:
    """What a job's own findings file says; None where the job has none."""
    if FINDINGS not in files:
        return None
    try:
        return _shown(read_reported(files[FINDINGS].read_bytes()))
    except Refused as refusal:
        return ResultShown(error=str(refusal))
    except OSError as error:
        return ResultShown(error=f"The findings cannot be read from the data folder: {error.strerror}.")


def _shown(reported: Reported) -> ResultShown:
    findings = reported.findings
    hands = tuple(_hand(hand, findings, reported.descriptions) for hand in findings.hands)
    return ResultShown(reported.algorithm, findings.outcome, findings.reasons, hands)


def _hand(hand: Hand, findings: Findings, descriptions: Mapping[int, str]) -> HandShown:
    return HandShown(
        heading=hand_words(hand.laterality),
        hand=hand,
        answers=(calcinosis_words(hand, findings), other_words(hand, findings), osteolysis_words(hand)),
        parts=part_words(hand),
        score=score_words(hand),
        score_parts=tuple(map(region_score_words, hand.sctc_style.regions if hand.sctc_style else ())),
        listed=tuple(_deposits(hand, descriptions, lambda deposit: not deposit.review)),
        review=tuple(_deposits(hand, descriptions, lambda deposit: deposit.review)),
    )


def _deposits(hand: Hand, descriptions: Mapping[int, str], wanted: Callable[[Deposit], bool]) -> Iterator[DepositShown]:
    for deposit in filter(wanted, hand.deposits):
        yield _deposit(deposit, hand.laterality, descriptions[deposit.number])


def _deposit(deposit: Deposit, laterality: Laterality, description: str) -> DepositShown:
    return DepositShown(
        measures=deposit,
        material=MATERIAL_WORDS[deposit.material],
        place=whereabouts(deposit, laterality),
        confidence=percent_words(deposit.confidence),
        description=description,
    )
