"""A stretch of a row of voxels, as the kernels that pass along rows take it.

They cut the stretch out and go through it from 0: only of an index that cannot be negative does the compiler make
vector instructions, which is worth a factor of three to five.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel(
    "void(int16[::1], int64, int64, int64, int16[::1])",
    "void(int16[::1], int64, int64, int64, float32[::1])",
)
def widened_stretch(
    row: NDArray[np.int16], first: int, last: int, reach: int, line: NDArray[np.int16] | NDArray[np.float32]
) -> None:
    """line[0] … = row[first - reach] … row[last + reach - 1], first < last; the row's ends continue outwards."""
    begin, end = max(first - reach, 0), min(last + reach, row.size)
    left = begin - (first - reach)
    line[left : left + end - begin] = row[begin:end]
    line[:left] = row[0]
    line[left + end - begin : last - first + 2 * reach] = row[row.size - 1]
