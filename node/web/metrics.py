"""Journal and condition as Prometheus metrics, read when asked for. Labels are configured names, never a UID."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from node import __version__
from node.domain.job import JobState
from node.service.journal.questions import Condition, Status
from node.service.people.condition import WAITING
from node.web.sources import Sources


class JournalCollector(Collector):
    """``collect`` raises Transient where the journal is away."""

    def __init__(self, sources: Sources) -> None:
        self._view = sources.view
        self._now = sources.now
        self._condition = sources.condition

    def describe(self) -> Iterator[Metric]:
        """Nothing: to register it shall not read the journal."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All of this moment."""
        status = self._view.status()
        yield InfoMetricFamily("calcinode", "The program.", {"version": __version__})
        yield CounterMetricFamily("calcinode_instances_received", "Instances stored.", status.instances)
        if status.last_received_at is not None:
            last = status.last_received_at.timestamp()
            yield GaugeMetricFamily("calcinode_last_received_timestamp_seconds", "When the last one came.", last)
        yield GaugeMetricFamily("calcinode_quarantined", "Instances not accepted, kept apart.", status.quarantined)
        yield _studies(status)
        yield _deliveries(status)
        yield _oldest(status, self._now())
        yield _rejected(status)
        name, meaning = "calcinode_studies_undelivered", "Studies analysed, with results that go to no destination."
        condition = self._condition()
        yield GaugeMetricFamily(name, meaning, status.undelivered if condition.delivers else 0)
        yield _roles(condition)
        name, meaning = "calcinode_images_refused", "1 while images are refused for want of disk space, else 0."
        yield GaugeMetricFamily(name, meaning, bool(condition.shortage))


def registry_of(sources: Sources) -> CollectorRegistry:
    """A registry with these alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(JournalCollector(sources))
    return registry


def _studies(status: Status) -> Metric:
    """Every state, so that an alarm on one that is not there yet has a value."""
    family = GaugeMetricFamily("calcinode_studies", "Studies by state of their latest revision.", labels=["state"])
    for state in JobState:
        family.add_metric([state], status.jobs.get(state, 0))
    return family


def _roles(condition: Condition) -> Metric:
    family = GaugeMetricFamily("calcinode_role_running", "1 where this part is ready, else 0.", labels=["role"])
    for role in condition.running:
        family.add_metric([role], 1)
    for role in (*condition.starting, *condition.stopped):
        family.add_metric([role], 0)
    return family


def _deliveries(status: Status) -> Metric:
    labels = ["destination", "state"]
    family = GaugeMetricFamily("calcinode_deliveries", "Deliveries by destination and state.", labels=labels)
    for queue in status.queues:
        family.add_metric([queue.destination, queue.state], queue.count)
    return family


def _oldest(status: Status, now: datetime) -> Metric:
    name, meaning = "calcinode_oldest_undelivered_seconds", "Age of the oldest result that waits for a destination."
    family = GaugeMetricFamily(name, meaning, labels=["destination"])
    oldest: dict[str, float] = {queue.destination: 0.0 for queue in status.queues}
    for queue in status.queues:
        if queue.state in WAITING:
            age = (now - queue.oldest).total_seconds()
            oldest[queue.destination] = max(oldest[queue.destination], age)
    for destination, age in oldest.items():
        family.add_metric([destination], age)
    return family


def _rejected(status: Status) -> Metric:
    """A gauge: the journal tells the latest 50 callers, so that the sum may also fall."""
    times = sum(peer.times for peer in status.rejected)
    return GaugeMetricFamily("calcinode_rejected_associations", "Associations of callers that were not let in.", times)
