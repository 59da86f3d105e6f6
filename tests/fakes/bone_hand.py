"""A right hand of sticks: every bone a rod with a stouter base and head, on a coarse grid. For anatomy tests only.

Lengths are those of ``proportions``; places are ours, so that no scan's anatomy is the measure.
Axes: x radial, y dorsal, z distal; the affine is the identity of a 1 mm grid.
"""

from dataclasses import dataclass

import numpy as np
from node.analysis.anatomy.proportions import LEVELS, MEAN_LENGTH_MM
from node.domain.anatomy import BONE_CODES

BASES = {
    1: (21.0, -16.0, -2.0),
    2: (14.0, 1.0, 0.0),
    3: (3.0, 3.0, 1.0),
    4: (-8.0, 2.0, -1.0),
    5: (-18.0, -2.0, -4.0),
}
SPREAD = {1: 38.0, 2: 8.0, 3: 0.0, 4: -6.0, 5: -13.0}
RADIUS = {"MC": 4.5, "PP": 3.9, "MP": 3.3, "DP": 2.8}
CARPALS = (
    (-20, -5, 12),
    (-25, -1, 0),
    (-17, 0, -11),
    (-14, -10, -15),
    (-7, -15, 18),
    (-7, -5, 13),
    (-9, 0, 4),
    (-8, 1, -7),
)
GAP_MM = 2.0
BORDER = 14.0
REACH = 30.0
"""Nothing of a bone or of the tissue around it lies farther away, mm."""


@dataclass(frozen=True, eq=False)
class BoneHand:
    """``labels`` int32 and ``body`` bool (z, y, x); ``axes`` of the ray bones by name: start and end in mm."""

    labels: np.ndarray
    body: np.ndarray
    affine: np.ndarray
    axes: dict[str, tuple[np.ndarray, np.ndarray]]

    def beside(self, name: str) -> np.ndarray:
        """(n, 3) z, y, x indices of a small ball in the soft tissue on the palmar side of a bone's middle."""
        start, end = self.axes[name]
        along = (end - start) / np.linalg.norm(end - start)
        palmar = np.cross([1.0, 0.0, 0.0], along)
        palmar = palmar if palmar[1] < 0 or abs(along[2]) < 0.5 else -palmar
        centre = 0.5 * (start + end) + 6.0 * palmar / np.linalg.norm(palmar)
        around = np.argwhere(np.ones((3, 3, 3))) - 1
        return np.rint((centre - self.affine[:3, 3])[::-1]).astype(np.int64) + around

    def broken(self, pieces: dict[str, int]) -> np.ndarray:
        """``labels`` with bones in as many pieces along their axis as ``pieces`` tells by name; 1000 n + code each."""
        labels = self.labels.copy()
        for name, count in pieces.items():
            voxels = np.argwhere(self.labels == BONE_CODES[name])
            start, end = self.axes[name]
            along = (voxels[:, ::-1] + self.affine[:3, 3] - start) @ (end - start) / np.linalg.norm(end - start) ** 2
            piece = np.clip((along * count).astype(int), 0, count - 1)
            labels[tuple(voxels.T)] = 1000 * piece + BONE_CODES[name]
        return labels


def _turn(vector: np.ndarray, degrees: float) -> np.ndarray:
    """Flexion: about the radial axis, from distal to palmar."""
    angle = np.deg2rad(degrees)
    x, y, z = vector
    return np.array([x, np.cos(angle) * y - np.sin(angle) * z, np.sin(angle) * y + np.cos(angle) * z])


