"""Places of numbers in an ascending list: a step or two each where they ascend as well, as voxels in scan order do."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange

CHUNK = 1 << 15
"""Numbers that one thread looks for in a row; each chunk begins anew, so the thread count changes nothing."""


@kernel("int64(int64[::1], int64, int64)")
def place_from(ascending: NDArray[np.int64], wanted: int, start: int) -> int:
    """First place whose number is not below ``wanted``, looked for from ``start`` on by doubled steps, then halved ones
    (Bentley & Yao 1976, 10.1016/0020-0190(76)90071-5); from the beginning where it lies before ``start``."""
    low = start if start > 0 and ascending[start - 1] < wanted else 0
    high, step = low, 1
    while high < ascending.size and ascending[high] < wanted:
        low = high + 1
        high += step
        step *= 2
    high = min(high, ascending.size)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@kernel("void(int64[::1], int64[::1], int64[::1])", parallel=True)
def look_up(ascending: NDArray[np.int64], wanted: NDArray[np.int64], place: NDArray[np.int64]) -> None:
    """Write the first place in ``ascending`` whose number is not below each of ``wanted``, as ``np.searchsorted`` does.

    All int64; ``place`` is as long as ``wanted``, which may have any order.
    """
    count = wanted.size
    for chunk in prange((count + CHUNK - 1) // CHUNK):
        last = 0
        for n in range(chunk * CHUNK, min(count, (chunk + 1) * CHUNK)):
            last = place_from(ascending, wanted[n], last)
            place[n] = last


@kernel(
    *(f"void(int64[::1], {values}, int64[::1], {values})" for values in ("int32[::1]", "float32[::1]")), parallel=True
)
def look_up_values(
    ascending: NDArray[np.int64],
    values: NDArray[np.int32] | NDArray[np.float32],
    wanted: NDArray[np.int64],
    found: NDArray[np.int32] | NDArray[np.float32],
) -> None:
    """Write the value that stands beside each of ``wanted`` in ``ascending``, 0 where it is not there."""
    count = wanted.size
    for chunk in prange((count + CHUNK - 1) // CHUNK):
        place = 0
        for n in range(chunk * CHUNK, min(count, (chunk + 1) * CHUNK)):
            place = place_from(ascending, wanted[n], place)
            found[n] = values[place] if place < ascending.size and ascending[place] == wanted[n] else 0
