"""A development case (../shared/data/cases) with the analysis a perfect program would give: its truth."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from node.dicom.reading.header import read_instance
from node.dicom.reading.pixels import load_pair
from node.domain.confidence import Confidence
from node.domain.findings import (
    AcroOsteolysis,
    Analysis,
    Deposit,
    Digit,
    Findings,
    Hand,
    Laterality,
    Level,
    Material,
    Outcome,
    Region,
)
from node.domain.instance import Instance
from node.domain.pairing import StackPair, find_pair
from node.domain.volume import EnergyPair
from numpy.typing import NDArray

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "cases"
SIDES = {"right": Laterality.RIGHT, "left": Laterality.LEFT}
LEVELS = {"DP": Level.DISTAL, "MP": Level.MIDDLE, "PP": Level.PROXIMAL, "MC": Level.METACARPAL}


@dataclass(frozen=True, eq=False)
class Case:
    """A case as it was received, and its perfect analysis."""

    folder: Path
    instances: tuple[Instance, ...]
    files: dict[str, Path]
    stacks: StackPair
    pair: EnergyPair
    analysis: Analysis


def load_case(name: str) -> Case:
    """Read the case ``name`` and its truth."""
    folder = CASES / name
    found = {path: read_instance(path) for path in sorted(folder.glob("dicom/**/*.dcm"))}
    files = {instance.sop_instance_uid: path for path, instance in found.items()}
    instances = tuple(found.values())
    stacks = find_pair(instances).pair
    assert stacks is not None
    pair = load_pair(stacks, files.__getitem__)
    return Case(folder, instances, files, stacks, pair, perfect_analysis(folder, pair))


def perfect_analysis(folder: Path, pair: EnergyPair) -> Analysis:
    """The truth of a case as an analysis, on the grid of ``pair``."""
    truth = json.loads((folder / "truth" / "truth.json").read_text())
    labels = np.load(folder / "truth" / "labels.npz")["labels"]
    assert np.allclose(truth["grid"]["affine_lps"], pair.geometry.affine, atol=2e-3), "the grids differ"
    segments = np.zeros(labels.shape, np.uint16)
    sides = [hand["side"] for hand in truth["hands"]]
    deposits: dict[str, list[Deposit]] = {side: [] for side in sides}
    listed = [d for d in truth["deposits"] if (labels == d["id"]).any() and d["id"] < 3000]
    for number, entry in enumerate(listed, 1):
        mask = labels == entry["id"]
        segments[mask] = number
        deposits[entry["hand"]].append(_deposit(number, entry, mask, pair))
    hands = tuple(
        Hand(SIDES[hand["side"]], (), _digits(hand), tuple(deposits[hand["side"]])) for hand in truth["hands"]
    )
    return Analysis(Findings(Outcome.COMPLETE, (), hands), segments, _bones(labels, sides))


def _bones(labels: NDArray[np.uint16], sides: list[str]) -> NDArray[np.uint16]:
    bones = np.zeros(labels.shape, np.uint16)
    for index, side in enumerate(sides):
        offset = 100 if side == "left" else 0
        mask = (labels > offset) & (labels < offset + 100)
        bones[mask] = labels[mask] - offset + 100 * index
    return bones


def _digits(hand: dict[str, Any]) -> tuple[Digit, ...]:
    lost = {int(name[2]) for name in hand["acro_osteolysis"]}
    states = {True: AcroOsteolysis.PRESENT, False: AcroOsteolysis.ABSENT}
    return tuple(Digit(d, None, states[d in lost]) for d in range(1, 6))


def _place(region: str) -> tuple[Region, int | None, Level | None, str | None]:
    if region == "carpal_tunnel":
        return Region.WRIST, None, Level.CARPAL, "carpal tunnel"
    if region == "forearm":
        return Region.FOREARM, None, Level.RADIUS_ULNA, None
    if region[:2] in LEVELS:
        level = LEVELS[region[:2]]
        return Region.HAND if level is Level.METACARPAL else Region.DIGIT, int(region[2]), level, None
    return Region.WRIST, None, Level.CARPAL, None


def _deposit(number: int, entry: dict[str, Any], mask: NDArray[np.bool_], pair: EnergyPair) -> Deposit:
    low, high = pair.low.hu[mask].astype(float), pair.high.hu[mask].astype(float)
    region, digit, level, compartment = _place(entry["region"])
    urate = entry["kind"] == "MSU"
    x, y, z = pair.geometry.to_lps_mm(np.argwhere(mask).astype(float)).mean(0)
    return Deposit(
        number=number,
        centroid_lps_mm=(float(x), float(y), float(z)),
        volume_mm3=float(entry["volume_mm3"]),
        mass_mg=None if urate else float(entry["mass_mg"]),
        material=Material.URATE if urate else Material.CALCIUM,
        region=region,
        digit=digit,
        level=level,
        compartment=compartment,
        touches_bone=bool(entry["touching_bone"]),
        mean_low_hu=float(low.mean()),
        mean_high_hu=float(high.mean()),
        sd_low_hu=float(low.std()),
        max_low_hu=float(low.max()),
        ratio=float(low.mean() / high.mean()),
        long_axis_mm=float(max(entry["extent_mm"])),
        short_axis_mm=float(min(entry["extent_mm"])),
        distance_to_skin_mm=2.0,
        distance_to_bone_mm=float(entry["min_distance_to_bone_mm"]),
        bones=(),
        touches=("unnamed",) if entry["touching_bone"] else (),
        key_slice=int(np.argmax(mask.sum((1, 2)))),
        shape=str(entry["shape"]),
        confidence_parts=Confidence(1.0, 1.0, 1.0, 1.0),
    )
