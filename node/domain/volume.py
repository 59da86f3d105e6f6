"""Volumes: arrays with their place in the patient.

Arrays are C-order ``(z, y, x)``; ``spacing_mm`` is in that order; ``affine`` maps the homogeneous
index ``(i, j, k, 1) = (x, y, z, 1)`` to patient coordinates in mm (LPS, as DICOM PS3.3 C.7.6.2.1.1).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int16Array = NDArray[np.int16]
Float64Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Geometry:
    """Grid of a volume. ``shape`` and ``spacing_mm`` in (z, y, x) order; ``affine`` (4, 4), (x, y, z, 1) → LPS mm.

    Planes are parallel and equally spaced; the affine may be oblique and, with gantry tilt, sheared.
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    affine: Float64Array

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel in mm³ (determinant of the affine, so a sheared grid is right too)."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def to_lps_mm(self, index_zyx: Float64Array) -> Float64Array:
        """Patient coordinates, (n, 3) x, y, z in mm, of (n, 3) indices in z, y, x order."""
        return np.asarray(index_zyx)[..., ::-1] @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index_zyx(self, lps_mm: Float64Array) -> Float64Array:
        """Fractional indices, (n, 3) in z, y, x order, of (n, 3) patient coordinates in mm."""
        inverse = np.linalg.inv(self.affine[:3, :3])
        return ((np.asarray(lps_mm) - self.affine[:3, 3]) @ inverse.T)[..., ::-1]


@dataclass(frozen=True, eq=False)
class Volume:
    """CT numbers, int16 (z, y, x) in HU, and their grid."""

    hu: Int16Array
    geometry: Geometry


@dataclass(frozen=True)
class Tube:
    """What an image was made with: tube voltage and tin filter, or the energy of a monoenergetic image.

    ``tin_mm`` is 0 without a filter, None where a filter is known of but not its thickness.
    """

    kvp: float | None = None
    tin_mm: float | None = 0.0
    kev: float | None = None

    @property
    def has_tin(self) -> bool:
        """True where a tin filter is in the beam, whether or not its thickness is known."""
        return self.tin_mm is None or self.tin_mm > 0

    def __str__(self) -> str:
        if self.kev is not None:
            return f"{self.kev:g} keV"
        return f"{'Sn' if self.has_tin else ''}{self.kvp:g} kV" if self.kvp else "unknown kV"


@dataclass(frozen=True, eq=False)
class EnergyPair:
    """The two energies of one acquisition on one grid: ``low.geometry`` equals ``high.geometry``."""

    low: Volume
    high: Volume
    low_tube: Tube
    high_tube: Tube

    @property
    def geometry(self) -> Geometry:
        """The common grid."""
        return self.low.geometry
