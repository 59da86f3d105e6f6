"""Phantom hands with what the phantom cannot make painted into both energies: bridges, fillings, fusions, clipping.

What is painted replaces what is there, as far as its shape fills a voxel after blurring, so that its edges have
partial volume like those of the phantom.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from node.domain.volume import EnergyPair, Geometry, Volume
from node.phantom import Phantom
from node.phantom.attenuation import Attenuation, attenuation
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from tests.fakes.rods import Points, Rod

BLUR_SD = 4.0
"""Standard deviations of the blur that a body is painted beyond its surface."""


@dataclass(eq=False)
class Painted:
    """A phantom to paint on; ``low`` and ``high`` float (z, y, x), HU."""

    phantom: Phantom
    low: Points = field(init=False)
    high: Points = field(init=False)

    def __post_init__(self) -> None:
        self.low, self.high = (v.hu.astype(np.float64) for v in (self.phantom.pair.low, self.phantom.pair.high))
        self._grain = np.random.default_rng(3)

    @property
    def geometry(self) -> Geometry:
        return self.phantom.pair.geometry

    @property
    def figures(self) -> Attenuation:
        """CT numbers of tissues at its pair of energies."""
        return attenuation(self.phantom.spec.imaging.pair, self.phantom.spec.imaging.water_path_cm)

    def calcium(self, mg_cc: float) -> tuple[float, float]:
        """Level (low, high), HU, of HA of this concentration in muscle, not clipped."""
        (low, high), (low_slope, high_slope) = self.figures.hu["muscle"], self.figures.calcium_slope
        return low + mg_cc * low_slope, high + mg_cc * high_slope

    def at(self, bone: str, along: float, aside_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Points:
        """Point (LPS mm) on the axis of a bone, 0 proximal, 1 distal, and ``aside_mm`` of it.

        ``aside_mm`` in the hand's own axes: x radial, y dorsal, z distal.
        """
        (scene,) = self.phantom.hands
        return np.asarray(scene.to_lps[:3, :3] @ (scene.bones[bone].point(along) + aside_mm) + scene.to_lps[:3, 3])

    def paint(self, rod: Rod, level_hu: tuple[float, float]) -> NDArray[np.bool_]:
        """Fill a rod with a level (low, high), HU. Returns the voxels (z, y, x) that it fills by more than half."""
        imaging, spacing = self.phantom.spec.imaging, self.geometry.spacing_mm
        box = rod.box(self.geometry, BLUR_SD * imaging.psf_mm + max(spacing))
        share = gaussian_filter(rod.share(self.geometry, box), [0.0, *(imaging.psf_mm / s for s in spacing[1:])])
        lost = np.sqrt(1.0 - (1.0 - share) ** 2)
        for image, level, noise in zip((self.low, self.high), level_hu, imaging.noise_hu, strict=True):
            image[box] += share * (level - image[box]) + lost * self._grain.normal(0.0, noise, share.shape)
        filled = np.zeros(self.geometry.shape, bool)
        filled[box] = share > 0.5
        return filled

    def pair(self) -> EnergyPair:
        """The two energies as the scanner stores them."""
        bounds = self.phantom.spec.imaging.clip_hu
        images = (np.clip(np.rint(i), *bounds).astype(np.int16) for i in (self.low, self.high))
        low, high = (Volume(i, self.geometry) for i in images)
        return replace(self.phantom.pair, low=low, high=high)
