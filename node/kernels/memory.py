"""Large arrays again and again: memory that was freed is kept for the next one.

The analysis makes and drops arrays of the size of the limb's box. The C library hands each of them back to the system,
which clears fresh pages for the next one: on the bench study that was 40 % of the time (``tests/bench/bench_speed``).
"""

import ctypes
import functools
import sys
from collections.abc import Callable

MMAP_THRESHOLD, TRIM_THRESHOLD, ARENA_MAX = -3, -1, -8
"""Options of glibc's mallopt (malloc.h)."""
LARGEST = 2**31 - 1


@functools.cache
def keep_freed_memory() -> None:
    """Ask glibc to serve large arrays from its heap and to keep that; nothing with other C libraries.

    One heap for all threads: a thread's own holds no large array (at most 64 MiB, malloc/arena.c). Threads that there
    were before keep theirs, and hand it on: ask early.
    """
    if mallopt := _of_glibc("mallopt"):
        mallopt(ARENA_MAX, 1)
        mallopt(MMAP_THRESHOLD, 2**30)
        mallopt(TRIM_THRESHOLD, LARGEST)


def give_memory_back() -> None:
    """Return what is free to the system, after a study: a waiting node should be small."""
    if malloc_trim := _of_glibc("malloc_trim"):
        malloc_trim(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
