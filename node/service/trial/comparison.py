"""Findings beside the truth of a phantom, deposit by deposit. For people to look at; the scorer judges by voxels.

A found deposit belongs to the true one whose surface is nearest to its centroid: the radius of a sphere of the same
volume is taken off the distance of the centroids. Every found deposit is matched once, the closest pairs first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import dist, pi
from typing import Any, Final

FARTHEST_MM: Final = 4.0
"""Centroids may be this much farther apart than the larger deposit's radius."""
MATERIALS: Final = {"HA": "calcium", "MSU": "urate"}


@dataclass(frozen=True)
class Described:
    """One deposit as truth or findings tell it: where in words, material, mm³, mg, side, centroid (LPS, mm)."""

    where: str
    material: str
    volume_mm3: float
    mass_mg: float | None
    side: str
    centroid_lps_mm: tuple[float, float, float]
    review: bool = False

    @property
    def radius_mm(self) -> float:
        """Radius of a sphere of the same volume."""
        return float((3 * self.volume_mm3 / (4 * pi)) ** (1 / 3))


Row = tuple[Described | None, Described | None]
"""(true, found); None on the right for a missed deposit, on the left for one that is none."""


def compare(truth: Mapping[str, Any], findings: Mapping[str, Any]) -> list[Row]:
    """Rows of true and found deposits, the true ones first by number, then what was found beyond them.

    ``truth`` is a phantom's ``truth.json``, ``findings`` a ``findings.json`` (DESIGN.md section 3).
    """
    true, found = _true_deposits(truth), _found_deposits(findings)
    matches = _match(true, found)
    rows: list[Row] = [(deposit, found[matches[n]] if n in matches else None) for n, deposit in enumerate(true)]
    return rows + [(None, deposit) for n, deposit in enumerate(found) if n not in matches.values()]


def _match(true: Sequence[Described], found: Sequence[Described]) -> dict[int, int]:
    pairs = sorted(
        (dist(t.centroid_lps_mm, f.centroid_lps_mm) - max(t.radius_mm, f.radius_mm), i, j)
        for i, t in enumerate(true)
        for j, f in enumerate(found)
    )
    matches: dict[int, int] = {}
    for gap, i, j in pairs:
        if gap <= FARTHEST_MM and i not in matches and j not in matches.values():
            matches[i] = j
    return matches


def _true_deposits(truth: Mapping[str, Any]) -> list[Described]:
    return [
        Described(
            where=str(entry["region"]),
            material=MATERIALS.get(entry["kind"], str(entry["kind"])),
            volume_mm3=float(entry["volume_mm3"]),
            mass_mg=entry.get("mass_mg"),
            side=str(entry["hand"]),
            centroid_lps_mm=_point(entry["centroid_lps"]),
        )
        for entry in truth["deposits"]
    ]


def _found_deposits(findings: Mapping[str, Any]) -> list[Described]:
    sides = {"R": "right", "L": "left"}
    return [
        Described(
            where=_place(entry),
            material=str(entry["material"]),
            volume_mm3=float(entry["volume_mm3"]),
            mass_mg=entry["mass_mg"],
            side=sides.get(hand["laterality"], "uncertain"),
            centroid_lps_mm=_point(entry["centroid_lps_mm"]),
            review=bool(entry.get("review")),
        )
        for hand in findings["hands"]
        for entry in hand["deposits"]
    ]


def _place(entry: Mapping[str, Any]) -> str:
    """In the words of the report: ``digit 2 distal, fingertip pad, palmar``, ``metacarpal 5, dorsal``, ``wrist``."""
    region, digit, level = (entry.get(key) for key in ("region", "digit", "level"))
    if region == "digit":
        words = " ".join(str(part) for part in (region, digit, level) if part)
    else:
        words = f"metacarpal {digit}" if region == "hand" and digit else str(region or "uncertain")
    return ", ".join(filter(None, (words, entry.get("compartment"))))


def _point(values: Sequence[float]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
