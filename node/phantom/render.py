"""From a scene to CT numbers: sub-sampled slices, blur, noise, and the labels."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from node.domain.volume import Geometry
from node.kernels import phantom_blur, phantom_bodies, phantom_slice
from node.phantom.scene import HandScene, Solid, hand_facts
from node.phantom.solid import Matrix, rotation, translation
from node.phantom.spec import Grid, Imaging

Progress = Callable[[str, float], None]
AIR_HU = np.float32(-1000.0)


@dataclass(frozen=True, eq=False)
class Rendered:
    """``hu`` float32 (2, z, y, x) before blur and noise; ``labels`` uint16, ``classes`` uint8 (z, y, x)."""

    hu: NDArray[np.float32]
    labels: NDArray[np.uint16]
    classes: NDArray[np.uint8]


def fit_geometry(grid: Grid, hands: Sequence[HandScene]) -> Geometry:
    """Grid in the patient: planes turned by ``tilt``, centred on the hands and sized to hold them unless told."""
    x, y, z = grid.tilt
    turn = (rotation(2, z) @ rotation(1, y) @ rotation(0, x))[:3, :3]
    axes = turn @ np.diag([-1.0, -1.0, -1.0 if grid.towards_feet else 1.0])
    body = np.vstack([_body_points(hand) for hand in hands]) @ axes
    low, high = body.min(axis=0), body.max(axis=0)
    spacing = np.array(grid.spacing_mm[::-1])
    low, high = low - np.array([grid.margin_mm, grid.margin_mm, 0.0]), high + np.array([grid.margin_mm] * 2 + [0.0])
    low[2], high[2] = _open_end(grid, low[2], high[2])
    count = np.array(grid.shape[::-1]) if grid.shape else np.ceil((high - low) / spacing).astype(int) + 1
    middle = (low + high) / 2
    first = middle - (count - 1) / 2 * spacing
    affine = np.eye(4)
    affine[:3, :3] = axes * spacing
    affine[:3, 3] = axes @ first + np.array(grid.shift_mm)
    return Geometry((int(count[2]), int(count[1]), int(count[0])), grid.spacing_mm, affine)


def _open_end(grid: Grid, low: float, high: float) -> tuple[float, float]:
    """Air beyond the fingertips only: the other end lies in the forearm."""
    return (low - 5.0, high) if grid.towards_feet else (low, high + 5.0)


def _body_points(hand: HandScene) -> NDArray[np.float64]:
    skin = hand.soft.skin
    values = skin.values.ravel()
    points = skin.points(np.flatnonzero((values < 0) & (values > -2.0 * skin.step_mm)))
    points = points[points[:, 2] >= hand.cut_mm]
    return np.asarray(points @ hand.to_lps[:3, :3].T + hand.to_lps[:3, 3])


def _index_map(to_lps: Matrix, field_frame: Matrix, geometry: Geometry, motion_mm: Sequence[float]) -> Matrix:
    """(3, 4) from the CT index (x, y, z, 1) to the field's index (z, y, x); the patient moved by ``motion_mm``."""
    back = translation(-motion_mm[0], -motion_mm[1], -motion_mm[2])
    whole = np.linalg.inv(to_lps @ field_frame) @ back @ geometry.affine
    return np.asarray(whole[2::-1])


