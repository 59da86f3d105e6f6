"""How the node itself is, besides what its journal says: which roles run, and whether there is room for images."""

from collections.abc import Callable, Iterator
from typing import Final

from node.domain.counting import counted
from node.domain.job import OutboxState
from node.domain.times import when
from node.service.journal.questions import Condition, JournalView, NodeStatus, Queue
from node.service.people.why import quarantined_words, rejected_words

Look = Callable[[], Condition]
"""Looks at the machine now."""
QUARANTINED: Final = 3
"""So many of the quarantined are told at a glance."""
WAITING: Final = frozenset({OutboxState.PENDING, OutboxState.SENDING})
"""States of a delivery that has not reached its destination and still may."""


def node_status(view: JournalView, condition: Condition) -> NodeStatus:
    """The node at a glance, with its condition and all that is in quarantine. Raises Transient without a journal."""
    return NodeStatus(**vars(view.status()), condition=condition, quarantine=view.quarantined(None))


def running_words(condition: Condition) -> str:
    """Which roles run, in a sentence."""
    parts = {
        "running": condition.running,
        "not ready (starting, or started again after it died: see the log)": condition.starting,
        "not running": condition.stopped,
    }
    told = [f"{state}: {', '.join(roles)}" for state, roles in parts.items() if roles]
    if not told:
        return "Whether the node runs cannot be told: the lock files in its data folder cannot be read."
    if not (condition.running or condition.starting):
        return f"The node is not running: {', '.join(condition.stopped)}. Start it with `calcinode serve`."
    return "; ".join(told)


def shortage_words(condition: Condition) -> str:
    """That images are refused for want of space; empty while there is room."""
    return f"{condition.shortage}: images are refused (A700)." if condition.shortage else ""


def is_astray(queue: Queue, condition: Condition) -> bool:
    """Whether these wait for a destination that the configuration does not name (any more): nobody sends them."""
    return queue.state in WAITING and queue.destination not in condition.destinations


def astray_words(queue: Queue) -> str:
    """What is wrong with them, and what to do."""
    results, name = counted(queue.count, "result waits", "results wait"), queue.destination
    return (
        f"{results} for '{name}', which is no destination of the configuration, and would wait for ever. "
        f"Name the destination that shall get them '{name}' again ([peers.{name}]), and restart."
    )


def _queue_words(queue: Queue, condition: Condition) -> str:
    if is_astray(queue, condition):
        return astray_words(queue)
    return f"to {queue.destination}: {queue.count} {queue.state}. {queue.reason}"


def _undelivered_words(count: int, condition: Condition) -> str:
    studies = counted(count, "study is done with results that", "studies are done with results that")
    if not condition.delivers:
        return f"{studies} stay here: delivery is switched off (delivery.enabled)"
    return f"{studies} go nowhere: `calcinode jobs --state done` says why"


def status_lines(status: NodeStatus) -> Iterator[str]:
    """The node at a glance, for a terminal."""
    yield running_words(status.condition)
    if short := shortage_words(status.condition):
        yield short
    last = f", the last {when(status.last_received_at)} UTC" if status.last_received_at else ""
    yield f"{counted(status.instances, 'image')} received{last}; {status.quarantined} quarantined"
    if status.jobs:
        yield "studies: " + ", ".join(f"{count} {state}" for state, count in sorted(status.jobs.items()))
    if status.undelivered:
        yield _undelivered_words(status.undelivered, status.condition)
    for queue in status.queues:
        yield _queue_words(queue, status.condition)
    yield from map(quarantined_words, status.quarantine[:QUARANTINED])
    if status.quarantined > QUARANTINED:
        yield f"… and {status.quarantined - QUARANTINED} more in quarantine: `calcinode status --json` lists all"
    yield from map(rejected_words, status.rejected)
