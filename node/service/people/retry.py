"""A person asks for another try: studies judged again, deliveries sent again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from node.domain.errors import Refused
from node.domain.job import RETRYABLE_JOBS, JobState
from node.service.delivering.routing import goes_nowhere
from node.service.journal.records import JobRow
from node.service.people.why import MEANING
from node.service.ports import Clock

DestinationsOf = Callable[[JobRow], Sequence[str]]
"""Where the routes as they are now send the results of a job."""
Destinations = Mapping[int, Sequence[str]]
"""Names of destinations by the number of a job."""


@dataclass(frozen=True)
class Selection:
    """What it is about: any of a study, a job's number, a destination. Nothing at all means everything."""

    study_instance_uid: str | None = None
    job_id: int | None = None
    destination: str | None = None


@dataclass(frozen=True)
class Revived:
    """How many were started anew."""

    jobs: int
    deliveries: int


class Revival(Protocol):
    """The journal's part of it."""

    def retry(self, selection: Selection, clock: Clock) -> Revived:
        """Refused, incomplete, ignored and failed jobs are judged again; failed deliveries start again.

        Deliveries that wait for another try are due now.
        """
        ...

    def to_be_routed(self, selection: Selection) -> Sequence[JobRow]:
        """Jobs with results that no later revision has overtaken; if a destination is named, those new to it."""
        ...

    def resend(self, selection: Selection, clock: Clock, destinations: Destinations) -> int:
        """What was delivered is sent once more, the same bytes, and all results to ``destinations`` new to them.

        Returns how many objects, each counted for each destination.
        """
        ...

    def job_of(self, selection: Selection) -> JobRow | None:
        """The job that is named, or the latest of the study; None where there is none or neither is named."""
        ...


def retry(journal: Revival, selection: Selection, clock: Clock) -> Revived:
    """Start anew what has ended without success. Raises Refused where there is nothing to be tried again."""
    revived = journal.retry(selection, clock)
    if not (revived.jobs or revived.deliveries):
        raise _nothing_to_retry(_job_of(journal, selection), selection.destination)
    return revived


def resend(journal: Revival, selection: Selection, clock: Clock, destinations_of: DestinationsOf) -> int:
    """Send once more what was sent, and to destinations that came since. Raises Refused where there is nothing."""
    destinations = {job.id: _named(selection, destinations_of(job)) for job in journal.to_be_routed(selection)}
    count = journal.resend(selection, clock, destinations)
    if not count:
        raise _nothing_to_resend(_job_of(journal, selection), selection.destination, destinations)
    return count


def _named(selection: Selection, destinations: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in destinations if selection.destination in (None, name))


def _job_of(journal: Revival, selection: Selection) -> JobRow | None:
    """Raises Refused where one is named that is not there."""
    job = journal.job_of(selection)
    if job is None and selection.job_id is not None:
        raise Refused(f"There is no job {selection.job_id}.", hint="`calcinode jobs` lists them.")
    if job is None and selection.study_instance_uid is not None:
        raise Refused(f"There is no study {selection.study_instance_uid}.", hint="`calcinode jobs` lists them.")
    return job


def _nothing_to_retry(job: JobRow | None, destination: str | None) -> Refused:
    hint = "`calcinode status` tells what waits for another try, and `calcinode jobs` the states of studies."
    if destination is not None:
        of_job = f" of job {job.id}" if job else ""
        return Refused(f"No delivery{of_job} to {destination} has failed or waits for another try.", hint=hint)
    if job is None:
        return Refused("Nothing ended without success.", hint=hint)
    if job.state is JobState.RECEIVED:
        return Refused(f"Job {job.id} is not over yet, so there is nothing to retry. {job.reason}")
    if job.state in RETRYABLE_JOBS:
        return Refused(f"Job {job.id} is {job.state}, but a later revision of its study has taken its place.")
    if goes_nowhere(job.reason):
        return Refused(
            f"There is nothing to retry: job {job.id} is {job.state}. {job.reason}", hint=_correct_routes(job)
        )
    return Refused(f"There is nothing to retry: job {job.id} is {job.state}. {MEANING[job.state]}. {job.reason}")


def _nothing_to_resend(job: JobRow | None, destination: str | None, destinations: Destinations) -> Refused:
    to = f" to {destination}" if destination is not None else ""
    if job is None:
        return Refused(f"Nothing has been delivered{to} yet.", hint="`calcinode jobs` lists the states of studies.")
    nowhere = goes_nowhere(job.reason)
    if destination is not None and destinations.get(job.id) == () and not nowhere:
        hint = f"Correct the routes, then `calcinode resend {job.id} --peer {destination}`."
        return Refused(f"No route leads the results of job {job.id}{to}.", hint=hint)
    hint = _correct_routes(job) if nowhere else f"`calcinode why {job.id}` tells its story."
    return Refused(f"Nothing has been delivered of job {job.id}{to}. It is {job.state}: {job.reason}", hint=hint)


def _correct_routes(job: JobRow) -> str:
    return f"Correct the routes or peers in the configuration, then `calcinode resend {job.id}`."
