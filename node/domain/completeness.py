"""Has everything of a study arrived that is going to arrive? No sender says so (docs/dicom.md section 2).

Early by positive proof; else after a quiet period; else at a hard deadline, visibly. Pure: the caller gives the time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from node.domain.instance import Instance
from node.domain.pairing import Pairing, PairingOutcome, find_pair
from node.domain.times import when


class Readiness(StrEnum):
    """What to do with a study now."""

    WAIT = "wait"  # look again at ``look_again``
    READY = "ready"  # go on: to the analysis if paired, else to the refusal or the ignoring that ``pairing`` says
    INCOMPLETE = "incomplete"  # the deadline has passed and something is missing


@dataclass(frozen=True)
class Patience:
    """How long to wait.

    ``proof``: quiet time that, with all associations released, completes a pair whose geometry is whole; it bridges
    senders that open an association a series (Orthanc: a second apart). ``quiet``: time without arrivals after which
    a study is taken as it is. ``deadline``: time since the first arrival of this revision after which nothing waits.
    """

    proof: timedelta = timedelta(seconds=5)
    quiet: timedelta = timedelta(seconds=60)
    deadline: timedelta = timedelta(minutes=30)


@dataclass(frozen=True)
class Arrivals:
    """When the instances of this revision came. ``associations_open``: those that brought instances and still stand.

    ``released``: every association that brought instances ended by a release (an abort is no hint of an end).
    """

    first: datetime
    last: datetime
    associations_open: int = 0
    released: bool = True


@dataclass(frozen=True, eq=False)
class Assessment:
    """The decision and its reason (a sentence)."""

    readiness: Readiness
    reason: str
    look_again: datetime | None
    pairing: Pairing


def assess(
    instances: Iterable[Instance],
    arrivals: Arrivals,
    now: datetime,
    *,
    patience: Patience | None = None,
    allow_monoenergetic: bool = False,
) -> Assessment:
    """Decide whether the instances of one study are complete at ``now``."""
    pairing = find_pair(instances, allow_monoenergetic=allow_monoenergetic)
    return _Case(arrivals, now, patience or Patience(), pairing).decide()


@dataclass(frozen=True, eq=False)
class _Case:
    arrivals: Arrivals
    now: datetime
    patience: Patience
    pairing: Pairing

    def decide(self) -> Assessment:
        if self.pairing.pair:
            return self._decide_paired()
        if self.pairing.outcome is PairingOutcome.INCOMPLETE:
            return self._wait_for_missing(str(self.pairing.reasons[0]))
        if self._quiet_for(self.patience.quiet) or self._late():
            return self._end(Readiness.READY, "Nothing came for the quiet period: the study is taken as it is.")
        return self._wait("The study cannot be paired yet; more may come.", self.patience.quiet)

    def _decide_paired(self) -> Assessment:
        if self._released() and self._quiet_for(self.patience.proof):
            return self._end(Readiness.READY, "Both energies are whole on one even grid, and the sender has finished.")
        if self._quiet_for(self.patience.quiet):
            return self._end(Readiness.READY, "Both energies are whole, and nothing came for the quiet period.")
        if self._late():
            return self._end(Readiness.READY, "Both energies are whole at the deadline.")
        patience = self.patience.proof if self._released() else self.patience.quiet
        return self._wait("Both energies look whole; more slices may follow.", patience)

    def _wait_for_missing(self, what: str) -> Assessment:
        if self._late():
            return self._end(Readiness.INCOMPLETE, f"Still incomplete at the deadline: {what}")
        return Assessment(Readiness.WAIT, f"Waiting: {what} {self._until()}", self._deadline(), self.pairing)

    def _wait(self, reason: str, patience: timedelta) -> Assessment:
        until = min(self.arrivals.last + patience, self._deadline())
        return Assessment(Readiness.WAIT, f"{reason} {self._until()}", until, self.pairing)

    def _end(self, readiness: Readiness, reason: str) -> Assessment:
        return Assessment(readiness, reason, None, self.pairing)

    def _quiet_for(self, patience: timedelta) -> bool:
        return self.now - self.arrivals.last >= patience

    def _late(self) -> bool:
        return self.now >= self._deadline()

    def _deadline(self) -> datetime:
        return self.arrivals.first + self.patience.deadline

    def _until(self) -> str:
        return f"Decided at the latest at {when(self._deadline())} UTC."

    def _released(self) -> bool:
        return self.arrivals.released and self.arrivals.associations_open == 0
