"""This node as requestor, for commands and for the courier."""

from typing import Any

from pydantic import ValidationError

from node.bootstrap.parts import peer_of
from node.domain.peer import Peer
from node.net.echo import NetworkEchoer
from node.net.scu import NetworkSender
from node.service.ports import Parcel
from node.service.study.folder import Folder
from node.settings import PeerSettings, Settings, SettingsError
from node.settings.mistakes import explain


def echoer_of(settings: Settings, calling: str | None = None) -> NetworkEchoer:
    """C-ECHO under this node's AE title, or another."""
    return NetworkEchoer(calling or settings.node.ae_title)


def sender_of(settings: Settings, calling: str | None = None) -> NetworkSender:
    """C-STORE under this node's AE title, or another."""
    return NetworkSender(calling or settings.node.ae_title)


def peer_named(settings: Settings, text: str) -> Peer:
    """A peer of the configuration by name, or one given as ``AETITLE@host:port``. Raises SettingsError otherwise."""
    if text in settings.peers:
        return peer_of(text, settings.peers[text])
    ae_title, at, place = text.rpartition("@")
    host, colon, port = place.rpartition(":")
    if at and colon and port.isdecimal() and ae_title and host:
        return _peer_given(text, {"ae_title": ae_title, "host": host, "port": port, "roles": ("destination",)})
    known = ", ".join(sorted(settings.peers)) or "none"
    raise SettingsError(
        f"There is no peer '{text}' in the configuration (known: {known}); or give it as AETITLE@host:port."
    )


def _peer_given(text: str, values: dict[str, Any]) -> Peer:
    try:
        return peer_of(text, PeerSettings(**values))
    except ValidationError as error:
        raise SettingsError("\n".join(explain(one, f"'{text}'", "") for one in error.errors())) from error


def parcels_by_series(folder: Folder) -> list[list[Parcel]]:
    """What to send, one list a series, as scanners and archives do: each series on an association of its own."""
    series: dict[str, list[Parcel]] = {}
    for instance in folder.instances:
        parcel = Parcel(
            instance.sop_class_uid,
            instance.sop_instance_uid,
            instance.transfer_syntax_uid,
            folder.locate(instance.sop_instance_uid),
        )
        series.setdefault(instance.series_instance_uid, []).append(parcel)
    return list(series.values())
