"""Do two blobs of one SOP Instance UID hold the same content? Asked by the receiver, answered outside it.

Their content digests differ already; that may come from another transfer syntax only (docs/dicom.md section 3). To
know, pixels must be decoded, which the receiver never does: a spawned process of its own does, started when needed.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Lock
from typing import Final

from node.domain.errors import NodeError
from node.service.processes import kill, one_process

SameContent = Callable[[Path, Path], bool]
TIMEOUT_S: Final = 30.0
COMPARISONS_A_PROCESS: Final = 1000


class IsolatedComparison:
    """Implements ``SameContent``. What cannot be read, decoded or decided in time is not the same. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, one: Path, other: Path) -> bool:
        """True where both files hold the same content."""
        with self._lock:
            try:
                return self._executor().submit(_compare, one, other).result(TIMEOUT_S)
            except (NodeError, OSError):
                return False
            except (BrokenProcessPool, TimeoutError):
                self.close()
                return False

    def close(self) -> None:
        """End the process, if there is one; the next call starts another."""
        if self._pool is not None:
            kill(self._pool)  # it may hang in a decoder
            self._pool = None

    def _executor(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = one_process(COMPARISONS_A_PROCESS)
        return self._pool


def _compare(one: Path, other: Path) -> bool:
    """In the other process, which alone loads the decoders."""
    from node.dicom.reading.decoding import same_content

    return same_content(one, other)
