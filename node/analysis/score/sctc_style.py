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
from node.analysis.anatomy.place import PlaceFinder
from node.analysis.anatomy.zones import lps_mm, place_of_zone, zone_numbers, zones_at
from node.analysis.grid.spans import voxels_of
from node.analysis.limb.limbs import Limb
from node.analysis.score.radiograph import COARSEST, Cells, Film
from node.domain.findings import Deposit, Laterality, Material, RegionScore, SctcStyleScore
from node.domain.sctc_style import ScoreWeights

LEAST_TISSUE_MM: Final = 1.0
"""A pixel with less than this in the beam is the blurred rim of its region."""
MINERAL_PIXEL_MM: Final = 0.5
"""Fine enough for a deposit of 2 mm."""
TISSUE_PIXEL_MM: Final = 1.0
"""As fine as the grid that distances inside the body are known on."""
LEAST_EXCESS_HU: Final = 1.0


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
    zone = zones_at(places, places.nearest[places.cells(lps_mm(index, places.affine))], lps_mm(index, places.affine))
    densities = {
        n: _densities(Cells(index[zone == n], places.affine, mg[zone == n]), film, weights) for n in _seen(zone)
    }
    covered = {n: density for n, density in densities.items() if density.size}
    areas_mm2 = _areas_mm2(list(covered), film, places)
    return SctcStyleScore(tuple(_region_score(n, covered[n], areas_mm2[n], weights) for n in covered))


def _seen(zone: NDArray[np.int64]) -> list[int]:
    found: list[int] = np.unique(zone[zone > 0]).tolist()
    return found


def _film(anatomy: HandAnatomy) -> Film | None:
    known = anatomy.laterality is not Laterality.UNCERTAIN and anatomy.digits_sure
    if not known or anatomy.frame is None or anatomy.distal is None or anatomy.palmar is None or anatomy.radial is None:
        return None
    return Film(anatomy.frame.origin, np.stack([anatomy.distal, anatomy.radial]))


def _densities(mineral: Cells, film: Film, weights: ScoreWeights) -> NDArray[np.int64]:
    """Density, 1 to 3, of each pixel on which the mineral can be seen."""
    density = np.searchsorted(weights.density_limits_mg_mm2, film.expose(mineral, MINERAL_PIXEL_MM), side="right")
    return density[density > 0]


def _region_score(zone: int, densities: NDArray[np.int64], area_mm2: float, weights: ScoreWeights) -> RegionScore:
    region, digit, level = place_of_zone(zone)
    return RegionScore(
        region=region,
        digit=digit,
        level=level,
        area_mm2=area_mm2,
        coverage_percent=min(100.0, 100.0 * densities.size * MINERAL_PIXEL_MM**2 / area_mm2),
        density=float(densities.mean()),
        location_weight=weights.of(region, level),
    )


def _areas_mm2(zones: Sequence[int], film: Film, places: PlaceFinder) -> dict[int, float]:
    """Area of the tissue of each of these zones on the film, at least one pixel."""
    wanted = np.isin([0, *zone_numbers(places.names)], zones)
    index = np.argwhere(wanted[places.nearest])
    zone = zones_at(places, places.nearest[tuple(index.T)], lps_mm(index, places.tissue.affine))
    cell_mm3 = float(abs(np.linalg.det(places.tissue.affine[:3, :3])))
    return {
        n: _area_mm2(Cells(own := index[zone == n], places.tissue.affine, np.full(len(own), cell_mm3)), film)
        for n in zones
    }


def _area_mm2(tissue: Cells, film: Film) -> float:
    if not len(tissue.amount):
        return TISSUE_PIXEL_MM**2
    thickness_mm = film.expose(tissue, TISSUE_PIXEL_MM, COARSEST)
    return max(1, int((thickness_mm >= LEAST_TISSUE_MM).sum())) * TISSUE_PIXEL_MM**2
