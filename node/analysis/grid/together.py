"""Steps that need nothing of each other, at the same time: what one of them does in one thread, as a flood, leaves a
processor to the other.

The result is that of one after the other, and so they run where there is one thread, or where numba's threads cannot
be called from two sides at once (its layer "workqueue", which it falls back to without an OpenMP library).
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numba

First = TypeVar("First")
Second = TypeVar("Second")
Item = TypeVar("Item")


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """The results of two steps; an error of either is raised when both have ended, that of the first before."""
    if not _may_share():
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        return first(), other.result()


def each(step: Callable[[Item], First], items: Iterable[Item]) -> list[First]:
    """The results of a step on each item, in their order."""
    if not _may_share():
        return [step(item) for item in items]
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        return list(pool.map(step, items))


def _may_share() -> bool:
    return numba.get_num_threads() > 1 and _layer() not in ("", "workqueue")


def _layer() -> str:
    """numba's threading layer, empty before the first parallel kernel has chosen it."""
    try:
        return str(numba.threading_layer())
    except ValueError:
        return ""
