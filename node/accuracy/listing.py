"""The listed deposits beside the true ones: their volume, mass, place and contact with bone.

A listed deposit belongs to the true deposit whose voxel is nearest to its centroid, within a box of 4 mm; where there
is none, to the one with the nearest centroid, within 4 mm or half its extent. Its material must be the same or
undecided. Several may belong to one true deposit: volumes and masses are added, the largest one says the place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import dist
from typing import Final

import numpy as np

from node.accuracy.place import place_is_right, ray_of, said_ray, said_regions, words
from node.accuracy.truth import FIRST_CALCIUM, METAL, SIDES, URATE, CaseTruth, TrueDeposit
from node.domain.findings import Deposit, Laterality, Material

NEAR_MM: Final = 4.0
_KINDS: Final = {Material.CALCIUM: "HA", Material.URATE: URATE}


@dataclass(frozen=True)
class Listed:
    """What the list says of a true deposit. Facts that it does not tell are None.

    ``digit_right`` is None also where the true place is on no ray, ``side_right`` where the side is uncertain.
    """

    volume_mm3: float
    mass_mg: float | None
    materials: tuple[str, ...]
    place: str
    place_right: bool
    digit_right: bool | None
    side_right: bool | None
    contact_right: bool


def listed_deposits(truth: CaseTruth, sided: Sequence[tuple[Deposit, Laterality]]) -> dict[int, Listed]:
    """Each true deposit that something is listed for, by label. ``sided``: found deposits with their hand's side."""
    by_label = {d.label: d for d in truth.deposits}
    groups: dict[int, list[tuple[Deposit, Laterality]]] = {}
    for deposit, side in sided:
        if deposit.review and deposit.material is Material.INDETERMINATE:
            continue
        label = _nearest_label(deposit, truth) or _nearest_centroid(deposit, truth)
        if label in by_label and _KINDS.get(deposit.material, by_label[label].kind) == by_label[label].kind:
            groups.setdefault(label, []).append((deposit, side))
    return {label: _listed(by_label[label], group) for label, group in groups.items()}


def _nearest_label(deposit: Deposit, truth: CaseTruth) -> int:
    spacing = np.array(truth.geometry.spacing_mm)
    centre = np.rint(truth.geometry.to_index_zyx(np.array([deposit.centroid_lps_mm]))[0]).astype(int)
    reach = np.ceil(NEAR_MM / spacing).astype(int)
    first = np.maximum(centre - reach, 0)
    part = truth.labels[tuple(slice(int(a), max(0, int(b))) for a, b in zip(first, centre + reach + 1, strict=True))]
    inside = np.argwhere((part >= FIRST_CALCIUM) & (part < METAL))
    if not len(inside):
        return 0
    away = np.linalg.norm((inside + first - centre) * spacing, axis=1)
    return int(part[tuple(inside[away.argmin()])])


def _nearest_centroid(deposit: Deposit, truth: CaseTruth) -> int:
    near = [
        (away, d.label)
        for d in truth.deposits
        if (away := dist(d.centroid_lps_mm, deposit.centroid_lps_mm)) < max(NEAR_MM, 0.5 * max(d.extent_mm))
    ]
    return min(near)[1] if near else 0


def _listed(true: TrueDeposit, group: list[tuple[Deposit, Laterality]]) -> Listed:
    largest, side = max(group, key=lambda pair: pair[0].volume_mm3)
    masses = [deposit.mass_mg for deposit, _ in group]
    said = said_regions(largest)
    rays = {ray_of(region) for region in true.accepted} - {None}
    return Listed(
        volume_mm3=sum(deposit.volume_mm3 for deposit, _ in group),
        mass_mg=None if None in masses else sum(mass or 0.0 for mass in masses),
        materials=tuple(sorted({str(deposit.material) for deposit, _ in group})),
        place=words(largest),
        place_right=place_is_right(said, true.accepted),
        digit_right=said_ray(largest) in rays if rays else None,
        side_right=None if side is Laterality.UNCERTAIN else side is SIDES[true.side],
        contact_right=any(deposit.touches_bone for deposit, _ in group) == true.touches_bone,
    )
