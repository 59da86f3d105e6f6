"""The roles' locks in the data folder: no two nodes work on one folder, and anybody can see which roles run.

Of each role there are two files. The supervisor holds ``.ROLE.lock`` alone, from its start to its end; the role's own
processes share ``.ROLE.ready`` from when they can do their work. Both end with the process that holds them, however it
ends, so that a role that died under a living supervisor is told from one that works.
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
SECOND_LOOK_S: Final = 0.001
"""Two that look at once are in each other's way for a moment."""


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
            _ready_file(folder, role).touch(0o600)
            if not _takes(file):
                raise Refused(
                    f"Another node ({role}) already uses the data folder {folder}.",
                    hint="Stop it, or give this one a folder of its own (node.data_folder).",
                )
        yield
    finally:
        for file in files:
            os.close(file)


def hold_ready(folder: Path, role: RoleName) -> int:
    """Tell that this process can do the work of ``role``; the file descriptor, which stays open as long as it can."""
    file = os.open(_ready_file(folder, role), os.O_RDONLY | os.O_CREAT, 0o600)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def is_ready(folder: Path, role: RoleName) -> bool | None:
    """Whether a process of the role can do its work; None where that cannot be told."""
    try:
        file = os.open(_ready_file(folder, role), os.O_RDONLY)
    except OSError:
        return None
    try:
        if _takes(file, tries=2, pause_s=SECOND_LOOK_S):
            return False
    except OSError:
        return None
    finally:
        os.close(file)
    return True


def is_running(folder: Path, role: RoleName) -> bool | None:
    """Whether a supervisor holds the role's lock; None where that cannot be told."""
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


def _ready_file(folder: Path, role: RoleName) -> Path:
    return folder / f".{role}.ready"


def _takes(file: int, tries: int = TRIES, pause_s: float = PAUSE_S) -> bool:
    """Whether the lock is this process's now, and no other's."""
    for _ in range(tries):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause_s)
        else:
            return True
    return False
