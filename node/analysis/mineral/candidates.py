"""Steps 4 and 6: mineral that is not bone. Components of what lies beyond the usual surface of the skeleton."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.bone.skeleton import Skeleton
from node.analysis.grid.components import components
from node.analysis.grid.depth import depth_inside_mm
from node.analysis.grid.filters import brightest
from node.analysis.grid.spans import mask_of, spans_of
from node.analysis.limb.limbs import Limb
from node.analysis.limb.noise import Anchors
from node.analysis.mineral.outshone import outshone
from node.analysis.mineral.reasons import Reason

BEYOND_MM = 0.3
HALF_MAXIMUM_REACH_MM = 1.6
LEAST_MM3 = 0.5
RING_VOXELS = 2
"""What is paler than most of its surroundings is spongiosa."""
CLOSE_MM = 0.8
"""A deposit this near to the usual surface of a bone belongs to it or is attached to it."""
LEAST_CONTRAST_HU = 110.0
"""Mean over soft tissue: 60 mg/cm³ of HA at 80 kV; tendon and skin stay below."""
Box = tuple[slice, slice, slice]
Int16Array = NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A component of mineral beyond the skeleton. ``voxels`` int64 (n, 3), z, y, x in the limb's crop.

    ``peak_hu`` in the smoothed detection image; ``radius_mm`` of the largest ball inside; ``beyond_mm`` its farthest
    distance from the usual bone surface; ``contact_mm2`` face area shared with bone, ``bone`` the label it shares
    most of it with, else that right beside it (0: none). ``doubt``: why it is a reader's to judge.
    """

    voxels: NDArray[np.int64]
    volume_mm3: float
    mean_hu: float
    peak_hu: float
    radius_mm: float
    beyond_mm: float
    contact_mm2: float
    bone: int
    doubt: Reason | None = None

    def doubted(self, reason: Reason) -> "Candidate":
        """The same, left to a reader; an earlier reason stands."""
        return replace(self, doubt=self.doubt or reason)

    @property
    def flatness(self) -> float:
        """Contact with bone over the surface of a ball of the same volume."""
        return float(self.contact_mm2 / (np.pi ** (1 / 3) * (6.0 * self.volume_mm3) ** (2 / 3)))

    @property
    def standing(self) -> float:
        """Height over the bone's surface, over the radius of a disc as large as the contact; 0 without contact."""
        return float(self.beyond_mm / np.sqrt(self.contact_mm2 / np.pi)) if self.contact_mm2 > 0.0 else 0.0

    @property
    def ball_share(self) -> float:
        """Volume of the largest ball inside over its own: 1 for a ball, little for sheets, nets and cords."""
        return float(4.0 / 3.0 * np.pi * self.radius_mm**3 / self.volume_mm3)

    @property
    def index(self) -> tuple[NDArray[np.int64], ...]:
        """For fancy indexing of an array on the limb's crop."""
        return tuple(self.voxels.T)


def find_candidates(
    limb: Limb, image: Int16Array, smoothed: Int16Array, anchors: Anchors, skeleton: Skeleton
) -> tuple[Candidate, ...]:
    """Components (26-connected) above half of their local maximum that hold a voxel bright enough to be mineral.

    ``image``, ``smoothed``: the detection image, int16 (z, y, x), HU.
    """
    seed = anchors.soft_hu + max(130.0, 5.0 * anchors.noise_hu)
    voxels = skeleton.mineral_voxels[skeleton.beyond_mm(skeleton.mineral_voxels) > BEYOND_MM]
    spans = spans_of(mask_of(voxels, image.shape))
    level = np.zeros(image.shape, np.int16)
    level.reshape(-1)[voxels] = smoothed.reshape(-1)[voxels]
    ceiling = brightest(level, HALF_MAXIMUM_REACH_MM, limb.spacing_mm, spans).reshape(-1)[voxels]
    bright = image.reshape(-1)[voxels] > (ceiling >> 1) + np.int16(round(0.5 * anchors.soft_hu))
    small = outshone(voxels[~bright], image, seed, anchors.soft_hu, limb)
    found = components(mask_of(np.concatenate([voxels[bright], small]), image.shape), spans, corners=True)
    large = found.sizes * limb.geometry.voxel_mm3 >= LEAST_MM3
    found = found.only((found.maximum(smoothed) > seed) & large)
    described = (
        _describe(number, found.labels, box, limb, image, smoothed, skeleton, anchors.soft_hu)
        for number, box in enumerate(found.boxes, start=1)
    )
    return tuple(c for c in described if c)


def _describe(
    number: int,
    labels: NDArray[np.int32],
    box: Box,
    limb: Limb,
    image: Int16Array,
    smoothed: Int16Array,
    skeleton: Skeleton,
    soft_hu: float,
) -> Candidate | None:
    """The candidate of a label, None where it is spongiosa or too pale."""
    wide: Box = tuple(slice(max(0, b.start - RING_VOXELS), b.stop + RING_VOXELS) for b in box)  # type: ignore[assignment]
    mask = labels[wide] == number
    mean = float(image[wide][mask].mean())
    if mean < soft_hu + LEAST_CONTRAST_HU or mean < float(np.median(image[wide][_ring(mask)])):
        return None
    beyond = skeleton.beyond_mm(wide)
    bone, contact = _contact(mask, skeleton.labels[wide], limb.spacing_mm)
    if not bone:
        bone = _next_to(mask, beyond, skeleton.labels[wide])
    return Candidate(
        voxels=np.argwhere(mask) + [b.start for b in wide],
        volume_mm3=float(mask.sum()) * limb.geometry.voxel_mm3,
        mean_hu=mean,
        peak_hu=float(smoothed[wide][mask].max()),
        radius_mm=float(depth_inside_mm(np.pad(mask, 1), limb.spacing_mm).max()),
        beyond_mm=float(beyond[mask].max()),
        contact_mm2=contact,
        bone=bone,
    )


def _next_to(mask: NDArray[np.bool_], beyond_mm: NDArray[np.float32], bones: NDArray[np.int32]) -> int:
    """The bone whose surface a deposit without a common face all but touches, 0 where there is none."""
    nearest = np.unravel_index(np.where(mask, beyond_mm, np.inf).argmin(), mask.shape)
    if beyond_mm[nearest] > CLOSE_MM:
        return 0
    around = bones[tuple(slice(max(0, n - RING_VOXELS), n + RING_VOXELS + 1) for n in nearest)]
    return int(np.bincount(around[around > 0]).argmax()) if around.any() else 0


def _ring(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What lies within RING_VOXELS steps over faces of a mask."""
    return np.asarray(ndimage.binary_dilation(mask, iterations=RING_VOXELS) & ~mask)


def _contact(mask: NDArray[np.bool_], bones: NDArray[np.int32], spacing_mm: tuple[float, ...]) -> tuple[int, float]:
    """The bone with most shared faces (0: none), and the area shared with all bones (mm²)."""
    if not bones.any():
        return 0, 0.0
    area = np.zeros(int(bones.max()) + 1)
    for axis in range(3):
        face = float(np.prod(spacing_mm)) / spacing_mm[axis]
        for ours, theirs in (((1, None), (None, -1)), ((None, -1), (1, None))):
            a = tuple(slice(*ours) if k == axis else slice(None) for k in range(3))
            b = tuple(slice(*theirs) if k == axis else slice(None) for k in range(3))
            area += np.bincount(bones[b][mask[a]], minlength=len(area)) * face
    area[0] = 0.0
    return int(area.argmax()), float(area.sum())
