"""The regions that a radiograph of the hand is read by, and which of them a point lies in."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.place import LEVEL_OF, PlaceFinder, zone_of
from node.analysis.anatomy.wrist import in_forearm
from node.domain.anatomy import BONE_CODES
from node.domain.findings import Level, Region

ZONES: Final = (*(name for name in BONE_CODES if name[:2] in LEVEL_OF), "wrist")
"""The regions: beside each metacarpal and phalanx, and the wrist. The forearm is not on a radiograph of the hand."""


def zone_numbers(names: Sequence[str]) -> list[int]:
    """Number in ZONES, from 1, of what is nearest to each bone; 0 for none. Of the forearm its end is the wrist's."""
    numbers = {zone: n for n, zone in enumerate(ZONES, start=1)} | {"forearm": ZONES.index("wrist") + 1}
    return [numbers.get(zone_of(name), 0) for name in names]


def zones_at(places: PlaceFinder, owners: NDArray[np.int32], mm: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number in ZONES, from 1, of points (n, 3) in mm whose nearest names are ``owners``; 0 for none of them."""
    zone = np.array([0, *zone_numbers(places.names)])[owners]
    beside_forearm = np.array([False, *(zone_of(name) == "forearm" for name in places.names)])[owners]
    zone[np.flatnonzero(beside_forearm)[in_forearm(places.anatomy, mm[beside_forearm])]] = 0
    return zone


def lps_mm(index_zyx: NDArray[np.integer], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Patient coordinates (n, 3) in mm of indices (n, 3) z, y, x."""
    return np.asarray(index_zyx[:, ::-1] @ affine[:3, :3].T + affine[:3, 3])


def place_of_zone(number: int) -> tuple[Region, int | None, Level]:
    """Region, digit and level of a zone by its number, from 1."""
    zone = ZONES[number - 1]
    if zone == "wrist":
        return Region.WRIST, None, Level.CARPAL
    return Region.HAND if zone.startswith("MC") else Region.DIGIT, int(zone[2]), LEVEL_OF[zone[:2]]
