"""The node as a whole: prepares the data folder, opens the ports, and runs the roles under a supervisor."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from node.bootstrap.courier import courier
from node.bootstrap.engine import engine
from node.bootstrap.locks import RoleName, hold_ready, locked
from node.bootstrap.logging import configure_logging
from node.bootstrap.page import page
from node.bootstrap.parts import blobs_of, data_folder, database_of
from node.bootstrap.receiver import receiver
from node.bootstrap.supervisor import Ready, Role, Supervisor
from node.domain.errors import Refused
from node.net.listener import open_listener
from node.settings import Settings
from node.store.schema import migrate

PRIVATE: Final = 0o077
"""The umask of the node's processes."""


def serve(
    settings: Settings, roles: Sequence[RoleName] = tuple(RoleName), on_ready: Callable[[], None] | None = None
) -> None:
    """Run ``roles`` until SIGTERM or SIGINT. ``on_ready`` is called when all of them are ready, kernels included.

    What it writes only its own account can read: images carry the patient's data. Raises Refused where a port is taken
    or the data folder cannot be used, or is used already.
    """
    os.umask(PRIVATE)
    configure_logging(settings.log, "supervisor")
    roles = _switched_on(settings, roles)
    folder = data_folder(settings)
    with locked(folder, roles):
        migrate(database_of(settings))
        Supervisor({name: body for role in roles for name, body in _bodies(settings, role)}, on_ready).run()


def _switched_on(settings: Settings, roles: Sequence[RoleName]) -> Sequence[RoleName]:
    """Without the page where the configuration says so."""
    found = [role for role in roles if role is not RoleName.PAGE or settings.page.enabled]
    if not found:
        raise Refused("The page is switched off.", hint="Set page.enabled = true, or leave out --role page.")
    return found


def _bodies(settings: Settings, role: RoleName) -> Iterator[tuple[str, Role]]:
    for name, body in _BODIES[role](settings):
        yield name, partial(_telling_when_ready, settings.node.data_folder, role, body)


def _telling_when_ready(folder: Path, role: RoleName, body: Role, stop: threading.Event, ready: Ready) -> None:
    held: list[int] = []

    def tell() -> None:
        held.append(hold_ready(folder, role))
        ready()

    body(stop, tell)
    for file in held:
        os.close(file)


def _receivers(settings: Settings) -> Iterator[tuple[str, Role]]:
    blobs_of(settings).sweep()
    listener = open_listener(settings.node.host, settings.node.port)
    structlog.get_logger(__name__).info("listening", port=listener.getsockname()[1])
    for number in range(settings.node.receiver_processes):
        yield f"receiver-{number}", partial(receiver, settings, number, listener)


def _engine(settings: Settings) -> Iterator[tuple[str, Role]]:
    yield "engine", partial(engine, settings)


def _courier(settings: Settings) -> Iterator[tuple[str, Role]]:
    yield "courier", partial(courier, settings)


def _page(settings: Settings) -> Iterator[tuple[str, Role]]:
    listener = open_listener(settings.page.host, settings.page.port)
    structlog.get_logger(__name__).info("page_listening", port=listener.getsockname()[1])
    yield "page", partial(page, settings, listener)


_BODIES: Final[Mapping[RoleName, Callable[[Settings], Iterator[tuple[str, Role]]]]] = {
    RoleName.RECEIVER: _receivers,
    RoleName.ENGINE: _engine,
    RoleName.COURIER: _courier,
    RoleName.PAGE: _page,
}
"""The processes of each role by name; ports are opened on the way."""
