"""Body mask at full resolution from a coarse one."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over


@kernel(
    "void(int16[:,:,::1], int64, Array(boolean, 3, 'C', True), int64[::1], int64[::1], boolean[:,:,::1])", parallel=True
)
def refine_body(
    image: NDArray[np.int16],
    threshold: int,
    coarse: NDArray[np.bool_],
    stride: NDArray[np.int64],
    start: NDArray[np.int64],
    body: NDArray[np.bool_],
) -> None:
    """body = image above ``threshold`` where ``coarse`` (every ``stride``-th voxel of the scan) is set.

    ``image``, ``body`` (z, y, x) are a crop of the scan that begins at ``start``; ``body`` is False beforehand.
    """
    nz, ny, nx = image.shape
    step = step_over(nz)
    for turn in prange(nz):
        z = turn * step % nz
        i = min((z + start[0]) // stride[0], coarse.shape[0] - 1)
        for y in range(ny):
            j = min((y + start[1]) // stride[1], coarse.shape[1] - 1)
            for k in range(start[2] // stride[2], min((start[2] + nx - 1) // stride[2] + 1, coarse.shape[2])):
                if not coarse[i, j, k]:
                    continue
                last = k == coarse.shape[2] - 1
                for x in range(
                    max(0, k * stride[2] - start[2]), nx if last else min(nx, (k + 1) * stride[2] - start[2])
                ):
                    body[z, y, x] = image[z, y, x] > threshold
