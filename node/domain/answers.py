"""The answers to the two questions a study is made for. The report and the pictures give the same."""

from enum import StrEnum

from node.domain.findings import Findings, Hand, Material, Outcome


class Answer(StrEnum):
    """Absent is claimed only where all was assessed and nothing is left for a reader to decide."""

    PRESENT = "present"
    ABSENT = "absent"
    UNDETERMINED = "undetermined"


def calcinosis(hand: Hand, findings: Findings) -> Answer:
    """Is there soft-tissue calcinosis in this hand?"""
    if hand.totals.count:
        return Answer.PRESENT
    return Answer.ABSENT if _assessed(hand, findings) and not hand.totals.review_count else Answer.UNDETERMINED


def urate(hand: Hand, findings: Findings) -> Answer:
    """Are there monosodium urate deposits in this hand?"""
    deposits = [deposit for deposit in hand.deposits if deposit.material is Material.URATE]
    if any(not deposit.review for deposit in deposits):
        return Answer.PRESENT
    return Answer.ABSENT if _assessed(hand, findings) and not deposits else Answer.UNDETERMINED


def _assessed(hand: Hand, findings: Findings) -> bool:
    """True unless the study is partial and something limited this hand."""
    return findings.outcome is Outcome.COMPLETE or not hand.limits