def _corners(index_map: Matrix, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last CT index (x, y, z) that a field can touch."""
    forward = np.linalg.inv(np.vstack([index_map[::-1], [0.0, 0.0, 0.0, 1.0]]))
    edge = np.array(list(product(*((-1.0, n + 0.0) for n in shape[::-1]))))
    points = edge @ forward[:3, :3].T + forward[:3, 3]
    return np.floor(points.min(axis=0)).astype(np.int64) - 1, np.ceil(points.max(axis=0)).astype(np.int64) + 1


@dataclass(frozen=True, eq=False)
class Packed:
    """The scene as flat tables for the kernel; ``reach`` int64 (n, 2) first and last slice of each solid."""

    solids: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]
    hands: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]
    reach: NDArray[np.int64]


def pack(hands: Sequence[HandScene], geometry: Geometry, motion_mm: Sequence[float]) -> Packed:
    """Flatten fields, frames and boxes of all hands for ``kernels.phantom_slice.render_slice``."""
    bodies: list[tuple[HandScene, Solid]] = [(hand, solid) for hand in hands for solid in hand.solids()]
    table = np.zeros((len(bodies), 10), np.int64)
    frames = np.zeros((len(bodies), 3, 4))
    profiles = np.zeros((len(bodies), 3, phantom_bodies.PROFILE_KNOTS), np.float32)
    reach = np.zeros((len(bodies), 2), np.int64)
    offset = 0
    for n, (hand, solid) in enumerate(bodies):
        values = solid.field.values
        frames[n] = _index_map(hand.to_lps, solid.field.frame, geometry, motion_mm)
        first, last = _corners(frames[n], values.shape)
        table[n] = (offset, *values.shape, solid.kind, solid.label, first[1], last[1], first[0], last[0])
        reach[n] = first[2], last[2]
        if solid.profile is not None:
            profiles[n] = solid.profile
        offset += values.size
    flat = np.concatenate([solid.field.values.ravel() for _, solid in bodies])
    return Packed((flat, table, frames, profiles), _pack_soft(hands, geometry, motion_mm), reach)


def _pack_soft(
    hands: Sequence[HandScene], geometry: Geometry, motion_mm: Sequence[float]
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]:
    fields, rows, offset = [], [], 0
    for hand in hands:
        fields += [f.values.ravel() for f in (hand.soft.skin, hand.soft.muscle, hand.soft.tendon)]
        rows.append((offset, *hand.soft.skin.values.shape))
        offset += 3 * hand.soft.skin.values.size
    frames = np.stack([_index_map(h.to_lps, h.soft.skin.frame, geometry, motion_mm) for h in hands])
    facts = np.array([hand_facts(hand) for hand in hands], np.float32)
    return np.concatenate(fields), np.array(rows, np.int64), frames, facts


def _select(
    packed: Packed, k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]:
    flat, table, frames, profiles = packed.solids
    near = (packed.reach[:, 0] <= k) & (packed.reach[:, 1] >= k)
    return flat, table[near], frames[near], profiles[near]


def workers() -> int:
    """Threads for the slices; results do not depend on it."""
    return max(1, min(8, os.cpu_count() or 1))


def render(
    hands: Sequence[HandScene],
    geometry: Geometry,
    grid: Grid,
    imaging: Imaging,
    tissue: NDArray[np.float32],
    seed: int,
    motion_mm: Sequence[float],
    progress: Progress | None = None,
) -> Rendered:
    """Average attenuation of every voxel at both energies, float32 HU, and the labels.

    A voxel belongs to a body that holds at least half of its samples; a smaller deposit keeps one voxel.
    """
    packed = pack(hands, geometry, motion_mm)
    depth, height, width = geometry.shape
    hu = np.full((depth, 2, height, width), AIR_HU, np.float32)
    labels = np.zeros(geometry.shape, np.uint16)
    classes = np.zeros(geometry.shape, np.uint8)
    lattice = np.random.default_rng([seed, 3]).standard_normal((32, 32, 32)).astype(np.float32)
    covered = min(1.0, grid.slice_thickness_mm / grid.spacing_mm[0])
    margin = 0.55 * float(np.linalg.norm(grid.spacing_mm))

    def one(k: int) -> None:
        solids = _select(packed, k)
        sampling = np.array([k, *imaging.samples, covered, margin, grid.spacing_mm[2]])
        phantom_slice.render_slice(solids, packed.hands, tissue, lattice, sampling, hu[k], labels[k], classes[k])

    each_slice(one, depth, "phantom: rendering", progress)
    keep_small(labels, hands, geometry)
    return Rendered(hu.swapaxes(0, 1), labels, classes)


def each_slice(work: Callable[[int], None], depth: int, stage: str, progress: Progress | None) -> None:
    """Run ``work`` for every slice on all cores; each slice writes only its own part."""
    with ThreadPoolExecutor(workers()) as pool:
        for n, _ in enumerate(pool.map(work, range(depth))):
            if progress is not None:
                progress(stage, (n + 1) / depth)


def keep_small(labels: NDArray[np.uint16], hands: Sequence[HandScene], geometry: Geometry) -> None:
    """Give each deposit that won no voxel the one that holds most of it, in place."""
    for hand in hands:
        for placed in hand.deposits:
            if (labels == placed.label).any():
                continue
            points = placed.field.points(np.flatnonzero(placed.field.values))
            index = np.rint(geometry.to_index_zyx(points @ hand.to_lps[:3, :3].T + hand.to_lps[:3, 3])).astype(int)
            inside = ((index >= 0) & (index < geometry.shape)).all(axis=1)
            if inside.any():
                voxels, cells = np.unique(index[inside], axis=0, return_counts=True)
                labels[tuple(voxels[cells.argmax()])] = placed.label


def psf_weights(sigma: float, edge: float = 0.0) -> NDArray[np.float32]:
    """Weights of a blur with ``sigma`` pixels; ``edge`` adds the overshoot of a sharp kernel. They sum to 1."""
    if sigma < 0.15:
        return np.ones(1, np.float32)
    reach = int(np.ceil(3.0 * sigma * (1.6 if edge else 1.0)))
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    narrow = np.exp(-0.5 * (x / sigma) ** 2)
    wide = np.exp(-0.5 * (x / (1.6 * sigma)) ** 2)
    weights = (1.0 + edge) * narrow / narrow.sum() - edge * wide / wide.sum()
    return np.asarray(weights, np.float32)


def blur(hu: NDArray[np.float32], grid: Grid, imaging: Imaging) -> NDArray[np.float32]:
    """Point spread in the plane and the rest of the slice profile that sub-sampling did not cover; (z, y, x)."""
    plane = psf_weights(imaging.psf_mm / grid.spacing_mm[1], imaging.edge)
    rest = max(0.0, grid.slice_thickness_mm**2 - grid.spacing_mm[0] ** 2) / 12.0
    depth = psf_weights(float(np.sqrt(rest + (0.25 * grid.slice_thickness_mm) ** 2)) / grid.spacing_mm[0])
    middle, out = np.empty_like(hu), np.empty_like(hu)
    source = np.ascontiguousarray(hu)

    def in_plane(k: int) -> None:
        phantom_blur.blur_plane(source[k], plane, np.empty_like(source[k]), middle[k])

    def in_depth(k: int) -> None:
        phantom_blur.blur_depth(middle, depth, k, out[k])

    each_slice(in_plane, len(hu), "", None)
    each_slice(in_depth, len(hu), "", None)
    return out
