"""A stand-in for a PACS: takes every storage class, answers Storage Commitment on a new association, as Orthanc does.

For the demo and for trying out an installation. It keeps one file a SOP Instance UID in one folder and knows no
access rules, no database and no query.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.presentation import build_role

from node.dicom.sop_classes import (
    ACCEPTED_SYNTAXES,
    STORAGE_CLASSES,
    STORAGE_COMMITMENT_PUSH_MODEL,
    STORAGE_COMMITMENT_PUSH_MODEL_INSTANCE,
    UNCOMPRESSED_SYNTAXES,
    VERIFICATION,
)
from node.dicom.statuses import NO_SUCH_INSTANCE, SUCCESS
from node.domain.errors import Transient

ALL_COMMITTED, FAILURES_EXIST = 1, 2  # event types, PS3.4 J.3.3.1


@dataclass(frozen=True)
class Kept:
    """One instance that arrived. ``arrived_at`` is ``time.monotonic()`` of its last arrival, ``times`` how often."""

    path: Path
    sop_class_uid: str
    arrived_at: float
    times: int


class StandInPacs:
    """Listens on ``port`` of the loopback address while the context is open.

    ``requestors`` says where the commitment report for a calling AE title goes.
    """

    def __init__(self, folder: Path, port: int, ae_title: str, requestors: Mapping[str, tuple[str, int]]) -> None:
        self.folder, self.port, self.ae_title = folder, port, ae_title
        self._requestors = dict(requestors)
        self._kept: dict[str, Kept] = {}
        self._committed: set[str] = set()
        self._lock = threading.Lock()
        self._server: Any = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        entity = AE(self.ae_title)
        entity.maximum_associations = 20
        entity.add_supported_context(VERIFICATION)
        entity.add_supported_context(STORAGE_COMMITMENT_PUSH_MODEL, list(UNCOMPRESSED_SYNTAXES))
        for row in STORAGE_CLASSES:
            entity.add_supported_context(row.uid, list(ACCEPTED_SYNTAXES))
        handlers: list[Any] = [(evt.EVT_C_STORE, self._store), (evt.EVT_N_ACTION, self._request_commitment)]
        try:
            self._server = entity.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        except OSError as error:
            raise Transient(f"The stand-in PACS cannot listen on port {self.port}: {error.strerror}.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()

    @property
    def kept(self) -> dict[str, Kept]:
        """What is there, by SOP Instance UID."""
        with self._lock:
            return dict(self._kept)

    @property
    def committed(self) -> frozenset[str]:
        """SOP Instance UIDs whose positive report the requestor has acknowledged."""
        with self._lock:
            return frozenset(self._committed)

    def _store(self, event: evt.Event) -> int:
        meta = event.file_meta
        uid = str(meta.MediaStorageSOPInstanceUID)
        path = self.folder / f"{sha256(uid.encode()).hexdigest()[:16]}.dcm"
        path.write_bytes(event.encoded_dataset())
        with self._lock:
            times = self._kept[uid].times + 1 if uid in self._kept else 1
            self._kept[uid] = Kept(path, str(meta.MediaStorageSOPClassUID), time.monotonic(), times)
        return SUCCESS

    def _request_commitment(self, event: evt.Event) -> tuple[int, None]:
        requestor = event.assoc.requestor.ae_title.strip()
        arguments = (requestor, event.action_information)
        threading.Thread(target=self._report, args=arguments, daemon=True, name="commitment-report").start()
        return SUCCESS, None

    def _report(self, requestor: str, request: Dataset) -> None:
        """N-EVENT-REPORT (PS3.4 J.3.3) on an association of our own, as SCP by role selection."""
        if requestor not in self._requestors:
            return
        asked = {str(item.ReferencedSOPInstanceUID): item for item in request.ReferencedSOPSequence}
        present = self.kept.keys()
        report = Dataset()
        report.TransactionUID = request.TransactionUID
        report.ReferencedSOPSequence = [item for uid, item in asked.items() if uid in present]
        missing = [item for uid, item in asked.items() if uid not in present]
        for item in missing:
            item.FailureReason = NO_SUCH_INSTANCE
        if missing:
            report.FailedSOPSequence = missing
        if self._send_report(requestor, report, FAILURES_EXIST if missing else ALL_COMMITTED):
            with self._lock:
                self._committed.update(uid for uid in asked if uid in present)

    def _send_report(self, requestor: str, report: Dataset, event_type: int) -> bool:
        entity = AE(self.ae_title)
        entity.add_requested_context(STORAGE_COMMITMENT_PUSH_MODEL, list(UNCOMPRESSED_SYNTAXES))
        host, port = self._requestors[requestor]
        role = build_role(STORAGE_COMMITMENT_PUSH_MODEL, scp_role=True)
        association = entity.associate(host, port, ae_title=requestor, ext_neg=[role])
        if not association.is_established:
            return False
        try:
            status, _ = association.send_n_event_report(
                report, event_type, STORAGE_COMMITMENT_PUSH_MODEL, STORAGE_COMMITMENT_PUSH_MODEL_INSTANCE
            )
        finally:
            association.release()
        return bool(status) and status.Status == SUCCESS
