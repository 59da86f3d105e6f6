"""``make boundscheck`` would be worth nothing if it did not see what reaches beyond an array."""

import os
from collections.abc import Callable

import numpy as np
import pytest
from node.kernels.jit import kernel, prange
from numpy.typing import NDArray

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_BOUNDSCHECK") != "1", reason="bounds are checked under NUMBA_BOUNDSCHECK=1 alone"
)


@kernel("void(Array(int32, 1, 'C', True), int32[::1])")
def one_too_far(values: NDArray[np.int32], out: NDArray[np.int32]) -> None:
    """Reads one value too many at its end."""
    for n in range(len(out)):
        out[n] = values[n + 1]


@kernel("void(Array(int32, 1, 'C', True), int32[::1])", parallel=True)
def one_too_far_in_parallel(values: NDArray[np.int32], out: NDArray[np.int32]) -> None:
    """The same; the last value is the last thread's, and what is raised in another thread than the first is lost."""
    for n in prange(len(out)):
        out[n] = values[n + 1]


@pytest.mark.parametrize("reaching", [one_too_far, one_too_far_in_parallel], ids=["alone", "parallel"])
def test_what_reaches_beyond_an_array_is_seen(reaching: Callable[..., None]) -> None:
    """Compiled as every kernel is, and kept in the same cache: a warm one of a run without bounds fails here."""
    with pytest.raises((IndexError, SystemError)):  # numba wraps what a thread raises
        reaching(np.arange(400, dtype=np.int32), np.empty(400, np.int32))
