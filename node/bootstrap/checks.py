"""What is doubtful about a configuration that is well formed, for ``calcinode check-config``. Nothing is made."""

import socket
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from node.domain.errors import NodeError
from node.settings import PeerSettings, Settings
from node.store.database import Database

WITHIN_S: Final = 5
"""So long the journal's server may take to answer."""


def warnings_of(settings: Settings) -> Iterator[str]:
    """One sentence for each doubt."""
    yield from _roles(settings)
    yield from _same_titles(settings)
    yield from _routes(settings)
    for name, peer in settings.destinations.items():
        if _is_this_node(settings, peer):
            yield f"the destination '{name}' is this node itself: it would be sent its own results."
    if settings.page.enabled and not is_this_machine(settings.page.host):
        yield "the page has no login and listens beyond this machine: see deploy/README.md, The page."
    if trouble := _journal_trouble(settings):
        yield f"storage.journal_url: {trouble}"


def is_this_machine(host: str) -> bool:
    """Whether ``host`` is the loopback interface."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _roles(settings: Settings) -> Iterator[str]:
    keeps_all = any(route.keep and not route.conditions for route in settings.routes)
    if not settings.destinations and settings.delivery.enabled and not keeps_all:
        yield "no peer is a destination: results stay in the data folder. If so meant: delivery.enabled = false."
    if settings.node.open:
        yield "the node is open: any AE title may send images to it."
    elif not any("sender" in peer.roles for peer in settings.peers.values()):
        yield "no peer is a sender and the node is not open: nobody can send images to it."


def _routes(settings: Settings) -> Iterator[str]:
    """Routes that have no effect, and destinations without any."""
    sending = next((n for n, r in enumerate(settings.routes, 1) if r.destinations and not r.conditions), None)
    for number, route in enumerate(settings.routes, start=1):
        if route.keep and sending:
            yield f"route {number} keeps nothing: route {sending} sends the results of every study."
    named = {name for route in settings.routes for name in route.destinations}
    for name in settings.destinations:
        if settings.routes and name not in named:
            yield f"no route leads to the destination '{name}': it gets nothing."


def _same_titles(settings: Settings) -> Iterator[str]:
    names = defaultdict(list)
    for name, peer in settings.peers.items():
        names[peer.ae_title].append(name)
    for title, same in names.items():
        if len(same) > 1:
            yield f"the peers {' and '.join(same)} have one AE title, '{title}': who calls by it cannot be told apart."


def _is_this_node(settings: Settings, peer: PeerSettings) -> bool:
    node, host = settings.node, peer.host or ""
    here = is_this_machine(host) or host in (node.host, socket.gethostname(), socket.getfqdn())
    return here and (peer.ae_title, peer.port) == (node.ae_title, node.port)


def _journal_trouble(settings: Settings) -> str:
    """Why the journal that is named cannot be reached; empty where it can, or where SQLite would make it."""
    try:
        address = make_url(settings.journal_url)
        if address.get_backend_name() == "sqlite":
            return ""
        if address.get_backend_name() == "postgresql" and "connect_timeout" not in address.query:
            address = address.update_query_dict({"connect_timeout": str(WITHIN_S)})
        database = Database(address.render_as_string(hide_password=False), read_only=True)
        with database.read():
            pass
        database.close()
    except (NodeError, SQLAlchemyError, ImportError) as error:
        return " ".join(str(error).split())
    return ""
