"""Rows that the courier reads and writes, and what peers report of commitment."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from node.domain.job import OutboxState
from node.service.journal.records import Delivery, Step
from node.service.ports import Clock, CommitmentReport
from node.store.database import Database
from node.store.rows import delivery
from node.store.tables import commitments, outbox, results
from node.store.transitions import move_delivery

_AWAITING = (OutboxState.DELIVERED.value, OutboxState.COMMITMENT_REQUESTED.value)


class Outbox:
    """Implements ``records.OutboxJournal``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(self, destination: str, owner: str, now: datetime, expires: datetime, limit: int) -> Sequence[Delivery]:
        """PENDING deliveries that are due → SENDING."""
        query = _due(destination, OutboxState.PENDING, now, limit)
        if not self._any(query):
            return []
        with self._database.write() as connection:
            rows = connection.execute(query.with_for_update(of=outbox, skip_locked=True)).all()
            for row in rows:
                lease = {"lease_owner": owner, "lease_expires_at": expires}
                move_delivery(connection, row, OutboxState.SENDING, _attempt(row), now, **lease)
        return [delivery(row) for row in rows]

    def step(self, delivery_id: int, current: OutboxState, step: Step, now: datetime) -> bool:
        """A failed sending counts as an attempt."""
        with self._database.write() as connection:
            row = connection.execute(_of_id(delivery_id)).one()
            if row.state != current:
                return False
            failed = current is OutboxState.SENDING and step.state is not OutboxState.DELIVERED
            change = {"not_before": step.not_before, "attempts": row.attempts + failed}
            move_delivery(connection, row, step.state, step.reason, now, **change)
        return True

    def wake(self, destination: str, now: datetime) -> None:
        """What waits for this destination is due now."""
        waiting = (outbox.c.destination == destination) & (outbox.c.state == OutboxState.PENDING.value)
        later = waiting & (outbox.c.not_before > now)
        with self._database.write() as connection:
            connection.execute(update(outbox).where(later).values(not_before=now))

    def due_commitments(self, destination: str, now: datetime, limit: int) -> Sequence[Delivery]:
        """DELIVERED, and due to be asked for."""
        return self._read(_due(destination, OutboxState.DELIVERED, now, limit))

    def overdue_commitments(self, destination: str, now: datetime, limit: int) -> Sequence[Delivery]:
        """COMMITMENT_REQUESTED, and no report in time."""
        return self._read(_due(destination, OutboxState.COMMITMENT_REQUESTED, now, limit))

    def begin_commitment(
        self, transaction_uid: str, deliveries: Sequence[Delivery], now: datetime, ask_again: datetime
    ) -> None:
        """The transaction UID is durable before the peer hears of it."""
        values = {
            "transaction_uid": transaction_uid,
            "destination": deliveries[0].destination,
            "requested_at": now,
        }
        with self._database.write() as connection:
            connection.execute(insert(commitments).values(values))
            for one in deliveries:
                row = connection.execute(_of_id(one.id)).one()
                reason = f"Asked in transaction {transaction_uid}."
                move_delivery(connection, row, OutboxState.COMMITMENT_REQUESTED, reason, now, not_before=ask_again)

    def recover(self, owner: str | None, now: datetime) -> int:
        """Sending again what may have arrived is harmless: same UID, same bytes."""
        lost = or_(outbox.c.lease_expires_at <= now, outbox.c.lease_owner == owner)
        query = joined().where((outbox.c.state == OutboxState.SENDING.value) & lost)
        if not self._any(query):
            return 0
        with self._database.write() as connection:
            rows = connection.execute(query.with_for_update(of=outbox, skip_locked=True)).all()
            for row in rows:
                move_delivery(connection, row, OutboxState.PENDING, "The courier was interrupted.", now, not_before=now)
        return len(rows)

    def _any(self, query: Any) -> bool:
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _read(self, query: Any) -> list[Delivery]:
        with self._database.read() as connection:
            return [delivery(row) for row in connection.execute(query)]


