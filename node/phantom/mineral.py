"""Deposits as concentration fields: shape, place, texture; cut by bone and by the skin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from node.domain.errors import Refused
from node.kernels import phantom_union
from node.phantom.skeleton import Bone
from node.phantom.solid import Field, Matrix, Rows, ellipsoid
from node.phantom.spec import Deposit, Place, Shape, Substance

Array = NDArray[np.float64]
_ELONGATION: Final = {
    # extent across, away from the bone, along the bone
    Shape.SPHERE: (1.0, 1.0, 1.0),
    Shape.STONE: (1.0, 0.85, 1.15),
    Shape.POPCORN: (1.0, 0.9, 1.2),
    Shape.PUNCTATE: (1.2, 0.8, 1.6),
    Shape.NET: (1.5, 0.6, 2.0),
    Shape.PLATE: (1.0, 0.28, 2.2),
    Shape.SHEATH: (0.8, 0.8, 2.6),
    Shape.MOUSSE: (1.0, 0.8, 1.2),
    Shape.TOPHUS: (1.0, 0.85, 1.15),
}
COVER_MM: Final = 2.0
"""Skin and fat over a deposit that lifts the surface."""
_FILL: Final = {Shape.PUNCTATE: 0.10, Shape.NET: 0.22, Shape.SHEATH: 0.45, Shape.POPCORN: 0.6}
"""Share of its ellipsoid that a shape fills."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A deposit in its place: ``field`` holds mg/cc (0 outside); ``foci`` its connected parts."""

    spec: Deposit
    label: int
    field: Field
    bone: str

    @property
    def cell_mm3(self) -> float:
        return self.field.step_mm**3

    @property
    def volume_mm3(self) -> float:
        """Volume of the cells with mineral."""
        return float(np.count_nonzero(self.field.values)) * self.cell_mm3

    @property
    def mass_mg(self) -> float:
        """Mineral mass: concentration is mg/cm³."""
        return float(self.field.values.sum(dtype=np.float64)) * self.cell_mm3 / 1000.0


def outward(place: Place) -> Array:
    """Unit vector of the direction in the bone's axes: 0° palmar, 90° radial, 180° dorsal, 270° ulnar."""
    angle = np.deg2rad(place.direction)
    return np.array([np.sin(angle), -np.cos(angle), 0.0])


def _crossing(distances: Array, step_mm: float) -> float | None:
    """How far along a ray a body reaches, from its distances at equal steps."""
    inside = np.flatnonzero(distances < 0.0)
    return None if inside.size == 0 else float(inside[-1]) * step_mm


def seat(deposit: Deposit, bones: dict[str, Bone], skin: Rows) -> Matrix:
    """Frame of a deposit in the hand's axes: origin in its centre, x across, y outwards, z along the bone.

    ``skin`` are the primitives of the body. Raises Refused for a bone that the hand lacks, or where the ray leaves
    no tissue.
    """
    place = deposit.site
    if place.bone not in bones:
        raise Refused(f"This hand has no bone {place.bone}.", hint=f"It has: {', '.join(bones)}.")
    bone, half_mm = bones[place.bone], float(half_extents(deposit)[1])
    way = bone.frame[:3, :3] @ outward(place)
    start = bone.point(place.along)
    steps = np.arange(0.0, 60.0, 0.1)
    ray = start + steps[:, None] * way
    distance = (_crossing(bone.field.at(ray), 0.1) or 0.0) + place.gap_mm + half_mm
    if place.depth_mm is not None:
        depths = np.empty(len(ray))
        phantom_union.distances_at(skin, ray, depths)
        surface = _crossing(depths, 0.1)
        if surface is None:
            raise Refused(f"There is no skin outside {place.bone} in that direction.", hint="Place the deposit nearer.")
        distance = surface - place.depth_mm - half_mm
    frame = np.eye(4)
    frame[:3, 1], frame[:3, 2] = way, bone.frame[:3, 2]
    frame[:3, 0] = np.cross(frame[:3, 1], frame[:3, 2])
    frame[:3, 3] = start + distance * way
    return frame


