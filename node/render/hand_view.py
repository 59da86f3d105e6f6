"""One hand as an X-ray seen along its own palmar-dorsal axis, deposits coloured, whatever the pose in the scanner."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.domain.findings import Analysis, Deposit, Laterality
from node.domain.volume import Float64Array, Geometry, Volume
from node.domain.wording import MATERIAL_RGB
from node.kernels.splat import splat_hu
from node.render.canvas import RgbArray, grey, outlined, resized, resized_mask, tinted

MARGIN_MM: Final = 14.0
BONE_WEIGHT: Final = 2.5
"""How much more bone absorbs in the picture than its CT number says: for a clear scene, not for measuring."""
_SAMPLES: Final = 100_000


@dataclass(frozen=True, eq=False)
class HandView:
    """The picture of a hand, and where its deposits are on it: (x, y) in pixels by deposit number.

    ``from_back``: it is the dorsal view, a right thumb on the left.
    """

    rgb: RgbArray
    centres: dict[int, tuple[float, float]]
    from_back: bool


@dataclass(frozen=True, eq=False)
class Scene:
    """What a study's pictures are aligned to, in voxel indices z, y, x.

    A sample of the bones: ``index_zyx`` (n, 3), ``hand`` (n,) from 0, ``code`` (n,). ``deposits``: all voxels (m, 3)
    by number of the deposit.
    """

    index_zyx: Float64Array
    hand: NDArray[np.int64]
    code: NDArray[np.int64]
    deposits: dict[int, Float64Array]

    @classmethod
    def of(cls, analysis: Analysis) -> "Scene":
        """Every so many-th bone voxel, about 100 000 of them, and the deposits."""
        index, values = _voxels(analysis.bones, _SAMPLES)
        where, numbers = _voxels(analysis.segments, None)
        deposits = {int(n): where[numbers == n] for n in np.unique(numbers)}
        return cls(index, values // 100, values % 100, deposits)

    def centre(self, hand: int, codes: range | tuple[int, ...]) -> Float64Array | None:
        """Mean index (3,) of these bones of a hand, None where it has none of them."""
        chosen = (self.hand == hand) & np.isin(self.code, codes)
        return np.asarray(self.index_zyx[chosen].mean(0)) if chosen.any() else None


@dataclass(frozen=True, eq=False)
class _Plane:
    """Projection (2, 4) of the index (z, y, x, 1) to (row, column) of a picture of ``rows`` × ``columns``."""

    projection: Float64Array
    rows: int
    columns: int


def hand_view(low: Volume, analysis: Analysis, scene: Scene, hand: int, size: tuple[int, int]) -> HandView:
    """The picture of hand number ``hand`` (from 0) in at most ``size`` (width, height) pixels, fingertips up.

    With a known side and known digits it is the dorsal view (a right thumb on the left); else the side of view is
    arbitrary but always the same.
    """
    points = _points(analysis, scene, hand)
    axes = _axes(analysis, scene, hand, low.geometry, points)
    plane = _plane(low.geometry, axes, points)
    box = _box(points, low.geometry)
    image = np.zeros((plane.rows, plane.columns))
    offset = np.array([part.start for part in box], dtype=np.float64)
    projection = plane.projection.copy()
    projection[:, 3] += projection[:, :3] @ offset
    half_space = _half_space(scene, hand)
    half_space[3] += half_space[:3] @ offset
    splat_hu(np.ascontiguousarray(low.hu[box]), projection, half_space, BONE_WEIGHT, image)
    scale = min(size[0] / plane.columns, size[1] / plane.rows)
    width, height = int(plane.columns * scale), int(plane.rows * scale)
    rgb = grey(_exposed(resized(image, width, height)))
    centres = _with_deposits(rgb, scene, analysis.findings.hands[hand].deposits, plane)
    return HandView(rgb, centres, _radial(analysis, scene, hand, low.geometry) is not None)


def _voxels(labels: NDArray[np.uint16], sample: int | None) -> tuple[Float64Array, NDArray[np.int64]]:
    """Indices (n, 3) and values (n,) of what is not 0; about ``sample`` of them, evenly taken."""
    flat = flat_nonzero(labels)
    if sample is not None:
        flat = flat[:: max(1, len(flat) // sample)]
    index = np.stack(np.unravel_index(flat, labels.shape), axis=1).astype(np.float64)
    return index, labels.ravel()[flat].astype(np.int64)


def flat_nonzero(labels: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Like ``np.flatnonzero``, but five times as fast where most planes of a volume are empty."""
    size = labels[0].size
    planes = (np.flatnonzero(plane != 0) + z * size for z, plane in enumerate(labels) if plane.any())
    return np.concatenate([np.empty(0, np.int64), *planes])


def _points(analysis: Analysis, scene: Scene, hand: int) -> Float64Array:
    """Indices (n, 3) of the hand's bones and deposits; the whole volume's corners where no bone is known."""
    bones = scene.index_zyx[scene.hand == hand]
    if len(bones) < 4:
        return np.argwhere(np.ones((2, 2, 2))) * (np.asarray(analysis.bones.shape) - 1.0)
    numbers = [d.number for d in analysis.findings.hands[hand].deposits if d.number in scene.deposits]
    return np.concatenate([bones, *(scene.deposits[n] for n in numbers)])


