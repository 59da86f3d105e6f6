"""A synthetic radiograph: what lies along the beam, in amount per mm² of the picture."""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.domain.volume import Float64Array

COARSEST: Final = 1.35
"""Cells farther apart than this many pixels would leave some without any."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of a grid: ``index_zyx`` (n, 3), ``affine`` (x, y, z, 1) → LPS mm, ``amount`` (n,) that each holds."""

    index_zyx: NDArray[np.integer]
    affine: Float64Array
    amount: Float64Array

    def divided(self, longest_mm: float) -> tuple[Float64Array, Float64Array]:
        """(points in mm, amounts) of the cells cut into equal parts, of which no edge is longer than ``longest_mm``."""
        spacing = np.linalg.norm(self.affine[:3, :3], axis=0)[::-1]
        parts = np.maximum(1, np.ceil(spacing / longest_mm)).astype(int)
        within = np.array(list(product(*((np.arange(n) + 0.5) / n - 0.5 for n in parts))))
        index = (self.index_zyx[:, None] + within[None]).reshape(-1, 3)
        points = index[:, ::-1] @ self.affine[:3, :3].T + self.affine[:3, 3]
        return points, np.repeat(self.amount / len(within), len(within))


@dataclass(frozen=True, eq=False)
class Film:
    """Where the picture lies: ``origin`` (3,) in LPS mm, ``axes`` (2, 3) its unit vectors, square to the beam."""

    origin: Float64Array
    axes: Float64Array

    def expose(self, cells: Cells, pixel_mm: float, longest: float = 0.5) -> Float64Array:
        """Amount per mm² of every pixel that anything falls on, in no particular order.

        Cells are cut into parts of at most ``longest`` pixels. Each part is shared out to the four pixels around it, so
        that the sum is kept and the grid's orientation hardly matters.
        """
        points, amount = cells.divided(longest * pixel_mm)
        place = (points - self.origin) @ self.axes.T / pixel_mm
        corner = np.floor(place).astype(np.int64)
        share = place - corner
        corner -= corner.min(axis=0)
        width = int(corner[:, 1].max()) + 2
        picture = np.zeros((int(corner[:, 0].max()) + 2) * width)
        for row, column in product((0, 1), repeat=2):
            part = np.abs(1 - row - share[:, 0]) * np.abs(1 - column - share[:, 1])
            pixel = (corner[:, 0] + row) * width + corner[:, 1] + column
            picture += np.bincount(pixel, part * amount, minlength=picture.size)
        return np.asarray(picture[picture > 0.0] / pixel_mm**2)