def bulge(deposit: Deposit, frame: Matrix) -> Rows:
    """Tissue that a deposit lifts: an ellipsoid around it, to be joined to the skin. Deep deposits change nothing."""
    across, outwards, along = half_extents(deposit) * 1.05 + COVER_MM
    centre = frame[:3, 3]
    return ellipsoid((float(centre[0]), float(centre[1]), float(centre[2])), (across, outwards, along), 4.0, frame)


def half_extents(deposit: Deposit) -> Array:
    """Half-sizes (across, outwards, along) of the ellipsoid that the shape fills partly, mm."""
    stretch = np.array(_ELONGATION[deposit.shape])
    full = deposit.volume_mm3 / _FILL.get(deposit.shape, 1.0)
    return np.asarray(stretch * (3.0 * full / (4.0 * np.pi * stretch.prod())) ** (1.0 / 3.0))


def cell_mm(deposit: Deposit) -> float:
    """Cell of the deposit's lattice: fine for small ones, at most 0.3 mm."""
    return float(np.clip(half_extents(deposit).min() / 9.0, 0.04, 0.3))


def place_deposit(
    deposit: Deposit, label: int, frame: Matrix, bones: dict[str, Bone], skin: Field, rng: np.random.Generator
) -> Placed:
    """Shape a deposit in its seat; bone and air cut it. Raises Refused where they leave nothing of it."""
    half = half_extents(deposit)
    step = cell_mm(deposit)
    count = np.ceil(1.3 * half / step).astype(int) + 2
    index = np.eye(4) * step
    index[:3, 3] = -count * step
    index[3, 3] = 1.0
    values = np.zeros((2 * count[2] + 1, 2 * count[1] + 1, 2 * count[0] + 1), np.float32)
    field = Field(values, frame @ index)
    score = _SHAPES[deposit.shape](_unit(values.shape, step, half), half, rng)
    wanted = max(1, round(deposit.volume_mm3 / step**3))
    order = np.argsort(score, axis=None, kind="stable")[:wanted]
    values.reshape(-1)[order] = _concentration(deposit, score, order, step, rng)
    _cut(field, bones, skin, deposit)
    if not values.any():
        raise Refused(
            f"Nothing of the deposit at {deposit.site.bone} lies in soft tissue.", hint="Move it off the bone."
        )
    return Placed(deposit, label, field, deposit.site.bone)


def _unit(shape: tuple[int, ...], step: float, half: Array) -> Array:
    """Coordinates of the lattice in half-sizes, float64 (3, z, y, x), x first."""
    index = np.indices(shape, dtype=np.float64)[::-1]
    centre = (np.array(shape)[::-1] - 1) / 2
    return np.asarray((index - centre[:, None, None, None]) * step / half[:, None, None, None])


def _concentration(
    deposit: Deposit, score: Array, chosen: NDArray[np.intp], step: float, rng: np.random.Generator
) -> Array:
    swing = np.zeros(chosen.size)
    if deposit.texture > 0:
        noise = gaussian_filter(rng.standard_normal(score.shape), 0.5 / step, mode="wrap")
        swing = (noise / noise.std()).reshape(-1)[chosen] * deposit.texture
    if deposit.shape is Shape.MOUSSE:
        depth = score.reshape(-1)[chosen]
        swing = swing - 0.6 * np.clip((depth - 0.5) / 0.5, 0.0, 1.0)
    return np.asarray(deposit.concentration_mg_cc * np.clip(1.0 + swing, 0.15, 1.8))


