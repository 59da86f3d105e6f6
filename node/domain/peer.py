"""A DICOM application entity that this node speaks with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    """One configured peer, by the name the configuration gives it.

    ``addresses`` are the IP addresses or networks (CIDR) it may call from; empty means any. ``host`` and ``port`` are
    where it listens (None for a peer that only sends). ``commitment`` is False for a destination that is known not to
    answer Storage Commitment.
    """

    name: str
    ae_title: str
    host: str | None = None
    port: int | None = None
    addresses: tuple[str, ...] = ()
    sends: bool = True
    receives: bool = False
    commitment: bool = True
