"""Filters of an image of a limb: blur, displacement, brightest and dimmest around; 0 HU outside of the spans."""

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.spans import Spans, widened
from node.kernels.convolve import convolve_along_z, convolve_in_plane
from node.kernels.extremes import extreme_along_z, extreme_in_plane

Int16Array = NDArray[np.int16]
Spacing = tuple[float, float, float]
SMOOTHING_MM = 0.35
TRUNCATE = 3.0
"""A Gaussian is cut off at this many standard deviations."""
LANCZOS = 4
"""Lobes of the windowed sinc that displaces an image."""


def smooth(image: Int16Array, spacing_mm: Spacing, spans: Spans, sigma_mm: float = SMOOTHING_MM) -> Int16Array:
    """Gaussian smoothing by ``sigma_mm`` in all directions, HU."""
    return _convolved(image, [_gaussian(sigma_mm / s) for s in spacing_mm], spans)


def displaced(image: Int16Array, shift_voxels: NDArray[np.float64], spans: Spans) -> Int16Array:
    """The image read at x + shift (z, y, x in voxels), by a Lanczos kernel (Duchon 1979)."""
    return _convolved(image, [_lanczos(float(s)) for s in shift_voxels], spans)


def brightest(image: Int16Array, reach_mm: float, spacing_mm: Spacing, spans: Spans) -> Int16Array:
    """Largest value within a box of ± ``reach_mm``."""
    return _extreme(image, reach_mm, spacing_mm, spans, 1)


def dimmest(image: Int16Array, reach_mm: float, spacing_mm: Spacing, spans: Spans) -> Int16Array:
    """Smallest value within a box of ± ``reach_mm``."""
    return _extreme(image, reach_mm, spacing_mm, spans, -1)


def closed(image: Int16Array, reach_mm: float, spacing_mm: Spacing, spans: Spans) -> Int16Array:
    """Grey-scale closing by a box of ± ``reach_mm``: pinholes in bright walls are sealed."""
    reach_z, reach_y, reach_x = _steps(reach_mm, spacing_mm)
    wide = widened(widened(spans, (reach_z, 0, reach_x), image.shape[2]), (0, reach_y, 0), image.shape[2])
    return dimmest(brightest(image, reach_mm, spacing_mm, wide), reach_mm, spacing_mm, spans)


def _convolved(image: Int16Array, weights: list[NDArray[np.float32]], spans: Spans) -> Int16Array:
    between, out = np.empty(image.shape, image.dtype), np.zeros(image.shape, image.dtype)
    planes = widened(spans, (weights[0].size // 2, 0, 0), image.shape[2])
    convolve_in_plane(image, planes, weights[1], weights[2], between)
    convolve_along_z(between, spans, weights[0], out)
    return out


def _gaussian(sigma: float) -> NDArray[np.float32]:
    radius = int(TRUNCATE * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-6)) ** 2)
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def _lanczos(shift: float) -> NDArray[np.float32]:
    radius = LANCZOS + int(np.ceil(abs(shift)))
    offset = np.arange(-radius, radius + 1) - shift
    weights = np.where(np.abs(offset) < LANCZOS, np.sinc(offset) * np.sinc(offset / LANCZOS), 0.0)
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def _steps(reach_mm: float, spacing_mm: Spacing) -> tuple[int, int, int]:
    z, y, x = (max(1, round(reach_mm / s)) for s in spacing_mm)
    return z, y, x


def _extreme(image: Int16Array, reach_mm: float, spacing_mm: Spacing, spans: Spans, sign: int) -> Int16Array:
    reach_z, reach_y, reach_x = _steps(reach_mm, spacing_mm)
    between, out = np.empty(image.shape, image.dtype), np.zeros(image.shape, image.dtype)
    extreme_in_plane(image, widened(spans, (reach_z, 0, 0), image.shape[2]), reach_y, reach_x, sign, between)
    extreme_along_z(between, spans, reach_z, sign, out)
    return out
