"""Step 2, last part: two hands whose skin touches are one body, and are parted between their bones.

The bones of a hand lie joint by joint within a few millimetres of each other; those of two hands have skin and fat of
both between them.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.grid.components import components
from node.analysis.grid.spans import mask_of, spans_of
from node.analysis.limb.bony import MINERAL_HU
from node.analysis.limb.limbs import MARGIN_MM, STRIDE_MM, Limb
from node.analysis.limb.nearest import nearest_around
from node.domain.volume import Geometry

JOINTS_MM = (3.0, 2.0)
"""Half the width of gaps in joints, the widest first; twice the soft tissue over a bone is wider [K]."""
LEAST_SHARE = 0.35
"""Mineral of the second hand over that of the first; a finger that lies apart has far less."""

BoolArray = NDArray[np.bool_]


def parted_hands(limb: Limb) -> tuple[Limb, Limb] | None:
    """The two hands of a body with two skeletons of like size, the larger first; None where there is one.

    Whether they are hands of one person, their sides tell, which the caller must look at.
    """
    stride = tuple(max(1, round(STRIDE_MM / s)) for s in limb.spacing_mm)
    sparse = tuple(slice(None, None, k) for k in stride)
    z_mm, y_mm, x_mm = (s * k for s, k in zip(limb.spacing_mm, stride, strict=True))
    mineral = (limb.low[sparse] > MINERAL_HU) & limb.body[sparse]
    near = nearest_around(mineral, (z_mm, y_mm, x_mm), max(JOINTS_MM))
    joints = (mask_of(near.voxels[near.distance_mm <= joint_mm], mineral.shape) for joint_mm in JOINTS_MM)
    found = (_two_skeletons(mineral, joint) for joint in joints)
    hands = next((two for two in found if two is not None), None)
    if hands is None:
        return None
    nearest = ndimage.distance_transform_edt(
        hands == 0, sampling=(z_mm, y_mm, x_mm), return_distances=False, return_indices=True
    )
    owner = hands[tuple(nearest)]
    first, second = (_part(limb, owner == number, stride) for number in (1, 2))
    return first, second


def _two_skeletons(mineral: BoolArray, near: BoolArray) -> NDArray[np.uint8] | None:
    """Labels 1 and 2 of the two largest skeletons (z, y, x); ``near``: ``mineral`` and its joints."""
    found = components(near, spans_of(near))
    size = np.bincount(found.at(np.flatnonzero(mineral)), minlength=found.count + 1)
    if found.count < 2:
        return None
    second, first = 1 + np.argsort(size[1:], kind="stable")[-2:]
    if size[second] < LEAST_SHARE * size[first]:
        return None
    return np.select([found.labels == first, found.labels == second], [np.uint8(1), np.uint8(2)], np.uint8(0))


def _part(limb: Limb, coarse: BoolArray, stride: tuple[int, ...]) -> Limb:
    """The limb cut down to what is nearest to the voxels of ``coarse``, every ``stride``-th of the limb's."""
    places = [
        np.minimum(np.arange(n) // k, m - 1) for n, k, m in zip(limb.body.shape, stride, coarse.shape, strict=True)
    ]
    body = limb.body & coarse[np.ix_(*places)]
    box = _box(body, limb.spacing_mm)
    start = np.array([part.start for part in box])
    affine = limb.geometry.affine.copy()
    affine[:3, 3] = limb.geometry.to_lps_mm(start[None].astype(float))[0]
    kept = np.ascontiguousarray(body[box])
    z, y, x = (a + int(b) for a, b in zip(limb.offset, start, strict=True))
    return replace(
        limb,
        low=np.ascontiguousarray(limb.low[box]),
        high=np.ascontiguousarray(limb.high[box]),
        body=kept,
        geometry=Geometry(kept.shape, limb.spacing_mm, affine),
        offset=(z, y, x),
        cut=_cut(limb, kept, box),
    )


def _box(body: BoolArray, spacing_mm: tuple[float, ...]) -> tuple[slice, ...]:
    """The part of the grid around a body, with a margin."""
    box = []
    for axis, (length, spacing) in enumerate(zip(body.shape, spacing_mm, strict=True)):
        others = tuple(a for a in range(3) if a != axis)
        inside, margin = np.flatnonzero(body.any(axis=others)), round(MARGIN_MM / spacing)
        box.append(slice(max(0, int(inside[0]) - margin), min(length, int(inside[-1]) + 1 + margin)))
    return tuple(box)


def _cut(limb: Limb, body: BoolArray, box: tuple[slice, ...]) -> tuple[tuple[bool, bool], ...]:
    """Where the limb leaves the scan and this part of it with it."""
    return tuple(
        (
            first and part.start == 0 and bool(np.take(body, 0, axis).any()),
            last and part.stop == limb.body.shape[axis] and bool(np.take(body, -1, axis).any()),
        )
        for axis, ((first, last), part) in enumerate(zip(limb.cut, box, strict=True))
    )
