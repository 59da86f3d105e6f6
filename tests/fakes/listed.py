"""Labels of a grid as a list of voxels."""

import numpy as np
from node.analysis.grid.components import Components


def listed(labels: np.ndarray) -> Components:
    """What is labelled in an array (z, y, x)."""
    voxels = np.flatnonzero(labels)
    z, y, x = labels.shape
    return Components(voxels, labels.reshape(-1)[voxels], int(labels.max(initial=0)), (z, y, x))
