"""Delivered and committed: what lies in the outbox, until the peer has taken responsibility for it.

A PACS may be down for days: nothing is dropped silently, nothing is called sent that was not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread
from uuid import uuid4

import structlog

from node.domain.errors import NodeError, Refused
from node.domain.job import Backoff, OutboxState
from node.domain.peer import Peer
from node.service.journal.records import BlobStore, Delivery, OutboxJournal, Step
from node.service.ports import Clock, CommitmentInbox, CommitmentRequester, Parcel, Sender, SendResult

_log = structlog.get_logger(__name__)
_BATCH = 100


@dataclass(frozen=True)
class CourierOptions:
    """``owner`` names this courier across restarts. A lease must outlast the sending of a batch."""

    owner: str
    lease: timedelta = timedelta(minutes=30)
    backoff: Backoff = field(default_factory=Backoff)
    commitment_timeout: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class CourierStore:
    """Where the courier reads and writes."""

    outbox: OutboxJournal
    inbox: CommitmentInbox
    blobs: BlobStore


class Courier:
    """Serves ``peers`` (destinations by name), each in a thread of its own: one that hangs delays no other."""

    def __init__(
        self,
        store: CourierStore,
        peers: Mapping[str, Peer],
        sender: Sender,
        requester: CommitmentRequester,
        clock: Clock,
        options: CourierOptions,
    ) -> None:
        self._outbox, self._inbox, self._blobs = store.outbox, store.inbox, store.blobs
        self._peers = peers
        self._sender = sender
        self._requester = requester
        self._clock = clock
        self._options = options

    def recover(self) -> None:
        """Take back what this courier was sending when it was killed. Call at the start."""
        count = self._outbox.recover(self._options.owner, self._clock())
        if count:
            _log.warning("interrupted_deliveries_recovered", count=count)

    def run(self, stop: Event, pause_s: float = 0.5) -> None:
        """Work until ``stop`` is set."""
        self.recover()
        threads = [Thread(target=self._serve, args=(name, stop, pause_s), name=name) for name in self._peers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def run_once(self) -> None:
        """Every destination once, one after the other."""
        for name in self._peers:
            self.serve_once(name)

    def serve_once(self, destination: str) -> None:
        """Send what is due to this destination and ask for commitment."""
        peer = self._peers[destination]
        self._outbox.recover(None, self._clock())
        self._send(peer)
        self._give_up_waiting(peer)
        self._ask(peer)

    def _serve(self, destination: str, stop: Event, pause_s: float) -> None:
        while not stop.is_set():
            try:
                self.serve_once(destination)
            except Exception:  # noqa: BLE001 -- logged; the journal holds what is to be done, so go on
                _log.exception("courier_failed", destination=destination)
                stop.wait(10 * pause_s)
            stop.wait(pause_s)

    def _send(self, peer: Peer) -> None:
        now = self._clock()
        due = self._outbox.lease(peer.name, self._options.owner, now, now + self._options.lease, _BATCH)
        if not due:
            return
        try:
            results = self._sender.send(peer, [self._parcel(one) for one in due])
        except Exception as error:  # noqa: BLE001 -- whatever it is, what is leased must wait for another try
            if not isinstance(error, NodeError):
                _log.exception("sending_failed", destination=peer.name)
            said = str(error) or type(error).__name__
            results = [SendResult(one.sop_instance_uid, delivered=False, message=said) for one in due]
        steps = [self._step_after(peer, one, result) for one, result in zip(due, results, strict=True)]
        for one, step in zip(due, steps, strict=True):
            self._outbox.step(one.id, OutboxState.SENDING, step, self._clock())
        ended = Counter(step.state for step in steps)
        delivered, failed = ended[OutboxState.DELIVERED], ended[OutboxState.FAILED]
        to_retry = ended[OutboxState.PENDING]
        _log.info("sent", destination=peer.name, delivered=delivered, to_retry=to_retry, failed=failed)
        if delivered:
            self._outbox.wake(peer.name, self._clock())

    def _step_after(self, peer: Peer, one: Delivery, result: SendResult) -> Step:
        now, backoff = self._clock(), self._options.backoff
        if result.delivered:
            return _delivered(peer, result, now)
        said = result.message or "The peer refused it."
        if result.permanent:
            return Step(OutboxState.FAILED, said)
        if backoff.gives_up(one.began_at, now):
            return Step(OutboxState.FAILED, f"Given up after {backoff.give_up_after.days} days: {said}")
        return Step(OutboxState.PENDING, said, now + backoff.delay(one.attempts + 1))

    def _give_up_waiting(self, peer: Peer) -> None:
        """A report that did not come: ask again, until it is hopeless."""
        now = self._clock()
        for one in self._outbox.overdue_commitments(peer.name, now, _BATCH):
            step = self._uncommitted(one, "No report of storage commitment came.", timedelta(0))
            self._outbox.step(one.id, OutboxState.COMMITMENT_REQUESTED, step, now)

    def _ask(self, peer: Peer) -> None:
        due = self._outbox.due_commitments(peer.name, self._clock(), _BATCH)
        if not due:
            return
        transaction_uid = f"2.25.{uuid4().int}"  # PS3.5 B.2
        now = self._clock()
        self._outbox.begin_commitment(transaction_uid, due, now, now + max(self._pause(one) for one in due))
        try:
            report = self._requester.request(peer, transaction_uid, [self._parcel(one) for one in due])
        except Exception as error:  # noqa: BLE001 -- the same: it is asked for again
            final = isinstance(error, Refused)
            self._not_asked(due, f"Commitment could not be asked for: {error}", final=final)
            return
        if report is not None:
            self._inbox.commitment_reported(report)

    def _not_asked(self, due: Sequence[Delivery], reason: str, *, final: bool) -> None:
        for one in due:
            step = Step(OutboxState.DELIVERED, reason) if final else self._uncommitted(one, reason, self._pause(one))
            self._outbox.step(one.id, OutboxState.COMMITMENT_REQUESTED, step, self._clock())

    def _uncommitted(self, one: Delivery, reason: str, pause: timedelta) -> Step:
        now = self._clock()
        if self._options.backoff.gives_up(one.began_at, now):
            return Step(OutboxState.DELIVERED, f"{reason} It is not asked for any more.")
        return Step(OutboxState.DELIVERED, reason, now + pause)

    def _pause(self, one: Delivery) -> timedelta:
        """How long to wait for a report, and after a vain question: in proportion to the time it took so far."""
        age = self._clock() - one.began_at
        return max(self._options.commitment_timeout, min(age / 4, self._options.backoff.longest))

    def _parcel(self, one: Delivery) -> Parcel:
        path = self._blobs.path(one.blob)
        return Parcel(one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid, path)


def _delivered(peer: Peer, result: SendResult, now: datetime) -> Step:
    said = f"Delivered. {result.message}".strip()
    if not peer.commitment:
        return Step(OutboxState.DELIVERED, f"{said} This peer is configured without Storage Commitment.")
    return Step(OutboxState.DELIVERED, said, now)
