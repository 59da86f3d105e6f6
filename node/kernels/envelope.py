"""Lower envelope of parabolas, by which exact Euclidean distances of any length are found line by line
(Felzenszwalb & Huttenlocher 2012, 10.4086/toc.2012.v008a019)."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("int64(float32[::1], int64[::1], int64, float64, int64[::1], float64[::1])")
def lower_envelope(
    height: NDArray[np.float32],
    place: NDArray[np.int64],
    count: int,
    spacing: float,
    vertex: NDArray[np.int64],
    border: NDArray[np.float64],
) -> int:
    """Parabolas spacing² (q - place[n])² + height[n], n < count, that lie lowest somewhere: vertex[0 … result].

    Places ascend; ``border[k]`` is where parabola vertex[k] takes over. -1: no height is finite.
    """
    last = -1
    for n in range(count):
        if height[n] == np.inf:
            continue
        p = place[n]
        while last >= 0:
            q = place[vertex[last]]
            crossing = ((height[n] - height[vertex[last]]) / (spacing * spacing) + p * p - q * q) / (2.0 * (p - q))
            if crossing > border[last]:
                last += 1
                vertex[last] = n
                border[last] = crossing
                break
            last -= 1
        if last < 0:
            last = 0
            vertex[0] = n
            border[0] = -np.inf
    return last
