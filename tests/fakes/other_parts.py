"""What is no hand: a foot of rods and a skull, as pairs of energies, for the ways out of the analysis."""

from collections.abc import Sequence

import numpy as np
from node.domain.volume import EnergyPair, Geometry, Volume
from node.phantom.attenuation import attenuation
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from tests.fakes.rods import Points, Rod, ball, thinner

PAIR = "80/Sn140(0.4)"
NOISE_HU = (15.0, 12.0)
PSF_MM = 0.6
SPONGIOSA_MG_CC = 150.0
JOINT_MM = 1.8
TOES: dict[int, tuple[float, tuple[float, ...], float]] = {
    1: (0.0, (62.0, 31.0, 23.0), 6.5),
    2: (14.0, (73.0, 27.0, 12.0, 9.0), 4.5),
    3: (25.0, (69.0, 25.0, 10.0, 9.0), 4.2),
    4: (36.0, (68.0, 23.0, 9.0, 9.0), 4.2),
    5: (47.0, (69.0, 22.0, 8.0, 8.0), 4.5),
}
"""Of each toe: place across the foot, lengths from the metatarsal on, and radius of its metatarsal, mm [K]."""
TARSALS = (
    ((4.0, 0.0, -14.0), (4.0, 0.0, -8.0), 7.5),
    ((19.0, 1.0, -12.0), (19.0, 1.0, -8.0), 6.0),
    ((36.0, -1.0, -20.0), (41.0, -1.0, -9.0), 8.5),
    ((8.0, 6.0, -33.0), (18.0, 6.0, -31.0), 8.5),
    ((14.0, 9.0, -72.0), (14.0, 9.0, -53.0), 11.5),
    ((36.0, -16.0, -100.0), (36.0, -14.0, -46.0), 13.0),
)
"""Cuneiforms, cuboid, navicular, talus and calcaneus: ends and radius, mm [K]."""
Bone = tuple[Rod, float]
"""Its outside, and the thickness of its cortex, mm."""


def foot() -> EnergyPair:
    """A foot along z: five parallel metatarsals of one length, short toes, large tarsals."""
    bones: list[Bone] = [(Rod(np.array(a), np.array(b), r), 0.9) for a, b, r in TARSALS]
    for across, lengths, radius in TOES.values():
        joint = np.array([across, 0.0, 0.0])
        for level, length in enumerate(lengths):
            r = min(radius if level == 0 else 0.8 * radius, 0.45 * length)
            ends = [joint + np.array([0.0, -0.05 * at, at]) for at in (r, length - r)]
            bones.append((Rod(*ends, r), 1.6 if level == 0 else 1.1))
            joint = joint + np.array([0.0, -0.05 * length, length + JOINT_MM])
    flesh = [Rod(bone.start, bone.end, bone.radius_mm + 8.0) for bone, _ in bones]
    return _pair(flesh, bones, spongy=True, grid=_grid(flesh, (1.2, 1.0, 1.0)))


def head() -> EnergyPair:
    """An adult's skull, 154 mm across, with its scalp; below, the scan ends in it."""
    scalp, skull = ball(np.zeros(3), 84.0), ball(np.zeros(3), 77.0)
    return _pair([scalp], [(skull, 6.0)], spongy=False, grid=_grid([scalp], (2.5, 2.5, 2.5), first_mm=-45.0))


def _pair(flesh: Sequence[Rod], bones: Sequence[Bone], spongy: bool, grid: Geometry) -> EnergyPair:
    """Muscle in air, in it cortical bone around spongiosa or, in a skull, around what is like muscle."""
    figures = attenuation(PAIR)
    spongiosa = np.array(figures.marrow) + SPONGIOSA_MG_CC * np.array(figures.calcium_slope)
    filling = spongiosa if spongy else np.array(figures.hu["muscle"])
    images = np.full((2, *grid.shape), -1000.0)
    for rod in flesh:
        _fill(images, rod, np.array(figures.hu["muscle"]), grid)
    for rod, shell_mm in bones:
        _fill(images, rod, np.array(figures.hu["cortical bone"]), grid)
        _fill(images, thinner(rod, shell_mm), filling, grid)
    low, high = (_volume(image, energy, grid) for energy, image in enumerate(images))
    return EnergyPair(low, high, figures.low_tube, figures.high_tube)


def _fill(images: Points, rod: Rod, level_hu: Points, grid: Geometry) -> None:
    box = rod.box(grid, max(grid.spacing_mm))
    part = images[(slice(None), *box)]
    part += rod.share(grid, box) * (level_hu[:, None, None, None] - part)


def _volume(image: NDArray[np.float64], energy: int, grid: Geometry) -> Volume:
    noise = np.random.default_rng(energy).normal(0.0, NOISE_HU[energy], image.shape)
    blurred = gaussian_filter(image, [0.0, *(PSF_MM / s for s in grid.spacing_mm[1:])])
    return Volume(np.clip(np.rint(blurred + noise), -1024, 3071).astype(np.int16), grid)


def _grid(flesh: Sequence[Rod], spacing_mm: tuple[float, float, float], first_mm: float = -np.inf) -> Geometry:
    """The grid that holds everything, from ``first_mm`` on upwards."""
    corners = np.concatenate([rod.bounds_mm(8.0) for rod in flesh])
    low, high = corners.min(axis=0), corners.max(axis=0)
    low[2] = max(low[2], first_mm)
    steps = np.array(spacing_mm[::-1])
    x, y, z = np.ceil((high - low) / steps).astype(int).tolist()
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = low
    return Geometry((z, y, x), spacing_mm, affine)