def _cut(field: Field, bones: dict[str, Bone], skin: Field, deposit: Deposit) -> None:
    cells = np.flatnonzero(field.values)
    points = field.points(cells)
    keep = skin.at(points) < -0.35
    if deposit.substance is not Substance.METAL:
        low, high = points.min(axis=0), points.max(axis=0)
        for bone in bones.values():
            if bone.field.near(low, high):
                keep &= bone.field.at(points) > 0.0
    field.values.reshape(-1)[cells[~keep]] = 0.0


def _radius(u: Array) -> Array:
    return np.asarray(np.sqrt((u**2).sum(axis=0)))


def _rough(u: Array, rng: np.random.Generator, waves: int, swing: float) -> Array:
    """Radius with a wavy surface."""
    radius = _radius(u)
    bump = np.zeros_like(radius)
    for _ in range(waves):
        way = rng.normal(size=3)
        way /= np.linalg.norm(way)
        bump += np.sin(rng.uniform(2.0, 5.0) * np.tensordot(way, u, 1) + rng.uniform(0.0, 6.3))
    return np.asarray(radius * (1.0 + swing * bump / np.sqrt(waves)))


def _sphere(u: Array, _half: Array, _rng: np.random.Generator) -> Array:
    return _radius(u)


def _stone(u: Array, _half: Array, rng: np.random.Generator) -> Array:
    return _rough(u, rng, 5, 0.10)


def _tophus(u: Array, _half: Array, rng: np.random.Generator) -> Array:
    return _rough(u, rng, 7, 0.14)


def _lobes(u: Array, rng: np.random.Generator, count: int, radius: float, reach: float) -> Array:
    best = np.full(u.shape[1:], np.inf)
    for _ in range(count):
        centre = rng.normal(size=3)
        centre *= reach * rng.uniform(0.2, 1.0) ** (1 / 3) / np.linalg.norm(centre)
        size = radius * rng.uniform(0.7, 1.3)
        best = np.minimum(best, np.sqrt(((u - centre[:, None, None, None]) ** 2).sum(axis=0)) / size)
    return best


def _popcorn(u: Array, half: Array, rng: np.random.Generator) -> Array:
    return _lobes(u, rng, int(np.clip(6 + half.prod() ** (1 / 3) * 1.5, 6, 22)), 0.38, 0.66)


def _punctate(u: Array, half: Array, rng: np.random.Generator) -> Array:
    return _lobes(u, rng, int(np.clip(5 + 2.0 * half.prod() ** (1 / 3), 5, 30)), 0.2, 0.9)


def _net(u: Array, _half: Array, rng: np.random.Generator) -> Array:
    phase = rng.uniform(0.0, 6.3, 3)
    x, y, z = (4.6 * u[a] + phase[a] for a in range(3))
    gyroid = np.abs(np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x))
    return np.asarray(gyroid + 6.0 * np.maximum(_radius(u) - 1.0, 0.0))


def _plate(u: Array, _half: Array, rng: np.random.Generator) -> Array:
    bent = u.copy()
    bent[1] += 1.6 * u[0] ** 2 - 0.5
    bent[1] += 0.3 * np.sin(2.5 * u[2] + rng.uniform(0, 6.3))
    return np.asarray((np.abs(bent) ** 4).sum(axis=0))


def _sheath(u: Array, _half: Array, rng: np.random.Generator) -> Array:
    around = np.arctan2(u[1], u[0])
    ring = np.abs(np.hypot(u[0], u[1]) - 0.75) / (0.25 + 0.08 * np.sin(2 * around + rng.uniform(0, 6.3)))
    return np.asarray(np.maximum(ring, np.abs(u[2]) / 0.95))


_SHAPES: Final[dict[Shape, Callable[[Array, Array, np.random.Generator], Array]]] = {
    Shape.SPHERE: _sphere,
    Shape.STONE: _stone,
    Shape.POPCORN: _popcorn,
    Shape.PUNCTATE: _punctate,
    Shape.NET: _net,
    Shape.PLATE: _plate,
    Shape.SHEATH: _sheath,
    Shape.MOUSSE: _stone,
    Shape.TOPHUS: _tophus,
}
