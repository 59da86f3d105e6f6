"""What needs a person of the deliveries: failed, waiting for long, waiting for nobody, or going nowhere."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from node.domain.counting import counted
from node.domain.job import JobState, OutboxState
from node.domain.times import when
from node.service.journal.questions import Condition, Queue, Status
from node.service.people.condition import WAITING, astray_words, is_astray
from node.web.concerns import Concern

LONG: Final = timedelta(hours=1)
"""Results that wait for longer are told: a destination may be down without anybody's knowing."""


def of_deliveries(status: Status, condition: Condition, now: datetime) -> Iterator[Concern]:
    """The failed first. Results that stay here on purpose need nobody."""
    for queue in status.queues:
        if queue.state is OutboxState.FAILED:
            yield _failed(queue)
        elif is_astray(queue, condition):
            yield Concern(astray_words(queue))
        elif queue.state in WAITING and now - queue.oldest > LONG:
            yield _waiting(queue)
    if status.undelivered and condition.delivers:
        yield _going_nowhere(status.undelivered)


def _failed(queue: Queue) -> Concern:
    sentence = f"{counted(queue.count, 'delivery', 'deliveries')} to {queue.destination} failed."
    return Concern(sentence, f"{queue.reason} “calcinode retry --peer {queue.destination}” starts them anew.")


def _waiting(queue: Queue) -> Concern:
    results = counted(queue.count, "result waits", "results wait")
    sentence = f"{results} for {queue.destination}, the oldest since {when(queue.oldest)} UTC."
    command = f"“calcinode retry --peer {queue.destination}”"
    return Concern(sentence, f"{queue.reason} They are sent again by themselves; {command} does so at once.")


def _going_nowhere(count: int) -> Concern:
    sentence = f"{counted(count, 'study', 'studies')} analysed, with results that go nowhere."
    hint = (
        "Correct the routes or destinations in the configuration; then “calcinode resend JOB” sends them. "
        "Where results shall stay here, say so: a route with keep = true, or delivery.enabled = false."
    )
    return Concern(sentence, hint, JobState.DONE)
