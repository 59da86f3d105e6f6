"""The rows that a receiver writes: instances, associations, quarantine, rejected peers."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from node.domain.instance import Instance
from node.service.journal.records import Arrival, Quarantined, Recorded
from node.service.ports import Clock, Closing, Contact, IntakeOutcome
from node.store.database import Database
from node.store.headers import header_text, instance_of
from node.store.tables import associations, instances, quarantine, rejected_peers

_RETRIES = 5


class ReceiverRows:
    """Implements ``ArrivalJournal`` and ``AssociationLog``. ``receiver`` names this process across restarts."""

    def __init__(self, database: Database, receiver: str, clock: Clock) -> None:
        self._database = database
        self._receiver = receiver
        self._clock = clock

    def record(self, arrivals: Sequence[Arrival]) -> Sequence[Recorded]:
        """Record all in one durable transaction."""
        for _ in range(_RETRIES):
            try:
                with self._database.write() as connection:
                    return _record(connection, arrivals)
            except IntegrityError:
                continue  # PostgreSQL: another receiver stored the same instance meanwhile; look again
        with self._database.write() as connection:
            return _record(connection, arrivals)

    def came_again(self, sop_instance_uid: str, at: datetime) -> None:
        """Count it at the instance."""
        with self._database.write() as connection:
            _count_repeats(connection, {sop_instance_uid}, at)

    def record_quarantined(self, quarantined: Quarantined) -> None:
        """One row for each UID and content, however often it is sent."""
        row = {
            "sop_instance_uid": quarantined.sop_instance_uid,
            "file_name": quarantined.file_name,
            "outcome": quarantined.outcome.value,
            "reason": quarantined.reason,
            "calling_ae_title": quarantined.contact.calling_ae_title,
            "address": quarantined.contact.address,
            "at": quarantined.at,
        }
        same = (quarantine.c.sop_instance_uid == row["sop_instance_uid"]) & (quarantine.c.file_name == row["file_name"])
        with self._database.write() as connection:
            if not connection.execute(update(quarantine).where(same).values(at=row["at"])).rowcount:
                connection.execute(insert(quarantine).values(row))

    def association_opened(self, contact: Contact) -> None:
        """An association was accepted."""
        row = {
            "id": contact.association_id,
            "receiver": self._receiver,
            "calling_ae_title": contact.calling_ae_title,
            "called_ae_title": contact.called_ae_title,
            "address": contact.address,
            "opened_at": self._clock(),
        }
        with self._database.write() as connection:
            connection.execute(insert(associations).values(row))

    def association_closed(self, association_id: str, closing: Closing) -> None:
        """It ended. Closing it twice keeps the first end."""
        where = (associations.c.id == association_id) & associations.c.closed_at.is_(None)
        self._close(where, closing, self._clock())

    def close_stale(self) -> None:
        """Associations that an earlier run of this receiver left open died with it. Call at the start."""
        where = (associations.c.receiver == self._receiver) & associations.c.closed_at.is_(None)
        self._close(where, Closing.LOST, self._clock())

    def peer_rejected(self, contact: Contact, reason: str) -> None:
        """Counted by AE title and address, so that a stubborn peer is one row."""
        now = self._clock()
        known = (rejected_peers.c.calling_ae_title == contact.calling_ae_title) & (
            rejected_peers.c.address == contact.address
        )
        values = {"called_ae_title": contact.called_ae_title, "reason": reason, "last_at": now}
        again = update(rejected_peers).where(known).values(times=rejected_peers.c.times + 1, **values)
        first = insert(rejected_peers).values(
            calling_ae_title=contact.calling_ae_title, address=contact.address, first_at=now, times=1, **values
        )
        try:
            with self._database.write() as connection:
                if not connection.execute(again).rowcount:
                    connection.execute(first)
        except IntegrityError:  # another receiver rejected it for the first time at the same moment
            with self._database.write() as connection:
                connection.execute(again)

    def _close(self, where: Any, closing: Closing, at: datetime) -> None:
        with self._database.write() as connection:
            connection.execute(update(associations).where(where).values(closed_at=at, closing=closing.value))


def _record(connection: Connection, arrivals: Sequence[Arrival]) -> list[Recorded]:
    uids = {a.instance.sop_instance_uid for a in arrivals}
    columns = (instances.c.sop_instance_uid, instances.c.header, instances.c.blob)
    rows = connection.execute(select(*columns).where(instances.c.sop_instance_uid.in_(uids)))
    known = {uid: (instance_of(header), blob) for uid, header, blob in rows}
    stored = frozenset(known)
    recorded, changed, repeated = [], {}, set()
    for arrival in arrivals:
        uid = arrival.instance.sop_instance_uid
        outcome = _outcome(arrival, *known[uid]) if uid in known else IntakeOutcome.STORED
        if outcome in (IntakeOutcome.STORED, IntakeOutcome.CORRECTED):
            known[uid] = arrival.instance, arrival.blob
            changed[uid] = _row(arrival)
        elif outcome is IntakeOutcome.DUPLICATE:
            repeated.add(uid)
        recorded.append(Recorded(outcome, known[uid][1]))
    new = [row for uid, row in changed.items() if uid not in stored]
    if new:
        connection.execute(insert(instances), new)
    for uid in changed.keys() & stored:
        # Without a revision, as if it had just come: the next one is opened for it.
        corrected = update(instances).where(instances.c.sop_instance_uid == uid)
        connection.execute(corrected.values(**changed[uid], revision=None))
    if repeated:
        _count_repeats(connection, repeated, max(arrival.received_at for arrival in arrivals))
    return recorded


def _count_repeats(connection: Connection, uids: Set[str], at: datetime) -> None:
    """One statement; on PostgreSQL rows are locked in one order, so that receivers never wait for each other."""
    query = select(instances.c.id).where(instances.c.sop_instance_uid.in_(uids))
    found = query.order_by(instances.c.id).with_for_update()
    again = update(instances).where(instances.c.id.in_(found))
    connection.execute(again.values(repeats=instances.c.repeats + 1, repeated_at=at))


def _outcome(arrival: Arrival, known: Instance, blob: str) -> IntakeOutcome:
    """What a known SOP Instance UID brings."""
    instance = arrival.instance
    if arrival.blob == blob:
        return IntakeOutcome.DUPLICATE
    if instance.content_digest != known.content_digest:
        return IntakeOutcome.CONFLICT
    told = known.demographics_digest
    return IntakeOutcome.CORRECTED if told and instance.demographics_digest != told else IntakeOutcome.DUPLICATE


def _row(arrival: Arrival) -> dict[str, object]:
    instance = arrival.instance
    return {
        "sop_instance_uid": instance.sop_instance_uid,
        "study_instance_uid": instance.study_instance_uid,
        "series_instance_uid": instance.series_instance_uid,
        "content_digest": instance.content_digest,
        "blob": arrival.blob,
        "header": header_text(instance),
        "association_id": arrival.contact.association_id,
        "calling_ae_title": arrival.contact.calling_ae_title,
        "received_at": arrival.received_at,
    }
