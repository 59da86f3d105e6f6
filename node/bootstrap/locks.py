"""The roles' locks in the data folder: no two nodes work on one folder, and anybody can see which roles run.

A lock ends with the process that holds it (the supervisor), however it ends.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from node.domain.errors import Refused

TRIES: Final = 20
PAUSE_S: Final = 0.05
"""Whoever looks whether a role runs holds its lock for a moment; that must not keep a node from starting."""


class RoleName(StrEnum):
    """A part of the node that can run alone."""

    RECEIVER = "receiver"
    ENGINE = "engine"
    COURIER = "courier"
    PAGE = "page"


@contextmanager
def locked(folder: Path, roles: Sequence[RoleName]) -> Iterator[None]:
    """Hold the locks: two nodes on one folder would take each other's work. Raises Refused where another does."""
    files = []
    try:
        for role in roles:
            file = os.open(_path(folder, role), os.O_RDWR | os.O_CREAT, 0o600)
            files.append(file)
            if not _taken(file):
                raise Refused(
                    f"Another node ({role}) already uses the data folder {folder}.",
                    hint="Stop it, or give this one a folder of its own (node.data_folder).",
                )
        yield
    finally:
        for file in files:
            os.close(file)


def is_running(folder: Path, role: RoleName) -> bool | None:
    """Whether somebody holds the role's lock; None where that cannot be told."""
    try:
        file = os.open(_path(folder, role), os.O_RDONLY)
    except FileNotFoundError:
        return False  # it never ran
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    finally:
        os.close(file)
    return False


def _path(folder: Path, role: RoleName) -> Path:
    return folder / f".{role}.lock"


def _taken(file: int) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE_S)
        else:
            return True
    return False
