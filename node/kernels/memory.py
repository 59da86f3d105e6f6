"""Large arrays again and again: memory that was freed is kept for the next one.

The analysis makes and drops arrays of the size of the limb's box. The C library hands each of them back to the system,
which clears fresh pages for the next one: on the bench study that was 40 % of the time (``tests/bench/bench_speed``).
"""

import ctypes
import functools
import sys

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""Options of glibc's mallopt (malloc.h)."""
LARGEST = 2**31 - 1


@functools.cache
def keep_freed_memory() -> None:
    """Ask glibc to serve large arrays from its heap and to keep that; nothing on other systems."""
    if sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"):
        return
    library = ctypes.CDLL(None)
    library.mallopt(MMAP_THRESHOLD, 2**30)
    library.mallopt(TRIM_THRESHOLD, LARGEST)


def give_memory_back() -> None:
    """Return what is free to the system, after a study: a waiting node should be small."""
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)
