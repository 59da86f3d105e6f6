"""The node as a whole: prepares the data folder, opens the port, and runs the roles under a supervisor."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path

import structlog

from node.bootstrap.courier import courier
from node.bootstrap.engine import engine
from node.bootstrap.logging import configure_logging
from node.bootstrap.parts import blobs_of, data_folder, database_of
from node.bootstrap.receiver import receiver
from node.bootstrap.supervisor import Role, Supervisor
from node.domain.errors import Refused
from node.net.listener import open_listener
from node.settings import Settings
from node.store.schema import migrate


class RoleName(StrEnum):
    """A part of the node that can run alone."""

    RECEIVER = "receiver"
    ENGINE = "engine"
    COURIER = "courier"


def serve(
    settings: Settings, roles: Sequence[RoleName] = tuple(RoleName), on_ready: Callable[[], None] | None = None
) -> None:
    """Run ``roles`` until SIGTERM or SIGINT. ``on_ready`` is called when all of them are ready, kernels included.

    Raises Refused where the port is taken or the data folder cannot be used, or is used already.
    """
    configure_logging(settings.log, "supervisor")
    folder = data_folder(settings)
    with _locked(folder, roles):
        migrate(database_of(settings))
        bodies: dict[str, Role] = {}
        if RoleName.RECEIVER in roles:
            blobs_of(settings).sweep()
            listener = open_listener(settings.node.host, settings.node.port)
            structlog.get_logger(__name__).info("listening", port=listener.getsockname()[1])
            for number in range(settings.node.receiver_processes):
                bodies[f"receiver-{number}"] = partial(receiver, settings, number, listener)
        if RoleName.ENGINE in roles:
            bodies["engine"] = partial(engine, settings)
        if RoleName.COURIER in roles:
            bodies["courier"] = partial(courier, settings)
        Supervisor(bodies, on_ready).run()


@contextmanager
def _locked(folder: Path, roles: Sequence[RoleName]) -> Iterator[None]:
    """Two nodes on one folder would take each other's work; the lock ends with the process, however it ends."""
    files = []
    try:
        for role in roles:
            file = os.open(folder / f".{role}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            files.append(file)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Refused(
                    f"Another node ({role}) already uses the data folder {folder}.",
                    hint="Stop it, or give this one a folder of its own (node.data_folder).",
                ) from error
        yield
    finally:
        for file in files:
            os.close(file)
