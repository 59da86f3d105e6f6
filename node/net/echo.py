"""C-ECHO as SCU: does the peer answer, and if not, why."""

from dataclasses import dataclass, field

from pynetdicom.presentation import build_context

from node.dicom.sop_classes import VERIFICATION
from node.dicom.statuses import SUCCESS
from node.domain.errors import Transient
from node.domain.peer import Peer
from node.net.requestor import RequestorOptions, open_association


@dataclass(frozen=True)
class NetworkEchoer:
    """Implements ``ports.Echoer``."""

    calling_ae_title: str
    options: RequestorOptions = field(default_factory=RequestorOptions)

    def echo(self, peer: Peer) -> None:
        """Return when the peer answers with success; raise Transient with what to check otherwise."""
        with open_association(peer, self.calling_ae_title, [build_context(VERIFICATION)], self.options) as association:
            answer = association.send_c_echo()
        if "Status" not in answer:
            raise Transient(
                f"{peer.name} accepted the association but did not answer the echo.", hint="See the peer's log."
            )
        if answer.Status != SUCCESS:
            raise Transient(f"{peer.name} answered the echo with status 0x{answer.Status:04X}.", hint="See its log.")
