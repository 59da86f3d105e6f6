"""Limbs of analytic shapes: a block of muscle in air, with what is put into it, blurred as CT blurs."""

from collections.abc import Callable

import numpy as np
from node.analysis.limb.limbs import Limb
from node.domain.volume import Geometry, Tube
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

MUSCLE = (47.0, 42.0)
AIR_HU, BODY_HU = -1000.0, -300.0
PSF_MM = 0.35
LOW_TUBE, HIGH_TUBE = Tube(80), Tube(140, 0.4)
Point = tuple[float, float, float]
Shape = Callable[[tuple[NDArray[np.float64], ...]], NDArray[np.bool_]]
"""Of the three open coordinate axes z, y, x in mm: True inside."""


def ball(radius_mm: float, centre_mm: Point) -> Shape:
    return lambda axes: sum((a - c) ** 2 for a, c in zip(axes, centre_mm, strict=True)) <= radius_mm**2


def shell(inner_mm: float, outer_mm: float, centre_mm: Point) -> Shape:
    return without(ball(outer_mm, centre_mm), ball(inner_mm, centre_mm))


def without(whole: Shape, hole: Shape) -> Shape:
    return lambda axes: whole(axes) & ~hole(axes)


def cube(first_mm: float, last_mm: float) -> Shape:
    return lambda axes: np.logical_and.reduce(np.broadcast_arrays(*((a > first_mm) & (a < last_mm) for a in axes)))


def slab(axis: int, first_mm: float, last_mm: float, within: Shape) -> Shape:
    """Between two planes across an axis, inside another shape."""
    return lambda axes: (axes[axis] >= first_mm) & (axes[axis] <= last_mm) & within(axes)


def share(shape: Shape, grid: tuple[int, ...], spacing_mm: Point, moved_mm: Point) -> NDArray[np.float64]:
    """Share of each voxel that the moved shape fills, from 3 x 3 x 3 points a voxel."""
    inside = np.zeros(grid)
    fine = (np.arange(3) - 1) / 3.0
    for offset in np.stack(np.meshgrid(fine, fine, fine), -1).reshape(-1, 3):
        axes = [(np.arange(n) + o) * s - m for n, o, s, m in zip(grid, offset, spacing_mm, moved_mm, strict=True)]
        inside += shape(np.ix_(*axes))
    return inside / 27.0


def muscle_limb(
    contents: tuple[tuple[Shape, tuple[float, float]], ...] = (),
    *,
    size_mm: float = 30.0,
    spacing_mm: Point = (0.6, 0.5, 0.5),
    noise_hu: tuple[float, float] = (0.0, 0.0),
    skin_mm: float = 3.0,
    motion_mm: Point = (0.0, 0.0, 0.0),
) -> Limb:
    """A cube of muscle, ``skin_mm`` of air around it; each content adds (low, high) HU in its shape.

    ``motion_mm`` (z, y, x) is how far all of it has moved at the high energy.
    """
    grid = tuple(round(size_mm / s) for s in spacing_mm)
    muscle = cube(skin_mm, size_mm - skin_mm)
    rng = np.random.default_rng(7)
    images = []
    for energy, moved_mm in enumerate(((0.0, 0.0, 0.0), motion_mm)):
        image = AIR_HU + (MUSCLE[energy] - AIR_HU) * share(muscle, grid, spacing_mm, moved_mm)
        for shape, contrast in contents:
            image += contrast[energy] * share(shape, grid, spacing_mm, moved_mm)
        image = gaussian_filter(image, [PSF_MM / s for s in spacing_mm])
        images.append(np.rint(image + rng.normal(0.0, noise_hu[energy], grid)).astype(np.int16))
    affine = np.diag([*spacing_mm[::-1], 1.0])
    uncut = ((False, False),) * 3
    return Limb(images[0], images[1], images[0] > BODY_HU, Geometry(grid, spacing_mm, affine), (0, 0, 0), uncut)
