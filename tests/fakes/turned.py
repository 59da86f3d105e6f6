"""A hand of sticks on a grid with other axes, in a patient that lies otherwise."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from tests.fakes.bone_hand import BoneHand

ORDERS = st.permutations([0, 1, 2]).map(tuple)
FLIPS = st.tuples(st.booleans(), st.booleans(), st.booleans())


class Turned(NamedTuple):
    labels: np.ndarray
    body: np.ndarray
    affine: np.ndarray
    order: tuple[int, ...]
    flips: tuple[bool, ...]

    def index(self, index_zyx: np.ndarray) -> np.ndarray:
        """Where voxels (n, 3) of the hand before it was turned are now."""
        moved = index_zyx[:, list(self.order)]
        last = np.array(self.labels.shape) - 1
        return np.where(np.array(self.flips)[list(self.order)], last - moved, moved)


def turned(source: BoneHand, order: tuple[int, ...], flips: tuple[bool, ...], rotation: np.ndarray) -> Turned:
    """``flips`` are applied to the axes z, y, x before they are put into ``order``."""
    affine = source.affine.copy()
    columns = affine[:3, :3].T[::-1].copy()  # one step of z, y, x
    origin = affine[:3, 3].copy()
    labels, body = source.labels, source.body
    for axis in np.flatnonzero(flips):
        origin = origin + columns[axis] * (labels.shape[axis] - 1)
        columns[axis] = -columns[axis]
        labels, body = np.flip(labels, axis), np.flip(body, axis)
    labels, body = labels.transpose(order), body.transpose(order)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation @ columns[list(order)][::-1].T
    matrix[:3, 3] = rotation @ origin
    return Turned(np.ascontiguousarray(labels), np.ascontiguousarray(body), matrix, order, flips)
