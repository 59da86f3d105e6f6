"""Hand-written fakes of the ports that the network calls."""

import threading
from dataclasses import dataclass, field

from node.service.ports import Closing, CommitmentReport, Contact, IntakeOutcome, Received


@dataclass
class FakeIntake:
    """Keeps what it was given; answers ``outcome``, or raises ``error``."""

    outcome: IntakeOutcome = IntakeOutcome.STORED
    error: Exception | None = None
    received: list[Received] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)

    def accept(self, received: Received) -> IntakeOutcome:
        if self.error is not None:
            raise self.error
        self.received.append(received)
        self.files.append(b"".join(bytes(part) for part in received.parts))
        return self.outcome


@dataclass
class FakeAssociationLog:
    """Lists of what happened; ``closed_one`` is set at each end of an association."""

    opened: list[Contact] = field(default_factory=list)
    closed: list[tuple[str, Closing]] = field(default_factory=list)
    rejected: list[tuple[Contact, str]] = field(default_factory=list)
    closed_one: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def association_opened(self, contact: Contact) -> None:
        self.opened.append(contact)

    def association_closed(self, association_id: str, closing: Closing) -> None:
        self.closed.append((association_id, closing))
        self.closed_one.release()

    def peer_rejected(self, contact: Contact, reason: str) -> None:
        self.rejected.append((contact, reason))


@dataclass
class FakeCommitmentInbox:
    """Keeps the reports; knows only the ``expected`` transactions. ``arrived`` is set at each report."""

    expected: set[str] = field(default_factory=set)
    reports: list[CommitmentReport] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def commitment_reported(self, report: CommitmentReport) -> bool:
        self.reports.append(report)
        self.arrived.release()
        return report.transaction_uid in self.expected
