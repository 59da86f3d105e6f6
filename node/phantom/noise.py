"""Noise with the texture of filtered back-projection, and what the scanner stores."""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from node.phantom.render import each_slice
from node.phantom.spec import Grid, Imaging


def noise_filter(shape: tuple[int, int], spacing_mm: tuple[float, float], grain_mm: float) -> NDArray[np.float32]:
    """Amplitude per spatial frequency of an even-sized plane: a ramp with Gaussian roll-off.

    Complex normal numbers (each part of unit variance) times it give noise of unit variance.

    The noise power of filtered back-projection rises with frequency and falls with the kernel
    (Riederer, Pelc, Chesler, Phys. Med. Biol. 23 (1978) 446 [K]).
    """
    fy = scipy.fft.fftfreq(shape[0], spacing_mm[0])[:, None]
    fx = scipy.fft.rfftfreq(shape[1], spacing_mm[1])[None, :]
    frequency = np.hypot(fy, fx)
    amplitude = np.sqrt(frequency + 0.04) * np.exp(-2.0 * (np.pi * frequency * grain_mm) ** 2)
    weight = np.full(amplitude.shape, 2.0)
    weight[:, 0] = weight[:, -1] = 1.0
    power = 2.0 * float((weight * amplitude**2).sum())
    return np.asarray(amplitude * (shape[0] * shape[1] / np.sqrt(power)), np.float32)


def _noise_plane(
    rng: np.random.Generator, shape: tuple[int, int], amplitude: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Filtered noise, drawn as its spectrum and cropped from a size that transforms fast."""
    rows, columns = amplitude.shape[0], 2 * (amplitude.shape[1] - 1)
    parts = rng.standard_normal((rows, amplitude.shape[1], 2), np.float32)
    spectrum = parts.view(np.complex64)[..., 0] * amplitude
    return np.asarray(scipy.fft.irfft2(spectrum, s=(rows, columns)), np.float32)[: shape[0], : shape[1]]


def store(
    hu: NDArray[np.float32],
    skin: NDArray[np.bool_] | None,
    energy: int,
    grid: Grid,
    imaging: Imaging,
    seed: tuple[int, ...],
) -> NDArray[np.int16]:
    """Add noise drawn from ``seed``, clean far air where ``skin`` (True near the body) is given, round and clip.

    int16 (z, y, x).
    """
    depth, rows, columns = hu.shape
    drawn = (scipy.fft.next_fast_len(rows), 2 * scipy.fft.next_fast_len((columns + 1) // 2))
    amplitude = noise_filter(drawn, (grid.spacing_mm[1], grid.spacing_mm[2]), imaging.noise_grain_mm)
    out = np.empty(hu.shape, np.int16)
    sigma = np.float32(imaging.noise_hu[energy])
    low, high = imaging.clip_hu

    def one(k: int) -> None:
        plane = hu[k]
        if sigma > 0:
            rng = np.random.default_rng([*seed, energy, k])
            plane = plane + sigma * _noise_plane(rng, (rows, columns), amplitude)
        if skin is not None:
            plane = np.where(skin[k], plane, np.float32(-1000.0))
        out[k] = np.clip(np.rint(plane), low, high)

    each_slice(one, depth, "", None)
    return out
