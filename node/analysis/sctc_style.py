"""The SCTC-style score of a hand (not the validated score, see ``domain.sctc_style``), on a synthetic radiograph.

The beam runs along the hand's own palmar direction, whatever the pose in the scanner. Each region is exposed by itself,
so that fingers that cross on the picture do not mix. Bone is left out: only deposits are on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.model import HandAnatomy
from node.analysis.anatomy.place import LEVEL_OF, PlaceFinder, zone_of
from node.analysis.anatomy.wrist import in_forearm
from node.analysis.limbs import Limb
from node.analysis.radiograph import COARSEST, Cells, Film
from node.analysis.spans import voxels_of
from node.domain.anatomy import BONE_CODES
from node.domain.findings import Deposit, Laterality, Level, Material, Region, RegionScore, SctcStyleScore
from node.domain.sctc_style import ScoreWeights

LEAST_TISSUE_MM: Final = 1.0
"""A pixel with less than this in the beam is the blurred rim of its region."""
MINERAL_PIXEL_MM: Final = 0.5
"""Fine enough for a deposit of 2 mm."""
TISSUE_PIXEL_MM: Final = 1.0
"""As fine as the grid that distances inside the body are known on."""
LEAST_EXCESS_HU: Final = 1.0

ZONES: Final = (*(name for name in BONE_CODES if name[:2] in LEVEL_OF), "wrist")
"""The regions: beside each metacarpal and phalanx, and the wrist. The forearm is not on a radiograph of the hand."""


@dataclass(frozen=True, eq=False)
class Mineral:
    """A deposit's voxels, (n, 3) z, y, x in the crop, and the mineral in each of them, mg."""

    index_zyx: NDArray[np.integer]
    mg: NDArray[np.float64]


def score_deposits(
    deposits: Sequence[Deposit],
    numbered: NDArray[np.int32],
    limb: Limb,
    soft_low_hu: float,
    places: PlaceFinder,
    weights: ScoreWeights,
) -> SctcStyleScore | None:
    """The score of a limb's deposits, whose voxels ``numbered`` (z, y, x) holds.

    As in the totals, urate and what is left to a reader do not count. None also where a deposit has no place: a score
    without it would be too small.
    """
    counted = [d for d in deposits if not d.review and d.material is not Material.URATE]
    if any(deposit.region is None for deposit in counted):
        return None
    voxels = voxels_of(numbered > 0, limb.spans)
    number, index = numbered.reshape(-1)[voxels], np.stack(np.unravel_index(voxels, numbered.shape), axis=1)
    minerals = [_mineral(d.mass_mg or 0.0, index[number == d.number], limb.low, soft_low_hu) for d in counted]
    return sctc_style_score(minerals, places, weights)


def _mineral(mass_mg: float, voxels: NDArray[np.int64], low: NDArray[np.int16], soft_hu: float) -> Mineral:
    """The mass shared out to voxels (n, 3) as they stand out of soft tissue in the low-energy image."""
    excess = np.maximum(low[tuple(voxels.T)] - soft_hu, LEAST_EXCESS_HU)
    return Mineral(voxels, mass_mg * excess / excess.sum())


def sctc_style_score(minerals: Sequence[Mineral], places: PlaceFinder, weights: ScoreWeights) -> SctcStyleScore | None:
    """The score; None where directions, side or digits of the hand are not known for certain: never guessed."""
    film = _film(places.anatomy)
    if film is None:
        return None
    if not minerals:
        return SctcStyleScore(())
    index, mg = np.concatenate([m.index_zyx for m in minerals]), np.concatenate([m.mg for m in minerals])
    zone = _zones(places, _owners(places, index), _mm(index, places.affine))
    scores = (
        _region_score(ZONES[n - 1], Cells(index[zone == n], places.affine, mg[zone == n]), film, places, weights)
        for n in np.unique(zone[zone > 0]).tolist()
    )
    return SctcStyleScore(tuple(score for score in scores if score is not None))


def _film(anatomy: HandAnatomy) -> Film | None:
    known = anatomy.laterality is not Laterality.UNCERTAIN and anatomy.digits_sure
    if not known or anatomy.frame is None or anatomy.distal is None or anatomy.palmar is None or anatomy.radial is None:
        return None
    return Film(anatomy.frame.origin, np.stack([anatomy.distal, anatomy.radial]))


def _region_score(
    zone: str, mineral: Cells, film: Film, places: PlaceFinder, weights: ScoreWeights
) -> RegionScore | None:
    density = np.searchsorted(weights.density_limits_mg_mm2, film.expose(mineral, MINERAL_PIXEL_MM), side="right")
    covered = density[density > 0]
    if not covered.size:
        return None
    area_mm2 = _area_mm2(zone, film, places)
    region, digit, level = _place_of(zone)
    return RegionScore(
        region=region,
        digit=digit,
        level=level,
        area_mm2=area_mm2,
        coverage_percent=min(100.0, 100.0 * covered.size * MINERAL_PIXEL_MM**2 / area_mm2),
        density=float(covered.mean()),
        location_weight=weights.of(region, level),
    )


def _area_mm2(zone: str, film: Film, places: PlaceFinder) -> float:
    """Area of a region's tissue on the film, at least one pixel."""
    names = [n for n, name in enumerate(places.names, start=1) if _may_be(name, zone)]
    index = np.argwhere(np.isin(places.nearest, names))
    inside = _zones(places, places.nearest[tuple(index.T)], _mm(index, places.tissue.affine)) == ZONES.index(zone) + 1
    cell_mm3 = float(abs(np.linalg.det(places.tissue.affine[:3, :3])))
    cells = Cells(index[inside], places.tissue.affine, np.full(int(inside.sum()), cell_mm3))
    thickness_mm = film.expose(cells, TISSUE_PIXEL_MM, COARSEST) if inside.any() else np.empty(0)
    return max(1, int((thickness_mm >= LEAST_TISSUE_MM).sum())) * TISSUE_PIXEL_MM**2


def _may_be(name: str, zone: str) -> bool:
    """Whether what is nearest to a bone can lie in a zone: the wrist is beside carpals and the ends of the forearm."""
    return zone_of(name) in ((zone, "forearm") if zone == "wrist" else (zone,))


def _zones(places: PlaceFinder, owners: NDArray[np.int32], mm: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number in ZONES, from 1, of points (n, 3) in mm whose nearest names are ``owners``; 0 for none of them."""
    numbers = {zone: n for n, zone in enumerate(ZONES, start=1)} | {"forearm": ZONES.index("wrist") + 1}
    table = np.array([0, *(numbers.get(zone_of(name), 0) for name in places.names)])
    forearm = np.array([False, *(zone_of(name) == "forearm" for name in places.names)])
    beyond = forearm[owners]
    zone = table[owners]
    zone[np.flatnonzero(beyond)[in_forearm(places.anatomy, mm[beyond])]] = 0
    return zone


def _owners(places: PlaceFinder, index_zyx: NDArray[np.integer]) -> NDArray[np.int32]:
    return places.nearest[places.cells(_mm(index_zyx, places.affine))]


def _mm(index_zyx: NDArray[np.integer], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(index_zyx[:, ::-1] @ affine[:3, :3].T + affine[:3, 3])


def _place_of(zone: str) -> tuple[Region, int | None, Level]:
    if zone == "wrist":
        return Region.WRIST, None, Level.CARPAL
    return Region.HAND if zone.startswith("MC") else Region.DIGIT, int(zone[2]), LEVEL_OF[zone[:2]]
