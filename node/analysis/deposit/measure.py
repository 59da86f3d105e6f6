"""Step 10: the measures of each deposit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.skeleton import Skeleton
from node.analysis.deposit.gap import dip_towards_bone
from node.analysis.deposit.outline import SKIRT_MM, SURROUNDINGS_MM
from node.analysis.deposit.shape import diameters_mm, name_shape
from node.analysis.grid.components import by_label
from node.analysis.grid.depth import depth_of_mm
from node.analysis.grid.spans import Spans, spans_of
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import Found, nearest_around, nearest_source
from node.analysis.limb.noise import Anchors
from node.analysis.mineral.physics import Scale

MASS_MARGIN_MM = 1.3
"""Blur carries mineral this far out of its boundary; less would miss the neighbouring slice of a coarse scan."""
SKIN_MM = 0.8
TOUCHING_MM, LEAST_DIP = 0.5, 0.1
"""A deposit touches bone nearer than the first, or than a voxel is wide, unless the image dips between them by that
share of the deposit's level (LEVEL_QUANTILE of its voxels)."""
LEVEL_QUANTILE = 0.6
NEAR_MM, FAR_MM = 6.0, 50.0
"""Skin and bone are looked for within the first, for the few deposits that have none there within the second."""
LEAST_SURROUNDINGS = 10
Int64Array = NDArray[np.int64]


def touching_mm(spacing_mm: tuple[float, ...]) -> float:
    """Distance of a deposit from bone below which they may touch: two voxels side by side are a voxel apart."""
    return max(TOUCHING_MM, min(spacing_mm))


@dataclass(frozen=True, eq=False)
class Measures:
    """Measures of one deposit; names as in ``domain.findings.Deposit``. ``voxels`` (n, 3) z, y, x in the limb.

    ``radius_mm`` is that of its largest ball, ``depth_mm`` the depth below the skin of its deepest point, at
    most NEAR_MM.
    """

    voxels: NDArray[np.int64]
    centroid_lps_mm: tuple[float, float, float]
    volume_mm3: float
    mass_mg: float
    mean_low_hu: float
    mean_high_hu: float
    sd_low_hu: float
    max_low_hu: float
    contrast_low_hu: float
    contrast_high_hu: float
    slope: float | None
    long_axis_mm: float
    short_axis_mm: float
    distance_to_skin_mm: float
    distance_to_bone_mm: float | None
    touches_bone: bool
    key_slice: int
    shape: str
    radius_mm: float
    depth_mm: float


@dataclass(frozen=True, eq=False)
class _Own:
    """What belongs to one deposit: all voxels nearer to it than to others (flat indices), and their distance (mm)."""

    voxels: Int64Array
    distance_mm: NDArray[np.float32]

    @property
    def inside(self) -> Int64Array:
        """The deposit's own voxels, in scan order."""
        return np.asarray(self.voxels[self.distance_mm == 0.0])


