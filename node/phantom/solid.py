"""Solids made of primitives, and rigid frames: what bones and skin are described with.

A frame is a 4 × 4 matrix from local to model coordinates (x, y, z, 1).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from node.kernels import phantom_union

Matrix = NDArray[np.float64]
Rows = NDArray[np.float64]
Point = tuple[float, float, float]
BAND_MM: Final = 6.0
"""Fields are exact up to this distance outside."""


def rotation(axis: int, degrees: float) -> Matrix:
    """Right-handed turn about axis 0, 1 or 2 as a frame."""
    angle = np.deg2rad(degrees)
    frame = np.eye(4)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    frame[a, a] = frame[b, b] = np.cos(angle)
    frame[b, a], frame[a, b] = np.sin(angle), -np.sin(angle)
    return frame


def translation(x: float, y: float, z: float) -> Matrix:
    """A frame at a point."""
    frame = np.eye(4)
    frame[:3, 3] = (x, y, z)
    return frame


def along(start: Point, end: Point, up: Point = (0.0, 1.0, 0.0)) -> tuple[Matrix, float]:
    """Frame at ``start`` whose z points to ``end`` and whose y is as near to ``up`` as can be; and the length."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    length = float(np.linalg.norm(b - a))
    z = (b - a) / length
    x = np.cross(np.asarray(up, float), z)
    x = x / np.linalg.norm(x)
    frame = np.eye(4)
    frame[:3, 0], frame[:3, 1], frame[:3, 2], frame[:3, 3] = x, np.cross(z, x), z, a
    return frame, length


def _row(kind: int, frame: Matrix, sizes: tuple[float, ...], blend: float, centre: Matrix, radius: float) -> Rows:
    row = np.zeros((1, phantom_union.COLUMNS))
    row[0, 0] = kind
    row[0, 1:13] = np.linalg.inv(frame)[:3].ravel()
    row[0, 13 : 13 + len(sizes)] = sizes
    row[0, 17] = blend
    row[0, 18:21] = centre
    row[0, 21] = radius
    return row


def cone(
    start: Point, end: Point, radii: tuple[float, float], blend: float = 0.0, flat: float = 1.0, up: Point = (0, 1, 0)
) -> Rows:
    """Capsule from ``start`` to ``end``; ``flat`` scales its half-width towards ``up``. All mm."""
    frame, length = along(start, end, up)
    middle = (np.asarray(start, float) + np.asarray(end, float)) / 2
    sizes = (length, radii[0], radii[1], flat)
    return _row(phantom_union.CONE, frame, sizes, blend, middle, length / 2 + max(radii) * max(1.0, flat))


def ellipsoid(centre: Point, semi_axes: Point, blend: float = 0.0, frame: Matrix | None = None) -> Rows:
    """Ellipsoid along the axes of ``frame`` (the parent's where None)."""
    placed = np.eye(4) if frame is None else frame.copy()
    placed[:3, 3] = centre
    return _row(phantom_union.ELLIPSOID, placed, semi_axes, blend, placed[:3, 3], max(semi_axes))


def box(centre: Point, half: Point, rounding: float, blend: float = 0.0, frame: Matrix | None = None) -> Rows:
    """Box with rounded edges; ``half`` includes the rounding."""
    placed = np.eye(4) if frame is None else frame.copy()
    placed[:3, 3] = centre
    reach = float(np.linalg.norm(half))
    return _row(phantom_union.BOX, placed, (*half, rounding), blend, placed[:3, 3], reach)


def moved(rows: Rows, frame: Matrix) -> Rows:
    """The same solid carried by a rigid frame from its local to the outer axes."""
    out = rows.copy()
    inverse = np.linalg.inv(frame)
    for row in out:
        matrix = np.vstack([row[1:13].reshape(3, 4), (0.0, 0.0, 0.0, 1.0)])
        row[1:13] = (matrix @ inverse)[:3].ravel()
        row[18:21] = frame[:3, :3] @ row[18:21] + frame[:3, 3]
    return out


