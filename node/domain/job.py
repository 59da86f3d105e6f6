"""States of a job and of an outbox item, the transitions that are allowed, leases and back-off. Pure decisions.

A job is one revision of one study. Every transition is written to the journal with its time and reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypeVar

from node.domain.errors import Defect


class JobState(StrEnum):
    """Where one revision of a study stands."""

    RECEIVED = "received"  # instances are arriving, or may still be
    PAIRED = "paired"  # complete, both energies told apart; waits for the analysis
    ANALYSING = "analysing"  # leased by an engine
    ENCODED = "encoded"  # results stored; deliveries are going on
    DONE = "done"  # every delivery ended
    REFUSED = "refused"  # out of scope, with reasons
    INCOMPLETE = "incomplete"  # slices or an energy missing at the deadline; a late slice opens a new revision
    FAILED = "failed"  # our fault, after all attempts
    IGNORED = "ignored"  # not a dual-energy study, or our own objects coming back
    UNCHANGED = "unchanged"  # late instances that add nothing to the pair: the earlier revision stands
    SUPERSEDED = "superseded"  # a later revision has more


class OutboxState(StrEnum):
    """Where one object stands on its way to one destination. Delivered is not committed."""

    PENDING = "pending"
    SENDING = "sending"  # leased by a courier
    DELIVERED = "delivered"  # C-STORE acknowledged
    COMMITMENT_REQUESTED = "commitment_requested"
    COMMITTED = "committed"  # the peer took responsibility
    FAILED = "failed"  # given up, visibly; `calcinode retry` revives it
    SUPERSEDED = "superseded"  # never sent, and a later revision has results


_J = JobState
JOB_TRANSITIONS: Final[Mapping[JobState, frozenset[JobState]]] = {
    _J.RECEIVED: frozenset({_J.PAIRED, _J.REFUSED, _J.INCOMPLETE, _J.IGNORED, _J.UNCHANGED, _J.FAILED}),
    _J.PAIRED: frozenset({_J.ANALYSING, _J.SUPERSEDED}),
    _J.ANALYSING: frozenset(
        {_J.PAIRED, _J.ENCODED, _J.DONE, _J.REFUSED, _J.INCOMPLETE, _J.IGNORED, _J.FAILED, _J.SUPERSEDED}
    ),
    _J.ENCODED: frozenset({_J.DONE}),
    _J.DONE: frozenset({_J.ENCODED}),  # resend
    _J.REFUSED: frozenset({_J.RECEIVED}),  # retry: judge it again
    _J.INCOMPLETE: frozenset({_J.RECEIVED}),
    _J.IGNORED: frozenset({_J.RECEIVED}),
    _J.FAILED: frozenset({_J.RECEIVED}),
    _J.UNCHANGED: frozenset(),
    _J.SUPERSEDED: frozenset(),
}

_O = OutboxState
OUTBOX_TRANSITIONS: Final[Mapping[OutboxState, frozenset[OutboxState]]] = {
    _O.PENDING: frozenset({_O.SENDING, _O.SUPERSEDED, _O.FAILED}),
    _O.SENDING: frozenset({_O.PENDING, _O.DELIVERED, _O.FAILED}),
    _O.DELIVERED: frozenset({_O.COMMITMENT_REQUESTED, _O.COMMITTED, _O.PENDING}),  # a late report still counts
    _O.COMMITMENT_REQUESTED: frozenset({_O.COMMITTED, _O.DELIVERED, _O.PENDING}),
    _O.COMMITTED: frozenset({_O.PENDING}),  # resend
    _O.FAILED: frozenset({_O.PENDING}),
    _O.SUPERSEDED: frozenset(),
}

SETTLED_DELIVERIES: Final = frozenset({_O.DELIVERED, _O.COMMITMENT_REQUESTED, _O.COMMITTED, _O.FAILED, _O.SUPERSEDED})
"""A job is done when each of its deliveries is in one of these."""

RETRYABLE_JOBS: Final = frozenset({_J.REFUSED, _J.INCOMPLETE, _J.IGNORED, _J.FAILED})
"""States from which a person may have the study judged again."""

State = TypeVar("State", JobState, OutboxState)


def check_job(current: JobState, to: JobState) -> None:
    """Raise Defect where a job may not go from ``current`` to ``to``."""
    _check(JOB_TRANSITIONS, current, to)


def check_outbox(current: OutboxState, to: OutboxState) -> None:
    """Raise Defect where an outbox item may not go from ``current`` to ``to``."""
    _check(OUTBOX_TRANSITIONS, current, to)


def _check(table: Mapping[State, frozenset[State]], current: State, to: State) -> None:
    if to not in table[current]:
        allowed = ", ".join(sorted(table[current])) or "nothing"
        raise Defect(f"A {type(current).__name__} may not go from {current} to {to}; allowed: {allowed}.")


@dataclass(frozen=True)
class Backoff:
    """How long to wait after a failed attempt, and when to give up. Doubles from ``first`` to ``longest``."""

    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(hours=1)
    give_up_after: timedelta = timedelta(days=14)

    def delay(self, attempts: int) -> timedelta:
        """Wait after the ``attempts``-th failure (from 1). Never shorter than after the one before."""
        doublings = min(max(attempts, 1) - 1, 20)  # a million times the first pause is past every ceiling
        return min(self.first * (1 << doublings), self.longest)

    def gives_up(self, began: datetime, now: datetime) -> bool:
        """True when it was tried for so long that a person must look."""
        return now - began >= self.give_up_after


@dataclass(frozen=True)
class AttemptLimits:
    """How often a job may fail before it is ``failed``.

    An attempt that ends by an error, a dead worker or a timeout counts against ``attempts``. A lease that ran out
    (the engine itself was killed, the power went) says little of the study: those count against ``interruptions``.
    """

    attempts: int = 3
    interruptions: int = 100

    def is_over(self, attempts: int, interruptions: int) -> bool:
        """True when the job has used up either."""
        return attempts >= self.attempts or interruptions >= self.interruptions


def job_key(inputs: Mapping[str, str], algorithm: str, parameters: str) -> str:
    """Digest of what determines a result: content digest by SOP Instance UID, algorithm with version, parameters."""
    lines = [f"{uid}\t{digest}" for uid, digest in sorted(inputs.items())]
    return sha256("\n".join([*lines, algorithm, parameters]).encode()).hexdigest()
