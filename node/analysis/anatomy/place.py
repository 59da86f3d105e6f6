"""Where a deposit lies: the bone nearest along paths inside the body, side of that bone, depth below the skin."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.compartment import describe, describe_proximal
from node.analysis.anatomy.model import HandAnatomy, NamedBone
from node.analysis.anatomy.parts import Points
from node.analysis.anatomy.soft_tissue import SoftTissue, thin
from node.analysis.anatomy.wrist import in_carpal_tunnel, in_forearm
from node.analysis.grid.depth import depth_inside_mm
from node.analysis.grid.together import both
from node.domain.anatomy import CARPALS, UNNAMED
from node.domain.findings import Level, Region
from node.kernels.geodesic import BLOCKED, geodesic_nearest

UNIT_MM: Final = 0.05
"""Length of one step of the integer distances."""
REACH_MM: Final = 40.0
LEVEL_OF: Final = {"MC": Level.METACARPAL, "PP": Level.PROXIMAL, "MP": Level.MIDDLE, "DP": Level.DISTAL}
LARGE_UNNAMED_MM3: Final = 300.0
"""An unnamed component above this size is taken for a bone that hides which bone is really nearest."""


@dataclass(frozen=True)
class Place:
    """Place of a deposit. None where it is not certain.

    ``bones``: names of the bones that are nearest to a tenth of it or more, the largest share first.
    ``share``: part of the deposit that is nearest to the named bone or region.
    """

    region: Region | None
    digit: int | None
    level: Level | None
    compartment: str | None
    bones: tuple[str, ...]
    share: float


NOWHERE: Final = Place(None, None, None, None, (), 0.0)


@dataclass(frozen=True, eq=False)
class PlaceFinder:
    """Answers where points of the limb lie.

    On the thinned grid of ``tissue``: ``nearest`` int32 (z, y, x), number of the nearest name in ``names`` (from 1,
    0 where none is within 40 mm); ``depth_mm`` float32, distance to the skin. ``affine`` is that of the full crop.
    """

    anatomy: HandAnatomy
    names: tuple[str, ...]
    tissue: SoftTissue
    nearest: NDArray[np.int32]
    depth_mm: NDArray[np.float32]
    affine: NDArray[np.float64]

    def place(self, index_zyx: NDArray[np.integer]) -> Place:
        """Place of a deposit given by the (n, 3) z, y, x indices of its voxels in the crop."""
        mm = np.asarray(index_zyx)[:, ::-1] @ self.affine[:3, :3].T + self.affine[:3, 3]
        cells = self.cells(mm)
        owners = self.nearest[cells]
        if not owners.any():
            return NOWHERE
        counts = np.bincount(owners, minlength=len(self.names) + 1)[1:]
        shares = {name: float(n) / float(counts.sum()) for name, n in zip(self.names, counts, strict=True) if n}
        placed = owners > 0
        return _decide(self.anatomy, shares, mm[placed], self.depth_mm[cells][placed].astype(np.float64))

    def cells(self, mm: Points) -> tuple[NDArray[np.int64], ...]:
        """Index into the thinned grid of points (n, 3) in mm; of the nearest cell for what lies beyond its border."""
        return tuple(np.clip(self.tissue.index(mm), 0, np.array(self.tissue.inside.shape) - 1).T)


def find_places(
    anatomy: HandAnatomy,
    bone_labels: NDArray[np.int32],
    body: NDArray[np.uint8] | NDArray[np.bool_],
    affine: NDArray[np.float64],
) -> PlaceFinder:
    """Prepare the distances inside the body of one limb.

    ``bone_labels`` int32 and ``body`` (z, y, x): what ``anatomy`` names, and the mask of the limb; ``affine``
    (x, y, z, 1) → LPS mm of this crop.
    """
    tissue = thin(body, affine)
    k, j, i = tissue.step
    labels = bone_labels[::k, ::j, ::i]
    bone = np.nonzero(labels)
    names, table = _sources(anatomy, labels[bone], tissue.affine)
    owner = np.zeros(labels.shape, np.int32)
    owner[bone] = table[labels[bone]]
    _split_shared(anatomy, labels, tissue, names, owner)
    depth_mm, nearest = both(lambda: _depth_mm(tissue), lambda: _spread(owner, tissue))
    return PlaceFinder(anatomy, names, tissue, nearest, depth_mm, affine)


def _depth_mm(tissue: SoftTissue) -> NDArray[np.float32]:
    """Distance of each voxel of the thinned grid to the skin."""
    z_mm, y_mm, x_mm = np.linalg.norm(tissue.affine[:3, :3], axis=0)[::-1].tolist()
    return depth_inside_mm(tissue.inside > 0, (z_mm, y_mm, x_mm))


def _spread(owner: NDArray[np.int32], tissue: SoftTissue) -> NDArray[np.int32]:
    """The owner that is nearest to each voxel of the thinned grid along paths inside; 0 where none is within reach."""
    limit = int(REACH_MM / UNIT_MM)
    around, length = _steps(tissue)
    nearest = np.pad(owner, 1)
    distance = np.pad(np.where(tissue.inside > 0, np.int16(limit + 1), np.int16(BLOCKED)), 1, constant_values=BLOCKED)
    offset = around @ np.array(nearest.strides) // nearest.itemsize
    heads, links = np.empty(int(length.max()) + 1, np.int32), np.empty((nearest.size, 2), np.int32)
    geodesic_nearest(offset, length, limit, distance.reshape(-1), nearest.reshape(-1), heads, links)
    return np.ascontiguousarray(nearest[1:-1, 1:-1, 1:-1])


def _steps(tissue: SoftTissue) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The 26 steps (z, y, x) of the thinned grid and their lengths in units of 0.05 mm, true on oblique and sheared
    grids."""
    around = np.array([s for s in product((-1, 0, 1), repeat=3) if any(s)])
    lengths = np.linalg.norm(around[:, ::-1] @ tissue.affine[:3, :3].T, axis=1)
    return around, np.maximum(1, np.rint(lengths / UNIT_MM)).astype(np.int64)