@dataclass(frozen=True, eq=False)
class Field:
    """Values on a small grid: ``values`` float32 (z, y, x); ``frame`` (4, 4) from index (x, y, z, 1) to model mm."""

    values: NDArray[np.float32]
    frame: Matrix

    @property
    def step_mm(self) -> float:
        """Edge of a cell (cells are cubes)."""
        return float(np.linalg.norm(self.frame[:3, 0]))

    def points(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        """Model coordinates, float64 (n, 3), of cells given by their flat C-order index."""
        index = np.stack(np.unravel_index(cells, self.values.shape)[::-1], axis=1)
        return np.asarray(index @ self.frame[:3, :3].T + self.frame[:3, 3])

    @property
    def centre(self) -> NDArray[np.float64]:
        """Middle of the lattice in model coordinates."""
        half = (np.array(self.values.shape[::-1]) - 1) / 2
        return np.asarray(self.frame[:3, :3] @ half + self.frame[:3, 3])

    def near(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
        """Whether the lattice's box (in model axes) meets the box between two corners."""
        half = np.abs(self.frame[:3, :3]) @ ((np.array(self.values.shape[::-1]) - 1) / 2)
        return bool((self.centre - half <= high).all() and (self.centre + half >= low).all())

    def at(self, points: NDArray[np.float64], outside: float = 99.0) -> NDArray[np.float64]:
        """Trilinear values at model points (n, 3); ``outside`` beyond the grid."""
        inverse = np.linalg.inv(self.frame)
        index = (points @ inverse[:3, :3].T + inverse[:3, 3]).T[::-1]
        return np.asarray(map_coordinates(self.values, index, order=1, cval=outside, mode="constant"), np.float64)


def lattice(low: NDArray[np.float64], high: NDArray[np.float64], step_mm: float) -> tuple[Matrix, tuple[int, int, int]]:
    """Frame and shape (z, y, x) of an axis-aligned lattice over a box (x, y, z)."""
    count = np.maximum(2, np.ceil((high - low) / step_mm).astype(int) + 1)
    frame = np.diag([step_mm, step_mm, step_mm, 1.0])
    frame[:3, 3] = low
    return frame, (int(count[2]), int(count[1]), int(count[0]))


def _half_extents(row: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    if row[0] == phantom_union.CONE:
        radius = max(row[14], row[15])
        semi = np.array([radius, radius * row[16], radius])
    else:
        semi = row[13:16]
    if row[0] == phantom_union.BOX:
        return np.asarray(np.abs(turn) @ semi)
    return np.asarray(np.sqrt((turn * semi) ** 2 @ np.ones(3)))


def row_bounds(rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Box of each row: low and high corners (n, 3; x, y, z) in the rows' axes."""
    low, high = np.empty((len(rows), 3)), np.empty((len(rows), 3))
    for n, row in enumerate(rows):
        inverse = row[1:13].reshape(3, 4)
        turn = inverse[:, :3].T
        ends = [-turn @ inverse[:, 3]]
        if row[0] == phantom_union.CONE:
            ends.append(ends[0] + turn[:, 2] * row[13])
        half = _half_extents(row, turn)
        low[n], high[n] = np.min(ends, axis=0) - half, np.max(ends, axis=0) + half
    return low, high


def bounds(rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Box (low, high corner; x, y, z) around the solid, in the rows' axes."""
    low, high = row_bounds(rows)
    return low.min(axis=0), high.max(axis=0)


def overlap(
    frame: Matrix, shape: tuple[int, int, int], rows: Rows, owner: Matrix, reach_mm: float
) -> tuple[slice, slice, slice] | None:
    """Part (z, y, x) of a lattice that lies within ``reach_mm`` of the box around ``rows`` in the axes ``owner``."""
    low, high = bounds(moved(rows, np.asarray(np.linalg.inv(owner), np.float64)))
    box_corners = np.array(np.meshgrid(*zip(low - reach_mm, high + reach_mm, strict=True))).reshape(3, -1)
    inverse = np.linalg.inv(frame) @ owner
    index = inverse[:3, :3] @ box_corners + inverse[:3, 3:]
    first = np.maximum(np.floor(index.min(axis=1)), 0).astype(int)[::-1]
    last = np.minimum(np.ceil(index.max(axis=1)).astype(int)[::-1] + 1, shape)
    if (last <= first).any():
        return None
    z, y, x = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return z, y, x


def sample(rows: Rows, frame: Matrix, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Signed distance (mm, at most ``BAND_MM``) of the union of ``rows`` on the lattice of ``frame``."""
    out = np.full(shape, BAND_MM, np.float32)
    low, high = row_bounds(rows)
    reach = BAND_MM + rows[:, 17:18]
    inverse = np.linalg.inv(frame)
    middle = (low + high) / 2 @ inverse[:3, :3].T + inverse[:3, 3]
    half = ((high - low) / 2 + reach) @ np.abs(inverse[:3, :3]).T
    first = np.clip(np.floor(middle - half), 0, None)[:, ::-1].astype(np.int64)
    last = np.minimum(np.ceil(middle + half)[:, ::-1].astype(np.int64) + 1, shape)
    boxes = np.ascontiguousarray(np.hstack([first, last]))
    phantom_union.paint_union(np.ascontiguousarray(rows), boxes, np.ascontiguousarray(frame[:3]), out)
    return out