class Measurer:
    """Measures deposits of one limb; holds what is common to all of them.

    ``image``: the detection image; ``labels`` int32 (z, y, x): deposits, 1 … ``count``.
    """

    def __init__(
        self,
        limb: Limb,
        image: NDArray[np.int16],
        anchors: Anchors,
        skeleton: Skeleton,
        labels: NDArray[np.int32],
        count: int,
        scale: Scale,
    ) -> None:
        self.limb, self.image, self.anchors, self.skeleton, self.scale = limb, image, anchors, skeleton, scale
        self.low, self.high, self.count = limb.low.reshape(-1), limb.high.reshape(-1), count
        self.near = _nearest_deposit(labels, count, limb, skeleton)
        self.order = by_label(self.near.label)
        margin = self.near.voxels[self.near.distance_mm <= MASS_MARGIN_MM]
        self.skin = nearest_source(~limb.body, limb.spacing_mm, NEAR_MM, self._spans(margin))

    @property
    def labelled(self) -> Int64Array:
        """Flat indices of the voxels of all deposits, in scan order."""
        return np.asarray(self.near.voxels[(self.near.distance_mm == 0.0) & (self.near.label <= self.count)])

    def measure(self, number: int) -> Measures | None:
        """Measures of the deposit with this label; None where it has no voxel."""
        own = self._own(number)
        inside = own.inside
        if len(inside) == 0:
            return None
        voxels = np.stack(np.unravel_index(inside, self.limb.body.shape), axis=1)
        depth = depth_of_mm(voxels, self.limb.spacing_mm)
        core = inside[depth >= min(0.8, float(np.quantile(depth, 0.6)))]
        low = self.low[inside]
        whole = self._unclipped(core, inside)
        contrast_low = float(self.low[whole].mean()) - self.anchors.soft_low_hu
        contrast_high = float(self.high[whole].mean()) - self.anchors.soft_high_hu
        telling = contrast_high > 3.0 * self.anchors.noise_high_hu / np.sqrt(len(whole))
        volume = len(inside) * self.limb.geometry.voxel_mm3
        mass = self._mass(own, core)
        bone = self._distance_to_bone(inside)
        least = touching_mm(self.limb.spacing_mm)
        touches = bone is not None and bone < least and not self._is_apart(voxels)
        points = self.limb.geometry.to_lps_mm(voxels.astype(np.float64))
        centre = points.mean(axis=0)
        long_mm, short_mm = diameters_mm(points, self.limb.spacing_mm)
        return Measures(
            voxels=voxels,
            centroid_lps_mm=(float(centre[0]), float(centre[1]), float(centre[2])),
            volume_mm3=volume,
            mass_mg=mass,
            mean_low_hu=float(low.mean()),
            mean_high_hu=float(self.high[inside].mean()),
            sd_low_hu=float(low.std()),
            max_low_hu=float(low.max()),
            contrast_low_hu=contrast_low,
            contrast_high_hu=contrast_high,
            slope=contrast_low / contrast_high if telling else None,
            long_axis_mm=long_mm,
            short_axis_mm=short_mm,
            distance_to_skin_mm=self._to_skin(inside),
            distance_to_bone_mm=bone if bone is None or touches else max(bone, least),
            touches_bone=touches,
            key_slice=int(np.bincount(voxels[:, 0]).argmax()),
            shape=name_shape(voxels, self.limb.geometry, volume, mass),
            radius_mm=float(depth.max()),
            depth_mm=float(np.minimum(self.skin.at(inside)[1], NEAR_MM).max()),
        )

    def _unclipped(self, core: Int64Array, inside: Int64Array) -> Int64Array:
        """The core where it reads true, else the brighter half of what does: clipping flattens the slope."""
        for voxels in (core, inside):
            whole = voxels[~self.limb.clipped(voxels)]
            if len(whole):
                return whole if voxels is core else whole[self.low[whole] >= np.median(self.low[whole])]
        return core

    def _own(self, number: int) -> _Own:
        begin, end = np.searchsorted(self.near.label[self.order], [number, number + 1])
        mine = self.order[begin:end]
        return _Own(self.near.voxels[mine], self.near.distance_mm[mine])

    def _surroundings(self, own: _Own) -> tuple[float, float]:
        """Mean HU (low, high) of unmineralised tissue 1 to 2.5 mm around: a median would hide the septa in fat."""
        first, last = SURROUNDINGS_MM
        around = own.voxels[(own.distance_mm > first) & (own.distance_mm < last)]
        soft = self.limb.body.reshape(-1)[around] & ~self.skeleton.mineral.reshape(-1)[around]
        if soft.sum() < LEAST_SURROUNDINGS:
            return self.anchors.soft_low_hu, self.anchors.soft_high_hu
        return float(self.low[around[soft]].mean()), float(self.high[around[soft]].mean())

    def _mass(self, own: _Own, core: Int64Array) -> float:
        """HA in mg: excess over the surroundings, less what the deposit's matrix adds to them.

        A voxel that a deposit of level p fills to a share f reads f p + (1 - f) b over surroundings b; of its excess
        f (p - b) the share (p - soft) / (p - b) is HA, since the matrix of a deposit is soft tissue also where it lies
        in fat (docs, step 10). The two energies are mixed as in the detection image; the sum does not depend on where
        the boundary lies.
        """
        weight = self.anchors.weight_low
        scale = weight * self.scale.low + (1.0 - weight) * self.scale.high
        low, high = self._surroundings(own)
        around = weight * low + (1.0 - weight) * high
        image = self.image.reshape(-1)
        level = float(image[core].mean())
        if level <= max(around, self.anchors.soft_hu):
            return 0.0
        share = (level - self.anchors.soft_hu) / (level - around)
        counted = np.concatenate([own.inside, self._edge(own)])
        excess = float((image[counted] - around).sum())
        return max(0.0, share * excess * self.limb.geometry.voxel_mm3 / (1000.0 * scale))

    def _edge(self, own: _Own) -> Int64Array:
        """Voxels around the deposit that its blur reaches; not in bone, not in the skin."""
        edge = own.voxels[(own.distance_mm > 0.0) & (own.distance_mm <= MASS_MARGIN_MM)]
        kept = (self.skeleton.beyond_mm(edge) > 0.0) & self.limb.body.reshape(-1)[edge]
        return edge[kept & (self.skin.at(edge)[1] > SKIN_MM)]

    def _distance_to_bone(self, inside: Int64Array) -> float | None:
        """Least distance to the true bone surface, mm; None farther than FAR_MM."""
        nearest = float(self.skeleton.beyond_mm(inside).min())
        if not np.isfinite(nearest):
            nearest = self._far(self.skeleton.labels, inside)
        return max(0.0, nearest + abs(SKIRT_MM)) if np.isfinite(nearest) else None

    def _is_apart(self, voxels: Int64Array) -> bool:
        """True where soft tissue is seen between a deposit and the bone that it lies close to."""
        soft = self.anchors.soft_hu
        level = float(np.quantile(self.image[tuple(voxels.T)], LEVEL_QUANTILE)) - soft
        dip = dip_towards_bone(voxels, self.image, soft, level, self.skeleton, self.limb.spacing_mm)
        return dip is not None and dip > LEAST_DIP

    def _to_skin(self, inside: Int64Array) -> float:
        """Least distance to the skin, mm, at most FAR_MM."""
        near = float(self.skin.at(inside)[1].min())
        return near if np.isfinite(near) else min(FAR_MM, self._far(~self.limb.body, inside))

    def _far(self, sources: NDArray[np.int32] | NDArray[np.bool_], inside: Int64Array) -> float:
        """Least distance of a deposit to a source that lies deeper than NEAR_MM, mm; infinite beyond FAR_MM."""
        near = nearest_source(sources, self.limb.spacing_mm, FAR_MM, self._spans(inside))
        return float(near.at(inside)[1].min())

    def _spans(self, voxels: Int64Array) -> Spans:
        mask = np.zeros(self.limb.body.shape, bool)
        mask.reshape(-1)[voxels] = True
        return spans_of(mask)


def _nearest_deposit(labels: NDArray[np.int32], count: int, limb: Limb, skeleton: Skeleton) -> Found:
    """The deposit that each voxel around one is nearest to; what is nearer to a piece of bone has its own label."""
    flat, pieces = labels.reshape(-1), skeleton.attached  # put in and taken out: no copy of the box
    pieces = pieces[flat[pieces] == 0]
    flat[pieces] = count + 1
    near = nearest_around(labels, limb.spacing_mm, SURROUNDINGS_MM[1])
    flat[pieces] = 0
    return near
