"""Parts that more than one role is wired from: the journal, the blobs, the peers as the configuration has them."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

from node.domain.errors import Unusable
from node.domain.peer import Peer
from node.domain.sctc_style import ScoreWeights
from node.service.delivering.routing import Route, Routing
from node.service.study.parameters import Parameters
from node.settings import PeerSettings, Settings
from node.store.blobs import Blobs
from node.store.database import Database


def now() -> datetime:
    """The clock of the running node."""
    return datetime.now(UTC)


def peer_of(name: str, settings: PeerSettings) -> Peer:
    """One configured peer in the language of the domain."""
    return Peer(
        name=name,
        ae_title=settings.ae_title,
        host=settings.host,
        port=settings.port,
        addresses=settings.addresses,
        sends="sender" in settings.roles,
        receives="destination" in settings.roles,
        commitment=settings.commitment,
    )


def peers_of(settings: Settings) -> tuple[Peer, ...]:
    """All configured peers, in the order of the configuration."""
    return tuple(peer_of(name, peer) for name, peer in settings.peers.items())


def data_folder(settings: Settings) -> Path:
    """The folder of journal and blobs, made if need be. Raises Unusable where it cannot be used."""
    folder = settings.node.data_folder
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error.strerror) from error
    return folder


def check_data_folder(settings: Settings) -> Path:
    """The same for one that may be absent, and nothing is made."""
    folder = settings.node.data_folder
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise _unwritable(folder, f"{there} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _unwritable(folder, os.strerror(errno.EACCES))
    return folder


def _unwritable(folder: Path, reason: str | None) -> Unusable:
    return Unusable(
        f"The data folder {folder} cannot be written: {reason}.",
        hint="Name another one (node.data_folder), or give the account that runs the node its rights.",
    )


def blobs_of(settings: Settings) -> Blobs:
    """The received and encoded bytes."""
    return Blobs(settings.node.data_folder / "blobs", watermark_bytes=settings.storage.watermark_mib * 2**20)


def database_of(settings: Settings) -> Database:
    """A connection pool to the journal; every process opens its own."""
    return Database(settings.journal_url)


def parameters_of(settings: Settings) -> Parameters:
    """What a site sets about results."""
    return Parameters(
        allow_monoenergetic=settings.analysis.allow_monoenergetic,
        series_number_base=settings.results.series_number_base,
        refusal_notice=settings.results.refusal_notice,
        score_weights=ScoreWeights(**settings.sctc_style_score.model_dump()),
    )


def routing_of(settings: Settings) -> Routing:
    """Which destinations get which studies."""
    routes = tuple(
        Route(r.destinations, r.calling_ae_title, r.station_name, r.study_description, r.keep) for r in settings.routes
    )
    return Routing(tuple(settings.destinations), routes, enabled=settings.delivery.enabled)
