"""Means over small boxes on a coarse lattice of a volume."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel, prange
from node.kernels.turns import step_over


@kernel("void(int16[:,:,::1], Array(boolean, 3, 'C', True), int64[::1], int64[::1], float32[:,:,::1])", parallel=True)
def lattice_means(
    image: NDArray[np.int16],
    body: NDArray[np.bool_],
    stride: NDArray[np.int64],
    half: NDArray[np.int64],
    means: NDArray[np.float32],
) -> None:
    """Mean of ``image`` (z, y, x) over ± ``half`` voxels around every ``stride``-th voxel; NaN outside of ``body``."""
    nz, ny, nx = image.shape
    step = step_over(means.shape[0])
    for turn in prange(means.shape[0]):
        i = turn * step % means.shape[0]
        z = i * stride[0]
        for j in range(means.shape[1]):
            y = j * stride[1]
            for k in range(means.shape[2]):
                x = k * stride[2]
                means[i, j, k] = np.float32(np.nan)
                if not body[z, y, x]:
                    continue
                total = 0
                count = 0
                for v in range(max(0, z - half[0]), min(nz, z + half[0] + 1)):
                    for w in range(max(0, y - half[1]), min(ny, y + half[1] + 1)):
                        for u in range(max(0, x - half[2]), min(nx, x + half[2] + 1)):
                            total += image[v, w, u]
                            count += 1
                means[i, j, k] = np.float32(total / count)