def _axes(analysis: Analysis, scene: Scene, hand: int, geometry: Geometry, points: Float64Array) -> Float64Array:
    """Unit vectors (2, 3) in LPS: downwards and to the right on the picture."""
    bones = scene.index_zyx[scene.hand == hand]
    lps = geometry.to_lps_mm(bones if len(bones) > 3 else points)
    _, vectors = np.linalg.eigh(np.cov((lps - lps.mean(0)).T))
    thickness, length = vectors[:, 0], vectors[:, 2]
    distal = _direction(scene, hand, geometry, tuple(range(1, 16)), tuple(range(21, 46)))
    up = length * (np.sign(length[np.argmax(np.abs(length))]) or 1.0) if distal is None else distal
    right = np.cross(up, thickness)
    right /= np.linalg.norm(right)
    radial = _radial(analysis, scene, hand, geometry)
    if radial is None:
        right *= np.sign(right[np.argmax(np.abs(right))]) or 1.0
    else:
        is_right = analysis.findings.hands[hand].laterality is Laterality.RIGHT
        right *= (-1.0 if is_right else 1.0) * (np.sign(radial @ right) or 1.0)
    return np.stack([-up, right])


def _radial(analysis: Analysis, scene: Scene, hand: int, geometry: Geometry) -> Float64Array | None:
    """Unit vector in LPS to the thumb's side, None where the side of the hand or its digits are not known."""
    if analysis.findings.hands[hand].laterality is Laterality.UNCERTAIN:
        return None
    return _direction(scene, hand, geometry, (15, 25, 35, 45), (12, 22, 32, 42, 11, 21))


def _direction(
    scene: Scene, hand: int, geometry: Geometry, start: tuple[int, ...], end: tuple[int, ...]
) -> Float64Array | None:
    """Unit vector in LPS from some bones of a hand to others, None where either are missing."""
    a, b = scene.centre(hand, start), scene.centre(hand, end)
    if a is None or b is None:
        return None
    vector = geometry.to_lps_mm(b[None])[0] - geometry.to_lps_mm(a[None])[0]
    return np.asarray(vector / np.linalg.norm(vector))


def _plane(geometry: Geometry, axes: Float64Array, points: Float64Array) -> _Plane:
    """The picture that holds ``points`` with a margin, at the coarsest pixel that leaves no holes."""
    pitch = 1.02 * max(geometry.spacing_mm)
    on_picture = geometry.to_lps_mm(points) @ axes.T
    start = on_picture.min(0) - MARGIN_MM
    rows, columns = np.ceil((on_picture.max(0) + MARGIN_MM - start) / pitch).astype(int) + 1
    linear = axes @ geometry.affine[:3, [2, 1, 0]]
    offset = axes @ geometry.affine[:3, 3] - start
    return _Plane(np.column_stack([linear, offset]) / pitch, int(rows), int(columns))


def _box(points: Float64Array, geometry: Geometry) -> tuple[slice, slice, slice]:
    """The part of the volume around the hand."""
    margin = MARGIN_MM / np.asarray(geometry.spacing_mm)
    start = np.maximum(np.floor(points.min(0) - margin), 0).astype(int)
    stop = np.minimum(np.ceil(points.max(0) + margin) + 1, geometry.shape).astype(int)
    z, y, x = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return z, y, x


def _half_space(scene: Scene, hand: int) -> Float64Array:
    """(4,): positive at indices nearer to this hand's middle than to the other's; 1 everywhere for one hand."""
    own = scene.index_zyx[scene.hand == hand]
    other = scene.index_zyx[scene.hand != hand]
    if not len(own) or not len(other):
        return np.array([0.0, 0.0, 0.0, 1.0])
    towards = own.mean(0) - other.mean(0)
    middle = (own.mean(0) + other.mean(0)) / 2
    return np.array([*towards, -towards @ middle])


def _exposed(absorption: Float64Array) -> Float64Array:
    """Grey levels 0 to 1: the brightest half per cent saturates, soft tissue stays visible (gamma 0.6)."""
    inside = absorption[absorption > 0.05 * absorption.max()]
    top = float(np.percentile(inside, 99.5)) if inside.size else 1.0
    return np.asarray(np.clip(absorption / top, 0.0, 1.0) ** 0.6)


def _with_deposits(
    rgb: RgbArray, scene: Scene, deposits: tuple[Deposit, ...], plane: _Plane
) -> dict[int, tuple[float, float]]:
    """Colour the deposits' shadows on the picture, dashed for review; the middle (x, y) of each by its number."""
    height, width = rgb.shape[:2]
    centres = {}
    for deposit in deposits:
        shadow = _shadow(scene.deposits.get(deposit.number, np.empty((0, 3))), plane)
        if not shadow.any():
            continue
        mask = resized_mask(shadow, width, height)
        colour = MATERIAL_RGB[deposit.material]
        tinted(rgb, mask, colour, 0.25 if deposit.review else 0.55)
        outlined(rgb, mask, colour, 1, dashed=deposit.review)
        rows, columns = np.nonzero(shadow)
        x, y = (columns.mean() + 0.5) * width / plane.columns, (rows.mean() + 0.5) * height / plane.rows
        centres[deposit.number] = (float(x), float(y))
    return centres


def _shadow(index: Float64Array, plane: _Plane) -> NDArray[np.bool_]:
    """Pixels that a deposit's voxels fall on."""
    placed = index @ plane.projection[:, :3].T + plane.projection[:, 3]
    rows, columns = np.rint(placed).astype(int).T
    shadow = np.zeros((plane.rows, plane.columns), dtype=bool)
    inside = (rows >= 0) & (columns >= 0) & (rows < plane.rows) & (columns < plane.columns)
    shadow[rows[inside], columns[inside]] = True
    return shadow
