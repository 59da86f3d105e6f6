"""A PACS beside the ports ``Sender`` and ``CommitmentRequester``: it can be down, refuse, forget, or stay silent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.domain.errors import Refused, Transient
from node.domain.peer import Peer
from node.service.ports import CommitmentReport, Parcel, SendResult


@dataclass
class FakePacs:
    """``held`` are the bytes by SOP Instance UID; ``stores`` counts every C-STORE that came through."""

    held: dict[str, bytes] = field(default_factory=dict)
    stores: int = 0
    attempts: int = 0
    down: bool = False
    refuses: frozenset[str] = frozenset()
    knows_commitment: bool = True
    silent: bool = False
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def send(self, peer: Peer, parcels: Sequence[Parcel]) -> Sequence[SendResult]:
        """C-STORE."""
        self.attempts += 1
        if self.down:
            raise Transient(f"{peer.name} does not answer.")
        return [self._store(parcel) for parcel in parcels]

    def request(self, peer: Peer, transaction_uid: str, parcels: Sequence[Parcel]) -> CommitmentReport | None:
        """N-ACTION."""
        if self.down:
            raise Transient(f"{peer.name} does not answer.")
        if not self.knows_commitment:
            raise Refused(f"{peer.name} does not do Storage Commitment.")
        uids = tuple(parcel.sop_instance_uid for parcel in parcels)
        self.asked.append((transaction_uid, uids))
        return None if self.silent else self.report(transaction_uid, uids)

    def report(self, transaction_uid: str, uids: Sequence[str]) -> CommitmentReport:
        """What it truly holds."""
        missing = tuple((uid, 0x0112) for uid in uids if uid not in self.held)
        return CommitmentReport(transaction_uid, tuple(uid for uid in uids if uid in self.held), missing)

    def _store(self, parcel: Parcel) -> SendResult:
        if parcel.sop_class_uid in self.refuses:
            return SendResult(parcel.sop_instance_uid, False, 0x0122, True, "SOP class not supported.")
        self.stores += 1
        self.held[parcel.sop_instance_uid] = parcel.path.read_bytes()
        return SendResult(parcel.sop_instance_uid, True, 0x0000)
