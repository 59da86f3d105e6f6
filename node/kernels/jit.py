"""The one place that touches ``numba.njit``: how kernels are compiled and where the machine code is kept.

numba's own cache does not notice a changed callee in another file, so the cache folder is named by a digest of
every kernel's source, the numba version and the Python version. ``CALCINODE_CACHE_DIR`` moves it.

Threads of a kernel that wait for each other sleep, unless ``OMP_WAIT_POLICY`` says otherwise: spinning, as is OpenMP's
way, they take the processors from another study and from the receiver, and are no faster alone.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def _sources_digest() -> str:
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:3]}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Folder of the compiled kernels of exactly these sources."""
    home = os.environ.get("CALCINODE_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "calcinode" / "kernels" / _sources_digest()


numba.config.CACHE_DIR = str(cache_folder())
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when the first parallel kernel loads the library


def kernel(*signatures: str, parallel: bool = False) -> Callable[[Function], Function]:
    """Compile eagerly for ``signatures`` (numba's notation); ``parallel`` allows ``numba.prange``.

    fastmath stays off and reductions go over fixed slabs, so a result depends neither on the thread count nor
    on the machine's mood.
    """
    compiled: Callable[[Function], Function] = numba.njit(
        list(signatures) or None,
        cache=True,
        parallel=parallel,
        fastmath=False,
        nogil=True,
        error_model="numpy",
    )
    return compiled


prange = numba.prange


def most_callers() -> int:
    """How many threads may call kernels at the same time, and gain by it: as many as a kernel runs on.

    One where numba's threads must not be called from two sides, in its layer "workqueue", which it falls back to
    without an OpenMP library; and before the first parallel kernel has chosen the layer.
    """
    return 1 if _layer() in ("", "workqueue") else int(numba.get_num_threads())


def _layer() -> str:
    """numba's threading layer, empty before it is chosen."""
    try:
        return str(numba.threading_layer())
    except ValueError:
        return ""