def _sources(
    anatomy: HandAnatomy, labels: NDArray[np.int32], affine: NDArray[np.float64]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Names that deposits are placed by, and for each bone label the number of its name (0: sesamoids, chips).

    ``labels``: of each bone voxel of the thinned grid.
    """
    top = max([0, *anatomy.bones])
    sizes = np.bincount(labels, minlength=top + 1) * float(abs(np.linalg.det(affine[:3, :3])))
    named = {label: bone.name for ray in anatomy.rays for bone in ray.bones[::-1] for label in bone.labels}
    for label, name in anatomy.bones.items():
        chip = name == UNNAMED and sizes[label] < LARGE_UNNAMED_MM3
        if label not in named and not chip and not name.startswith("sesamoid"):
            named[label] = name
    names = [bone.name for ray in anatomy.rays for bone in ray.bones]
    names += sorted(set(named.values()) - set(names))
    table = np.zeros(max(sizes.size, top + 1), np.int32)
    for label, name in named.items():
        table[label] = names.index(name) + 1
    return tuple(names), table


def _split_shared(
    anatomy: HandAnatomy,
    labels: NDArray[np.int32],
    tissue: SoftTissue,
    names: Sequence[str],
    owner: NDArray[np.int32],
) -> None:
    """Give the voxels of a label that holds two bones to the nearer of their axes, in place."""
    holds: dict[int, list[NamedBone]] = {}
    for ray in anatomy.rays:
        for bone in ray.bones:
            for label in bone.labels:
                holds.setdefault(label, []).append(bone)
    for label, pair in holds.items():
        if len(pair) < 2:
            continue
        places = np.argwhere(labels == label)
        mm = places[:, ::-1] @ tissue.affine[:3, :3].T + tissue.affine[:3, 3]
        apart = np.stack([bone.distance_to_axis_mm(mm) for bone in pair])
        numbers = np.array([names.index(bone.name) + 1 for bone in pair], np.int32)
        owner[tuple(places.T)] = numbers[apart.argmin(axis=0)]


def zone_of(name: str) -> str:
    """What the share of a bone counts for: a bone of a ray, the wrist, or the forearm."""
    if name in CARPALS or name == "carpus":
        return "wrist"
    return "forearm" if name in ("radius", "ulna", "forearm") else name


def _decide(anatomy: HandAnatomy, shares: dict[str, float], mm: Points, depth_mm: Points) -> Place:
    order = sorted(shares.items(), key=lambda item: -item[1])
    bones = tuple(anatomy.public_name(n) for n, s in order if s >= 0.1 and n not in (UNNAMED, "forearm"))
    zones: dict[str, float] = {}
    for name, share in shares.items():
        zones[zone_of(name)] = zones.get(zone_of(name), 0.0) + share
    if "forearm" in zones:
        far = float(in_forearm(anatomy, mm).mean())
        moved = zones["forearm"] * (1.0 - far)
        zones["wrist"] = zones.get("wrist", 0.0) + moved
        zones["forearm"] -= moved
    zone, share = max(zones.items(), key=lambda item: item[1])
    if zone == UNNAMED:
        return Place(None, None, None, None, bones, share)
    if zone == "forearm":
        words = describe_proximal(anatomy, Region.FOREARM, Level.RADIUS_ULNA, mm, depth_mm)
        return Place(Region.FOREARM, None, Level.RADIUS_ULNA, words, bones, share)
    if in_carpal_tunnel(anatomy, mm, float(np.median(depth_mm))):
        return Place(Region.WRIST, None, Level.CARPAL, "carpal tunnel", bones, share)
    if zone == "wrist":
        level = Level.RADIUS_ULNA if bones and bones[0] in ("radius", "ulna") else Level.CARPAL
        words = describe_proximal(anatomy, Region.WRIST, level, mm, depth_mm)
        return Place(Region.WRIST, None, level, words, bones, share)
    bone = anatomy.named(zone)
    ray = anatomy.ray(int(zone[2]))
    region = Region.HAND if zone.startswith("MC") else Region.DIGIT
    digit = ray.digit if ray and ray.sure else None
    beside = describe(anatomy, bone, mm, depth_mm) if bone else None
    return Place(region, digit, LEVEL_OF[zone[:2]], beside, bones, share)