class CommitmentReports:
    """Implements ``ports.CommitmentInbox``, for receiver processes and the courier alike."""

    def __init__(self, database: Database, clock: Clock, ask_again_after: timedelta = timedelta(minutes=5)) -> None:
        self._database = database
        self._clock = clock
        self._ask_again_after = ask_again_after

    def commitment_reported(self, report: CommitmentReport) -> bool:
        """Record it. A report counts for all objects it names, even when it is late or comes twice."""
        now = self._clock()
        with self._database.write() as connection:
            known = commitments.c.transaction_uid == report.transaction_uid
            transaction = connection.execute(select(commitments).where(known)).one_or_none()
            if transaction is None:
                return False
            said = {"committed": list(report.committed), "failed": [list(pair) for pair in report.failed]}
            connection.execute(update(commitments).where(known).values(reported_at=now, report=said))
            awaiting = _awaiting(connection, transaction.destination, report)
            for uid in report.committed:
                for row in awaiting.get(uid, ()):
                    move_delivery(
                        connection, row, OutboxState.COMMITTED, "The peer took responsibility.", now, not_before=None
                    )
            for uid, code in report.failed:
                for row in awaiting.get(uid, ()):
                    self._not_committed(connection, row, code, now)
        return True

    def _not_committed(self, connection: Connection, row: Row[Any], code: int, now: datetime) -> None:
        again = now + self._ask_again_after
        to, reason, due = _VERDICTS.get(code, (OutboxState.DELIVERED, "", True))
        text = f"Not committed: {reason or 'the peer gave no known reason'} (0x{code:04X})."
        if OutboxState(row.state) is not to:
            move_delivery(connection, row, to, text, now, not_before=again if due else None)


# PS3.3 C.14.1.1 Failure Reason (0008,1197): what each means for us, and whether to act again.
_VERDICTS: Mapping[int, tuple[OutboxState, str, bool]] = {
    0x0110: (OutboxState.DELIVERED, "the peer had a processing failure", True),
    0x0112: (OutboxState.PENDING, "the peer does not hold the object; it is sent again", True),
    0x0119: (OutboxState.DELIVERED, "the peer holds it under another SOP class", False),
    0x0122: (OutboxState.DELIVERED, "the peer does not commit to this SOP class", False),
    0x0131: (OutboxState.DELIVERED, "the transaction UID was used before", True),
    0x0213: (OutboxState.DELIVERED, "the peer is out of resources", True),
}


def joined() -> Any:
    """Rows of the outbox with the columns of their results."""
    columns = [c for c in results.c if c.name not in ("id", "job_id")]
    return select(outbox, *columns).join(results, outbox.c.result_id == results.c.id)


def _of_id(delivery_id: int) -> Any:
    return joined().where(outbox.c.id == delivery_id).with_for_update(of=outbox)


def _attempt(row: Row[Any]) -> str:
    """While an attempt lasts, the story still tells what ended the one before."""
    return f"Attempt {row.attempts + 1}. Before: {row.reason}" if row.attempts else "Attempt 1."


def _due(destination: str, state: OutboxState, now: datetime, limit: int) -> Any:
    due = (outbox.c.destination == destination) & (outbox.c.state == state.value) & (outbox.c.not_before <= now)
    return joined().where(due).order_by(outbox.c.id).limit(limit)


def _awaiting(connection: Connection, destination: str, report: CommitmentReport) -> dict[str, list[Row[Any]]]:
    uids = {*report.committed, *(uid for uid, _ in report.failed)}
    query = joined().where((outbox.c.destination == destination) & outbox.c.state.in_(_AWAITING))
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query.where(results.c.sop_instance_uid.in_(uids)).with_for_update(of=outbox)):
        found.setdefault(row.sop_instance_uid, []).append(row)
    return found
