"""The exact truth of a phantom: every deposit by the very field that was rendered.

Format: ``truth/truth.json`` and ``truth/labels.npz`` of the development cases (their README lists the keys).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from node.domain.anatomy import BONE_CODES, SESAMOIDS
from node.domain.volume import EnergyPair, Geometry
from node.kernels import phantom_bodies
from node.phantom.attenuation import tube_text
from node.phantom.mineral import Placed
from node.phantom.region import Location, locate_deposit
from node.phantom.scene import LEFT_OFFSET, METAL_LABEL, VESSEL_LABEL, HandScene
from node.phantom.spec import PhantomSpec, Substance

TOUCHING_MM: Final = 0.5
"""A deposit nearer than this touches the bone."""
_TISSUES: Final = {
    "fat": phantom_bodies.FAT,
    "muscle": phantom_bodies.MUSCLE,
    "tendon": phantom_bodies.TENDON,
    "skin": phantom_bodies.SKIN,
}
_SUBSTANCE: Final = {Substance.CALCIUM: "HA", Substance.URATE: "MSU"}


@dataclass(frozen=True, eq=False)
class Truth:
    """``table`` is what goes to ``truth.json``; ``labels`` and ``affine`` what goes to ``labels.npz``."""

    table: dict[str, Any]
    labels: NDArray[np.uint16]
    affine: NDArray[np.float64]

    @property
    def deposits(self) -> list[dict[str, Any]]:
        """Records of the deposits, in the order of the spec within each hand."""
        return list(self.table["deposits"])


def describe(
    spec: PhantomSpec,
    hands: tuple[HandScene, ...],
    pair: EnergyPair,
    labels: NDArray[np.uint16],
    classes: NDArray[np.uint8],
) -> Truth:
    """Measure everything that was put into the study. ``labels``, ``classes`` (z, y, x) as rendered."""
    voxels = _voxels(pair, labels, classes)
    deposits = [
        _record(hand, placed, voxels)
        for hand in hands
        for placed in hand.deposits
        if placed.spec.substance is not Substance.METAL
    ]
    table = {
        "case": spec.name,
        "description": spec.description,
        "tubes": [tube_text(pair.low_tube), tube_text(pair.high_tube)],
        "vmi_kev": None if pair.low_tube.kev is None else [pair.low_tube.kev, pair.high_tube.kev],
        "hands": [_hand(hand) for hand in hands],
        "grid": _grid(spec, pair.geometry),
        "label_map": _label_map(),
        "deposits": deposits,
        "total_HA_mm3": round(sum(d["volume_mm3"] for d in deposits if d["kind"] == "HA"), 2),
        "total_MSU_mm3": round(sum(d["volume_mm3"] for d in deposits if d["kind"] == "MSU"), 2),
        "hu_statistics": _statistics(voxels),
    }
    return Truth(table, labels, pair.geometry.affine)


def _grid(spec: PhantomSpec, geometry: Geometry) -> dict[str, Any]:
    return {
        "affine_lps": geometry.affine.tolist(),
        "shape_kji": list(geometry.shape),
        "spacing_mm": [float(s) for s in geometry.spacing_mm[::-1]],
        "slice_thickness_mm": spec.grid.slice_thickness_mm,
        "voxel_mm3": geometry.voxel_mm3,
    }


def _label_map() -> dict[str, Any]:
    renamed = {name: name if name.startswith("sesamoid") else f"ossicle_{name}" for name in SESAMOIDS}
    bones = {renamed.get(name, name): code for name, code in BONE_CODES.items()}
    return {
        "bones": bones,
        "left_hand_bone_offset": LEFT_OFFSET,
        "HA": "1001..",
        "MSU": "2001..",
        "metal": METAL_LABEL,
        "vascular": VESSEL_LABEL,
    }


def _hand(hand: HandScene) -> dict[str, Any]:
    metal = [d for d in hand.deposits if d.spec.substance is Substance.METAL]
    return {
        "side": str(hand.spec.side),
        "acro_osteolysis": {f"DP{digit}": {"lost_fraction": lost} for digit, lost in hand.spec.resorbed},
        "vascular": [
            {"vessel": name, "volume_mm3": round(float(np.count_nonzero(f.values)) * f.step_mm**3, 2)}
            for name, f in hand.vessels
        ],
        "metal": [{"bone": d.bone, "volume_mm3": round(d.volume_mm3, 2)} for d in metal],
        "bones": sorted(hand.bones),
    }


@dataclass(frozen=True, eq=False)
class _Voxels:
    """Labelled and one-tissue voxels of the study, flat: label, tissue, HU at both energies."""

    geometry: Geometry
    label: NDArray[np.uint16]
    tissue: NDArray[np.uint8]
    low: NDArray[np.int16]
    high: NDArray[np.int16]


def _voxels(pair: EnergyPair, labels: NDArray[np.uint16], classes: NDArray[np.uint8]) -> _Voxels:
    chosen = np.flatnonzero(np.maximum(labels, classes))
    low, high = (volume.hu.reshape(-1)[chosen] for volume in (pair.low, pair.high))
    return _Voxels(pair.geometry, labels.reshape(-1)[chosen], classes.reshape(-1)[chosen], low, high)


def _record(hand: HandScene, placed: Placed, voxels: _Voxels) -> dict[str, Any]:
    cells = np.flatnonzero(placed.field.values)
    points = placed.field.points(cells)
    lps = points @ hand.to_lps[:3, :3].T + hand.to_lps[:3, 3]
    location = locate_deposit(hand, placed, points)
    mask = voxels.label == placed.label
    distance = max(0.0, location.distance_mm - placed.field.step_mm / 2)
    return {
        "region_accept": list(location.accept),
        "id": placed.label,
        "kind": _SUBSTANCE[placed.spec.substance],
        "shape": str(placed.spec.shape),
        "n_foci": int(label(placed.field.values > 0, np.ones((3, 3, 3)))[1]),
        "concentration_mg_cc": placed.spec.concentration_mg_cc,
        "volume_mm3": round(placed.volume_mm3, 3),
        "mass_mg": round(placed.mass_mg, 4),
        **_words(location),
        "min_distance_to_bone_mm": round(distance, 2),
        "touching_bone": bool(distance < TOUCHING_MM),
        "extent_mm": [round(float(e), 1) for e in np.ptp(points, axis=0) + placed.field.step_mm],
        "hand": str(hand.spec.side),
        "centroid_lps": [round(float(c), 3) for c in lps.mean(axis=0)],
        "voxels_ct_grid": int(mask.sum()),
        "in_scan": _inside(lps, voxels.geometry),
        "mean_hu_low": round(float(voxels.low[mask].mean()), 1) if mask.any() else None,
        "mean_hu_high": round(float(voxels.high[mask].mean()), 1) if mask.any() else None,
    }


def _words(location: Location) -> dict[str, Any]:
    return {
        "region": location.region,
        "regions": location.shares,
        "ray": location.ray,
        "segment": location.segment,
        "compartment": location.compartment,
        "aspect": location.aspect,
        "nearest_joint": location.joint,
        "joint_distance_mm": location.joint_distance_mm,
    }


def _inside(lps: NDArray[np.float64], geometry: Geometry) -> bool:
    """Whether the whole deposit lies in the scan."""
    index = geometry.to_index_zyx(lps)
    return bool(((index >= -0.5) & (index <= np.array(geometry.shape) - 0.5)).all())


def _statistics(voxels: _Voxels) -> dict[str, Any]:
    masks = {"cortex+trabecular bone": (voxels.label > 0) & (voxels.label < 1000)}
    masks |= {f"{'HA' if n < 2001 else 'MSU'} {n}": voxels.label == n for n in _deposit_labels(voxels)}
    masks |= {name: (voxels.tissue == code) & (voxels.label == 0) for name, code in _TISSUES.items()}
    return {name: _moments(voxels, mask) for name, mask in masks.items() if mask.any()}


def _deposit_labels(voxels: _Voxels) -> list[int]:
    found = np.flatnonzero(np.bincount(voxels.label, minlength=METAL_LABEL)[:METAL_LABEL])
    return [int(n) for n in found if n > 1000]


def _moments(voxels: _Voxels, mask: NDArray[np.bool_]) -> dict[str, Any]:
    sums = {"lo": voxels.low[mask].astype(np.float64), "hi": voxels.high[mask].astype(np.float64)}
    spread = {k: [round(float(v.mean()), 1), round(float(v.std()), 1)] for k, v in sums.items()}
    return {"n": int(mask.sum())} | spread
