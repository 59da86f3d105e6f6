"""Bytes on disk under names of our own: the SHA-256 of the content. A UID is never a path.

temporary file → fsync → rename → fsync of the folder. A blob under its final name is whole and durable; whether it is
*known* is the journal's business. Power may go at any moment: what is left is a temporary file, swept at the start.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from node.domain.errors import Defect, Transient
from node.service.ports import DiskFull, Part
from node.store.space import shortage

_KEY_LENGTH = 64
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Blobs:
    """A folder of blobs. Safe to share between threads and processes."""

    def __init__(self, folder: Path, *, watermark_bytes: int = 0, durable: bool = True) -> None:
        """``watermark_bytes`` stay free on the volume. ``durable=False`` (tests only) leaves out the fsync."""
        self._folder = folder
        self._spool = folder / "spool"
        self._quarantine = folder / "quarantine"
        self._watermark = watermark_bytes
        self._durable = durable
        for path in (folder, self._spool, self._quarantine):
            path.mkdir(parents=True, exist_ok=True)

    def put(self, parts: Sequence[Part]) -> str:
        """Store durably and return the key. The same bytes twice are stored once. Raises DiskFull."""
        key = _digest(parts)
        final = self.path(key)
        if not final.exists():
            self._check_space(sum(len(part) for part in parts))
            temporary = self._write(parts)
            with _translated(final):
                self._make_folder(final.parent)
                temporary.replace(final)
        self._sync_folder(final.parent)
        return key

    def path(self, key: str) -> Path:
        """Where a blob lies. Raises Defect on anything that is not a key."""
        if len(key) != _KEY_LENGTH or not key.isalnum():
            raise Defect(f"{key!r} is not the key of a blob.")
        return self._folder / key[:2] / key

    def quarantine(self, key: str) -> str:
        """Show a blob that is not accepted in ``quarantine``, for a person; returns its file name there."""
        final = self._quarantine / f"{key}.dcm"
        with _translated(final), suppress(FileExistsError):
            os.link(self.path(key), final)
        self._sync_folder(self._quarantine)
        return final.name

    def discard(self, key: str) -> None:
        """Remove a blob that nothing refers to."""
        self.path(key).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove temporary files left by a crash; returns how many. Only before receivers are started."""
        leftovers = list(self._spool.iterdir())
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def _check_space(self, size: int) -> None:
        if short := shortage(self._folder, self._watermark, size):
            raise DiskFull(f"{short}.", hint="Free some space there or lower storage.watermark_mib.")

    def _write(self, parts: Sequence[Part]) -> Path:
        temporary = self._spool / uuid4().hex
        try:
            with _translated(temporary), temporary.open("xb") as file:
                file.writelines(parts)
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return temporary

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            self._sync_folder(folder.parent)

    def _sync_folder(self, folder: Path) -> None:
        if not self._durable:
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _digest(parts: Sequence[Part]) -> str:
    digest = sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(f"The disk is full: {path.parent}.", hint="Free some space there.") from error
        raise Transient(f"Could not write {path}: {error.strerror}.", hint="Check the disk and its rights.") from error
