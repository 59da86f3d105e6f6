"""Who may open an association. Unknown peers are refused unless the configuration opens the node to all."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from node.dicom.statuses import CALLED_AE_TITLE_NOT_RECOGNISED, CALLING_AE_TITLE_NOT_RECOGNISED, RejectionRow
from node.domain.errors import Refused
from node.domain.peer import Peer


@dataclass(frozen=True)
class Refusal:
    """The answer on the wire, and a sentence that tells the administrator what to do."""

    row: RejectionRow
    sentence: str


@dataclass(frozen=True)
class AccessRules:
    """The configured peers, who must call this node ``ae_title``. ``open_to_all`` lets anybody in."""

    ae_title: str
    peers: tuple[Peer, ...] = ()
    open_to_all: bool = False

    def __post_init__(self) -> None:
        """Raises Refused where an address is none, so that it is found at the start and not at the first call."""
        for peer in self.peers:
            for entry in peer.addresses:
                try:
                    ip_network(entry, strict=False)
                except ValueError as error:
                    raise Refused(
                        f"Peer {peer.name}: '{entry}' is not an IP address or network.",
                        hint="Write addresses as 10.1.2.3 or 10.1.0.0/16; host names are not looked up.",
                    ) from error

    def refusal(self, calling: str, called: str, address: str) -> Refusal | None:
        """None when the association may be accepted. AE titles are compared case-sensitive, without outer spaces."""
        if called.strip() != self.ae_title:
            return Refusal(
                CALLED_AE_TITLE_NOT_RECOGNISED,
                f"{calling} at {address} called AE title '{called}', but this node is '{self.ae_title}': "
                f"correct the called AE title on the peer, or ae_title here.",
            )
        if self.open_to_all:
            return None
        return self._refusal_of_caller(calling.strip(), address)

    def may_store(self, calling: str, address: str) -> bool:
        """True when a peer of this AE title and address may send by C-STORE."""
        return self.open_to_all or any(peer.sends for peer in self._matching(calling.strip(), address))

    def _refusal_of_caller(self, calling: str, address: str) -> Refusal | None:
        if self._matching(calling, address):
            return None
        if any(peer.ae_title == calling for peer in self.peers):
            sentence = (
                f"AE title '{calling}' is known, but not from address {address}: add the address to this peer's "
                f"addresses if it is right."
            )
        else:
            sentence = (
                f"Unknown AE title '{calling}' from {address}: add it to the peers if it may send (a PACS often "
                f"sends from another AE title than it queries with)."
            )
        return Refusal(CALLING_AE_TITLE_NOT_RECOGNISED, sentence)

    def _matching(self, calling: str, address: str) -> list[Peer]:
        return [peer for peer in self.peers if peer.ae_title == calling and _comes_from(peer, address)]


def _comes_from(peer: Peer, address: str) -> bool:
    """True when ``address`` is one of the peer's addresses or networks; a peer without any may come from anywhere."""
    if not peer.addresses:
        return True
    source = ip_address(address)
    if source.version == 6 and source.ipv4_mapped is not None:
        source = source.ipv4_mapped
    return any(source in ip_network(entry, strict=False) for entry in peer.addresses)
