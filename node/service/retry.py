"""A person asks for another try: studies judged again, deliveries sent again."""

from dataclasses import dataclass
from typing import Protocol

from node.domain.errors import Refused
from node.service.ports import Clock


@dataclass(frozen=True)
class Selection:
    """What it is about: any of a study, a job's number, a destination. Nothing at all means everything."""

    study_instance_uid: str | None = None
    job_id: int | None = None
    destination: str | None = None

    def __str__(self) -> str:
        parts = (("study", self.study_instance_uid), ("job", self.job_id), ("destination", self.destination))
        return " and ".join(f"{name} {value}" for name, value in parts if value is not None) or "everything"


@dataclass(frozen=True)
class Revived:
    """How many were started anew."""

    jobs: int
    deliveries: int


class Revival(Protocol):
    """The journal's part of it."""

    def retry(self, selection: Selection, clock: Clock) -> Revived:
        """Refused, incomplete, ignored and failed jobs are judged again; failed deliveries start again."""
        ...

    def resend(self, selection: Selection, clock: Clock) -> int:
        """What was delivered is sent once more, the same bytes; returns how many objects."""
        ...


def retry(journal: Revival, selection: Selection, clock: Clock) -> Revived:
    """Start anew what has ended without success. Raises Refused where there is nothing to be tried again."""
    revived = journal.retry(selection, clock)
    if not (revived.jobs or revived.deliveries):
        raise Refused(f"There is nothing to retry for {selection}.", hint="`calcinode jobs` lists the states.")
    return revived


def resend(journal: Revival, selection: Selection, clock: Clock) -> int:
    """Send once more what was sent. Raises Refused where nothing was."""
    count = journal.resend(selection, clock)
    if not count:
        raise Refused(f"Nothing has been delivered of {selection}.", hint="`calcinode why STUDY` tells its story.")
    return count
