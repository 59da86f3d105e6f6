"""CT numbers of tissues and minerals for the energy pairs that scanners offer.

The figures (``attenuation_hu.csv``) are computed for a tungsten tube with tabulated attenuation: HU of each material
under 4 or 15 cm of water at both energies of a pair. Mineral mixes linearly: HU = muscle + concentration · slope.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.domain.errors import Refused
from node.domain.volume import Tube

MSU_DENSITY_MG_CC: Final = 1700.0
"""Density of monosodium urate monohydrate crystals."""
METAL_HU: Final = (9000.0, 7000.0)
"""Far beyond what is stored: steel and titanium clip (not in the table)."""
MARROW_FAT_SHARE: Final = 0.6
"""Share of fat in marrow; the rest is like muscle."""
_TUBE: Final = re.compile(r"^(?:(?P<sn>Sn)?(?P<kvp>\d+)(?:\((?P<tin>[\d.]+)\))?|keV(?P<kev>\d+))$")


@dataclass(frozen=True)
class Attenuation:
    """CT numbers for one pair: ``hu`` by material name of the table, (low, high); slopes in HU per mg/cc."""

    pair: str
    low_tube: Tube
    high_tube: Tube
    hu: dict[str, tuple[float, float]]

    @property
    def calcium_slope(self) -> tuple[float, float]:
        """HU per mg/cc of hydroxyapatite over its matrix (low, high)."""
        return self._slope("HA 400", 400.0)

    @property
    def urate_slope(self) -> tuple[float, float]:
        """HU per mg/cc of monosodium urate over its matrix (low, high)."""
        return self._slope("MSU 50%v", 0.5 * MSU_DENSITY_MG_CC)

    def _slope(self, material: str, concentration: float) -> tuple[float, float]:
        muscle = self.hu["muscle"]
        mixed = self.hu[material]
        return (mixed[0] - muscle[0]) / concentration, (mixed[1] - muscle[1]) / concentration

    @property
    def marrow(self) -> tuple[float, float]:
        """Fatty marrow, mixed of adipose tissue and muscle."""
        fat, muscle = self.hu["adipose"], self.hu["muscle"]
        low, high = (MARROW_FAT_SHARE * fat[e] + (1 - MARROW_FAT_SHARE) * muscle[e] for e in (0, 1))
        return low, high

    def table(self) -> NDArray[np.float32]:
        """The tissue table of ``kernels.phantom_bodies``, float32 (2, 11)."""
        columns = [(-1000.0, -1000.0)]
        columns += [self.hu[m] for m in ("skin", "adipose", "muscle", "tendon", "nail keratin", "cortical bone")]
        columns += [self.marrow, METAL_HU, self.calcium_slope, self.urate_slope]
        return np.ascontiguousarray(np.array(columns, np.float32).T)


def parse_tube(text: str) -> Tube:
    """``80``, ``Sn140(0.4)`` or ``keV50`` as a tube.

    Raises Refused where the text is none of these.
    """
    match = _TUBE.match(text)
    if match is None:
        raise Refused(f"'{text}' is not a tube voltage.", hint="Write 80, Sn140(0.4) or keV50.")
    if match["kev"]:
        return Tube(kvp=None, kev=float(match["kev"]))
    return Tube(kvp=float(match["kvp"]), tin_mm=float(match["tin"] or 0.6) if match["sn"] else 0.0)


def tube_text(tube: Tube) -> str:
    """How the truth files write a tube: ``80 kV``, ``140 kV + 0.4 mm Sn``, ``50 keV``."""
    if tube.kev is not None:
        return f"{tube.kev:g} keV"
    return f"{tube.kvp:g} kV" + (f" + {tube.tin_mm:g} mm Sn" if tube.tin_mm else "")


@cache
def _rows() -> dict[tuple[int, str], dict[str, tuple[float, float]]]:
    rows: dict[tuple[int, str], dict[str, tuple[float, float]]] = {}
    with files("node.phantom").joinpath("attenuation_hu.csv").open(encoding="ascii") as stream:
        for row in csv.DictReader(stream):
            materials = rows.setdefault((int(row["water_path_cm"]), row["pair"]), {})
            materials[row["material"]] = (float(row["low_hu"]), float(row["high_hu"]))
    return rows


def pairs() -> tuple[str, ...]:
    """Names of the energy pairs of the table, such as ``80/Sn140(0.4)``."""
    return tuple(dict.fromkeys(pair for _, pair in _rows()))


def attenuation(pair: str, water_path_cm: int = 4) -> Attenuation:
    """Figures of a listed pair under 4 or 15 cm of water.

    Raises Refused where the pair or the path is not in the table.
    """
    found = _rows().get((water_path_cm, pair))
    if found is None:
        raise Refused(f"There are no attenuation figures for the pair '{pair}'.", hint=f"Listed: {', '.join(pairs())}.")
    low, high = pair.split("/")
    return Attenuation(pair, parse_tube(low), parse_tube(high), found)
