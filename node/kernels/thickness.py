"""Local quantile of a quantity sampled on surfaces: how thick the shell of a bone usually is around here."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("void(int64[::1], boolean[::1], float32[::1], int32[:,::1], float64)")
def histogram_cells(
    cell: NDArray[np.int64],
    kept: NDArray[np.bool_],
    value: NDArray[np.float32],
    histogram: NDArray[np.int32],
    bin_width: float,
) -> None:
    """Add the kept samples to the histograms of their cells.

    cell int64 (n); value float32 (n) ≥ 0; histogram int32 (cells, bins), added to.
    """
    last = histogram.shape[1] - 1
    for n in range(cell.shape[0]):
        if kept[n]:
            histogram[cell[n], min(int(value[n] / bin_width), last)] += 1


@kernel("void(int32[:,:,:,::1], int64, int64, float64, float64, float32[:,:,::1])")
def quantile_of_cells(
    cumulative: NDArray[np.int32],
    reach: int,
    least: int,
    quantile: float,
    bin_width: float,
    result: NDArray[np.float32],
) -> None:
    """Quantile of all samples within ``reach`` cells (a cube) of each cell.

    Where fewer than ``least`` samples are within reach the cube grows, up to eight times ``reach``; NaN where even
    that holds none. cumulative int32 (z + 1, y + 1, x + 1, bins) is the histogram summed along its three axes of
    cells, with a leading 0; result float32 (z, y, x) in units of the values.
    """
    nz, ny, nx = result.shape
    bins = cumulative.shape[3]
    total = np.empty(bins, np.int64)
    for z in range(nz):
        for y in range(ny):
            for x in range(nx):
                count = 0
                for grow in range(1, 9):
                    r = reach * grow
                    z0, z1 = max(0, z - r), min(nz, z + r + 1)
                    y0, y1 = max(0, y - r), min(ny, y + r + 1)
                    x0, x1 = max(0, x - r), min(nx, x + r + 1)
                    count = 0
                    for b in range(bins):
                        total[b] = (
                            cumulative[z1, y1, x1, b]
                            - cumulative[z0, y1, x1, b]
                            - cumulative[z1, y0, x1, b]
                            - cumulative[z1, y1, x0, b]
                            + cumulative[z0, y0, x1, b]
                            + cumulative[z0, y1, x0, b]
                            + cumulative[z1, y0, x0, b]
                            - cumulative[z0, y0, x0, b]
                        )
                        count += total[b]
                    if count >= least:
                        break
                result[z, y, x] = np.float32(np.nan)
                wanted = quantile * count
                seen = 0
                for b in range(bins):
                    if total[b] > 0 and seen + total[b] >= wanted:
                        result[z, y, x] = np.float32((b + (wanted - seen) / total[b]) * bin_width)
                        break
                    seen += total[b]
