"""Steps that need nothing of each other, at the same time: what one of them does in one thread, as a flood, leaves a
processor to the other. The result is that of one after the other.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from node.kernels.jit import most_callers

First = TypeVar("First")
Second = TypeVar("Second")
Item = TypeVar("Item")


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """The results of two steps; an error of either is raised when both have ended, that of the first before."""
    if most_callers() < 2:
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        return first(), other.result()


def each(step: Callable[[Item], First], items: Iterable[Item]) -> list[First]:
    """The results of a step on each item, in their order."""
    callers = most_callers()
    if callers < 2:
        return [step(item) for item in items]
    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(step, items))
