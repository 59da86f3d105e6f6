"""The truth of a study, read from its table (``truth.json``) and its label volume (``labels.npz``)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from node.domain.findings import Laterality
from node.domain.volume import Geometry

CALCIUM: Final = "HA"
URATE: Final = "MSU"
FIRST_CALCIUM: Final = 1001
FIRST_URATE: Final = 2001
METAL: Final = 3000
VESSEL: Final = 3100
LEFT_BONES: Final = 100
"""Labels of bones: the code of ``domain.anatomy``, plus this in a left hand."""
NO_BONE: Final = 1000
SIDES: Final = {"right": Laterality.RIGHT, "left": Laterality.LEFT}


@dataclass(frozen=True)
class TrueDeposit:
    """One deposit as it was put in. ``kind`` is HA or MSU; ``accepted`` are the regions that count as right."""

    label: int
    kind: str
    shape: str
    volume_mm3: float
    mass_mg: float
    concentration_mg_cc: float
    touches_bone: bool
    region: str
    accepted: tuple[str, ...]
    compartment: str
    side: str
    centroid_lps_mm: tuple[float, float, float]
    extent_mm: tuple[float, ...]


@dataclass(frozen=True)
class TrueHand:
    """Side (``right`` or ``left``) of a hand, and the digits whose distal phalanx is resorbed, each with the share of
    its length that is lost (0 where the truth does not say)."""

    side: str
    resorbed: Mapping[int, float]


@dataclass(frozen=True, eq=False)
class CaseTruth:
    """Everything known of a study. ``labels`` uint16 (z, y, x) on ``geometry``; ``bones`` names by label."""

    name: str
    hands: tuple[TrueHand, ...]
    deposits: tuple[TrueDeposit, ...]
    bones: Mapping[int, str]
    geometry: Geometry
    labels: NDArray[np.uint16] = field(repr=False)

    @property
    def is_control(self) -> bool:
        """Whether nothing was put in that may be reported."""
        return not self.deposits


def read_truth(table: Mapping[str, Any], labels: NDArray[np.uint16]) -> CaseTruth:
    """The truth of a study from its table and labels (z, y, x).

    A deposit that lies only partly in the scan is no deposit to be found; its voxels stay what they are.
    """
    grid = table["grid"]
    x, y, z = (float(s) for s in grid["spacing_mm"])
    depth, height, width = labels.shape
    return CaseTruth(
        name=str(table["case"]),
        hands=tuple(TrueHand(str(h["side"]), _resorbed(h["acro_osteolysis"])) for h in table["hands"]),
        deposits=tuple(
            _deposit(entry) for entry in table["deposits"] if entry["id"] < METAL and entry.get("in_scan", True)
        ),
        bones={int(code): str(name) for name, code in table["label_map"]["bones"].items()},
        geometry=Geometry((depth, height, width), (z, y, x), np.asarray(grid["affine_lps"], np.float64)),
        labels=labels,
    )


def _resorbed(entries: Mapping[str, Mapping[str, Any]]) -> dict[int, float]:
    """Lost share by digit, of entries by distal phalanx."""
    return {int(name[2]): float(entries[name].get("lost_fraction") or 0.0) for name in sorted(entries)}


def _deposit(entry: Mapping[str, Any]) -> TrueDeposit:
    x, y, z = (float(c) for c in entry["centroid_lps"])
    return TrueDeposit(
        label=int(entry["id"]),
        kind=str(entry["kind"]),
        shape=str(entry["shape"]),
        volume_mm3=float(entry["volume_mm3"]),
        mass_mg=float(entry["mass_mg"]),
        concentration_mg_cc=float(entry["concentration_mg_cc"]),
        touches_bone=bool(entry["touching_bone"]),
        region=str(entry["region"]),
        accepted=tuple(entry.get("region_accept") or (entry["region"],)),
        compartment=str(entry.get("compartment") or ""),
        side=str(entry["hand"]),
        centroid_lps_mm=(x, y, z),
        extent_mm=tuple(float(e) for e in entry["extent_mm"]),
    )