def _axes(
    bend: float, resorbed: tuple[int, ...], scatter: float, seed: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    axes, random = {}, np.random.default_rng(seed)
    for digit, base in BASES.items():
        spread = np.deg2rad(SPREAD[digit])
        along = np.array([np.sin(spread), 0.0, np.cos(spread)])
        if digit == 1:
            along = _turn(along, 15.0)
        at = np.array(base)
        for level, mean in zip(LEVELS[digit], MEAN_LENGTH_MM[digit], strict=True):
            length = mean * float(np.exp(scatter * random.standard_normal()))
            if level != "MC":
                along = _turn(along, bend if digit > 1 else bend / 3)
            shown = 0.6 * length if level == "DP" and digit in resorbed else length
            axes[f"{level}{digit}"] = (at, at + shown * along)
            at = at + (length + GAP_MM) * along
    return axes


def _profile(along: np.ndarray, level: str, resorbed: bool) -> np.ndarray:
    """Radius over that of the shaft at a share of the length: base, waist, head; a cone where resorbed."""
    if level == "DP":
        tail = np.clip(1.6 - 1.5 * along, 0.1, None) if resorbed else 0.85 + 0.15 * np.cos(4.2 * np.pi * along)
        return np.where(along < 0.3, 1.5 - 1.5 * along, np.minimum(tail, 1.05))
    return 0.8 + 0.45 * np.abs(2.0 * along - 1.0) ** 1.5


def bone_hand(
    bend_degrees: float = 15.0, resorbed: tuple[int, ...] = (), scatter: float = 0.0, seed: int = 0
) -> BoneHand:
    """A right hand; each finger joint bent by ``bend_degrees``, the tips of ``resorbed`` digits lost.

    ``scatter``: standard deviation of ln(length / mean) of each bone, drawn from ``seed``.
    """
    axes = _axes(bend_degrees, resorbed, scatter, seed)
    ends = np.array([p for pair in axes.values() for p in pair] + [(0.0, 0.0, -45.0)])
    low, high = np.floor(ends.min(axis=0) - BORDER), np.ceil(ends.max(axis=0) + BORDER)
    shape = (high - low).astype(int)[::-1] + 1
    labels, body = np.zeros(shape, np.int32), np.zeros(shape, bool)
    for name, (start, end) in axes.items():
        box, points = _around(start, end, low, shape)
        length = float(np.linalg.norm(end - start))
        along = (points - start) @ (end - start) / length**2
        palmar = np.cross([1.0, 0.0, 0.0], (end - start) / length)
        palmar = -palmar if palmar[1] > 0 and bend_degrees == 0 else palmar
        apart = np.linalg.norm(points - start - np.clip(along, 0, 1)[..., None] * (end - start), axis=-1)
        shaft = RADIUS[name[:2]] * _profile(np.clip(along, 0, 1), name[:2], int(name[2]) in resorbed)
        labels[box][(along >= 0) & (along <= 1) & (apart <= shaft)] = BONE_CODES[name]
        middle = points - start - 2.5 * palmar
        about = (middle @ (end - start)) / length**2
        depth = np.linalg.norm(middle - np.clip(about, -0.05, 1.1)[..., None] * (end - start), axis=-1)
        body[box] |= depth < RADIUS[name[:2]] + (8.0 if name.startswith("MC") else 5.0)
    for code, (z, y, x) in enumerate(CARPALS, start=3):
        middle = np.array([x, y, z], float)
        box, points = _around(middle, middle, low, shape)
        apart = np.linalg.norm(points - middle, axis=-1)
        labels[box][(apart < 5.0) & (labels[box] == 0)] = code
        body[box] |= apart < 16.0
    for code, x in ((1, 9.0), (2, -15.0)):
        box, points = _around(np.array([x, 0.0, -45.0]), np.array([x, 0.0, -25.0]), low, shape)
        across = np.hypot(points[..., 0] - x, points[..., 1])
        labels[box][(across < (11.0 if code == 1 else 6.5)) & (points[..., 2] < -33.0)] = code
        body[box] |= (across < 22.0) & (points[..., 2] < -25.0)
    affine = np.eye(4)
    affine[:3, 3] = low
    return BoneHand(labels, body | (labels > 0), affine, axes)


def _around(
    start: np.ndarray, end: np.ndarray, low: np.ndarray, shape: np.ndarray
) -> tuple[tuple[slice, ...], np.ndarray]:
    """The part of the grid, z, y, x, within REACH of a line, and its points (z, y, x, 3) in mm."""
    first = np.maximum(np.floor(np.minimum(start, end) - REACH - low), 0).astype(int)[::-1]
    last = np.minimum(np.ceil(np.maximum(start, end) + REACH - low).astype(int)[::-1] + 1, shape)
    box = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    index = np.moveaxis(np.mgrid[box], 0, -1)
    return box, index[..., ::-1] + low
