"""Received and stored: bytes → blob → header → row, committed; only then is there an answer.

Several associations in one process share a commit: whoever gets the lock writes the rows of all that wait.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Lock

import structlog

from node.domain.errors import Refused
from node.domain.instance import Instance
from node.service.journal.records import Arrival, ArrivalJournal, BlobStore, Quarantined, Recorded
from node.service.ports import Clock, DiskFull, IntakeOutcome, Received
from node.service.receiving.same_content import IsolatedComparison, SameContent

_log = structlog.get_logger(__name__)
ReadHeader = Callable[[Path], Instance]

_CONFLICT = "Other content was received under this SOP Instance UID before; the first is kept."
_UID_LIMIT = 64  # PS3.5 section 9.1


class StoringIntake:
    """Implements ``ports.Intake``. ``read_header`` raises Refused on what is not a whole DICOM file.

    ``same_content`` is asked where the content digest of a known SOP Instance UID differs: the same image may have
    come in another transfer syntax.
    """

    def __init__(
        self,
        blobs: BlobStore,
        journal: ArrivalJournal,
        read_header: ReadHeader,
        clock: Clock,
        same_content: SameContent | None = None,
    ) -> None:
        self._same_content = same_content or IsolatedComparison()
        self._blobs = blobs
        self._read_header = read_header
        self._clock = clock
        self._journal = journal
        self._committer = _GroupCommit(journal)
        self._is_full = False

    def accept(self, received: Received) -> IntakeOutcome:
        """Return when blob and row are durable, or the bytes are in quarantine with their reason."""
        try:
            outcome = self._accept(received)
        except DiskFull as error:
            self._tell_full(error)
            return IntakeOutcome.DISK_FULL
        if outcome is IntakeOutcome.STORED and self._is_full:
            self._is_full = False
            _log.info("disk_has_room_again")
        return outcome

    def _tell_full(self, error: DiskFull) -> None:
        """Once, not for each image that is refused."""
        if not self._is_full:
            self._is_full = True
            _log.error("images_refused", reason=error.message, hint=error.hint)

    def _accept(self, received: Received) -> IntakeOutcome:
        blob = self._blobs.put(received.parts)
        try:
            instance = self._read_header(self._blobs.path(blob))
            _check_uids(instance)
        except Refused as refusal:
            self._quarantine(received, blob, IntakeOutcome.UNPARSABLE, str(refusal))
            self._blobs.discard(blob)
            return IntakeOutcome.UNPARSABLE
        if difference := _mismatch(received, instance):
            # Not discarded: the same bytes may have come, or may come, under a command that fits them.
            self._quarantine(received, blob, IntakeOutcome.UID_MISMATCH, difference)
            return IntakeOutcome.UID_MISMATCH
        return self._record(received, Arrival(instance, blob, received.contact, self._clock()))

    def _record(self, received: Received, arrival: Arrival) -> IntakeOutcome:
        recorded = self._committer.commit(arrival)
        outcome = recorded.outcome
        if outcome is IntakeOutcome.CONFLICT and self._is_same(recorded.known_blob, arrival.blob):
            outcome = IntakeOutcome.DUPLICATE
            self._journal.came_again(arrival.instance.sop_instance_uid, arrival.received_at)
        if outcome is IntakeOutcome.CONFLICT:
            self._quarantine(received, arrival.blob, IntakeOutcome.CONFLICT, _CONFLICT)
        if recorded.known_blob != arrival.blob:
            self._blobs.discard(arrival.blob)  # a conflict, or the same content in another transfer syntax
        return outcome

    def _is_same(self, known_blob: str, blob: str) -> bool:
        return self._same_content(self._blobs.path(known_blob), self._blobs.path(blob))

    def _quarantine(self, received: Received, blob: str, outcome: IntakeOutcome, reason: str) -> None:
        name = self._blobs.quarantine(blob)
        uid = received.sop_instance_uid[:_UID_LIMIT]
        self._journal.record_quarantined(Quarantined(uid, name, outcome, reason, received.contact, self._clock()))


def _check_uids(instance: Instance) -> None:
    for name in ("sop_instance_uid", "sop_class_uid", "study_instance_uid", "series_instance_uid"):
        uid = getattr(instance, name)
        if not 0 < len(uid) <= _UID_LIMIT:
            raise Refused(f"{name} is {uid[:80]!r}; a UID of 1 to {_UID_LIMIT} characters is expected (PS3.5 9.1).")


def _mismatch(received: Received, instance: Instance) -> str:
    pairs = (
        ("SOP Class UID", received.sop_class_uid, instance.sop_class_uid),
        ("SOP Instance UID", received.sop_instance_uid, instance.sop_instance_uid),
    )
    said = [f"the command's {name} is {a}, the dataset's {b}" for name, a, b in pairs if a != b]
    return f"Command and dataset differ: {'; '.join(said)}." if said else ""


class _GroupCommit:
    """One transaction for all threads that wait at this moment. Each returns only after its own row is committed."""

    def __init__(self, journal: ArrivalJournal) -> None:
        self._journal = journal
        self._waiting: list[tuple[Arrival, Future[Recorded]]] = []
        self._queue_lock = Lock()
        self._commit_lock = Lock()

    def commit(self, arrival: Arrival) -> Recorded:
        future: Future[Recorded] = Future()
        with self._queue_lock:
            self._waiting.append((arrival, future))
        with self._commit_lock:
            if not future.done():
                self._commit_waiting()
        return future.result()

    def _commit_waiting(self) -> None:
        with self._queue_lock:
            batch, self._waiting = self._waiting, []
        try:
            recorded: Sequence[Recorded] = self._journal.record([arrival for arrival, _ in batch])
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
            raise
        for (_, future), one in zip(batch, recorded, strict=True):
            future.set_result(one)
