"""Largest value of an image over each label."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel


@kernel("void(int32[::1], int16[::1], float32[::1])", "void(int32[::1], float32[::1], float32[::1])")
def label_maximum(
    labels: NDArray[np.int32], image: NDArray[np.int16] | NDArray[np.float32], result: NDArray[np.float32]
) -> None:
    """labels int32 ≥ 0 and image, both flat and of one length; result float32 (labels), filled by the caller with the
    value for a label without a voxel, raised to the largest value of each label."""
    for voxel in range(labels.shape[0]):
        label = labels[voxel]
        value = np.float32(image[voxel])
        if value > result[label]:
            result[label] = value
