"""Steps 4 and 6: mineral that is not bone. Components of what lies beyond the usual surface of the skeleton."""

from dataclasses import dataclass

import edt
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from node.analysis.components import components, maximum_of
from node.analysis.limbs import Limb
from node.analysis.noise import Anchors, smooth
from node.analysis.skeleton import Skeleton

BEYOND_MM = 0.3
HALF_MAXIMUM_REACH_MM = 1.6
LEAST_MM3 = 0.5
RING_VOXELS = 2
"""What is paler than most of its surroundings is spongiosa."""
LEAST_CONTRAST_HU = 110.0
"""Mean over soft tissue: 60 mg/cm³ of HA at 80 kV; tendon and skin stay below."""
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A component of mineral beyond the skeleton. ``voxels`` int64 (n, 3), z, y, x in the limb's crop.

    ``peak_hu`` in the smoothed detection image; ``radius_mm`` of the largest ball inside; ``beyond_mm`` its farthest
    distance from the usual bone surface; ``contact_mm2`` face area shared with bone, ``bone`` the label it shares
    most of it with (0: none).
    """

    voxels: NDArray[np.int64]
    volume_mm3: float
    mean_hu: float
    peak_hu: float
    radius_mm: float
    beyond_mm: float
    contact_mm2: float
    bone: int

    @property
    def flatness(self) -> float:
        """Contact with bone over the surface of a ball of the same volume."""
        return float(self.contact_mm2 / (np.pi ** (1 / 3) * (6.0 * self.volume_mm3) ** (2 / 3)))

    @property
    def index(self) -> tuple[NDArray[np.int64], ...]:
        """For fancy indexing of an array on the limb's crop."""
        return tuple(self.voxels.T)


def find_candidates(
    limb: Limb, image: NDArray[np.float32], anchors: Anchors, skeleton: Skeleton
) -> tuple[Candidate, ...]:
    """Components (26-connected) above half of their local maximum that hold a voxel bright enough to be mineral."""
    seed = anchors.soft_hu + max(130.0, 5.0 * anchors.noise_hu)
    rest = skeleton.mineral & (skeleton.beyond_mm > BEYOND_MM)
    smoothed = smooth(image, limb.spacing_mm)
    size = [2 * max(1, round(HALF_MAXIMUM_REACH_MM / s)) + 1 for s in limb.spacing_mm]
    ceiling = ndimage.maximum_filter(np.where(rest, smoothed, anchors.soft_hu), size)
    solid = rest & (image > 0.5 * (ceiling + anchors.soft_hu))
    labels, count = components(solid, connectivity=26)
    peaks = maximum_of(smoothed, labels, count)
    boxes = ndimage.find_objects(labels)
    found = []
    for number in np.flatnonzero(peaks > seed).tolist():
        box = boxes[number - 1] if number else None
        if box and (candidate := _describe(number, labels, box, limb, image, smoothed, skeleton, anchors.soft_hu)):
            found.append(candidate)
    return tuple(found)


def _describe(
    number: int,
    labels: NDArray[np.int32],
    box: Box,
    limb: Limb,
    image: NDArray[np.float32],
    smoothed: NDArray[np.float32],
    skeleton: Skeleton,
    soft_hu: float,
) -> Candidate | None:
    wide: Box = tuple(slice(max(0, b.start - RING_VOXELS), b.stop + RING_VOXELS) for b in box)  # type: ignore[assignment]
    mask = labels[wide] == number
    volume = float(mask.sum()) * limb.geometry.voxel_mm3
    mean = float(image[wide][mask].mean())
    ring = ndimage.binary_dilation(mask, iterations=RING_VOXELS) & ~mask
    inside_bone = mean < float(np.median(image[wide][ring]))
    if volume < LEAST_MM3 or mean < soft_hu + LEAST_CONTRAST_HU or inside_bone:
        return None
    bone, contact = _contact(mask, skeleton.labels[wide], limb.spacing_mm)
    inside = edt.edt(np.pad(mask, 1), anisotropy=limb.spacing_mm)
    beyond = skeleton.beyond_mm[wide][mask]
    return Candidate(
        voxels=np.argwhere(mask) + [b.start for b in wide],
        volume_mm3=volume,
        mean_hu=mean,
        peak_hu=float(smoothed[wide][mask].max()),
        radius_mm=float(inside.max()),
        beyond_mm=float(beyond.max()),
        contact_mm2=contact,
        bone=bone,
    )


def _contact(mask: NDArray[np.bool_], bones: NDArray[np.int32], spacing_mm: tuple[float, ...]) -> tuple[int, float]:
    """The bone with most shared faces (0: none), and the area shared with all bones (mm²)."""
    area: dict[int, float] = {}
    for axis in range(3):
        face = float(np.prod(spacing_mm)) / spacing_mm[axis]
        for ours, theirs in (((1, None), (None, -1)), ((None, -1), (1, None))):
            a = tuple(slice(*ours) if k == axis else slice(None) for k in range(3))
            b = tuple(slice(*theirs) if k == axis else slice(None) for k in range(3))
            labels, faces = np.unique(bones[b][mask[a]], return_counts=True)
            for label, n in zip(labels.tolist(), faces.tolist(), strict=True):
                if label:
                    area[label] = area.get(label, 0.0) + n * face
    if not area:
        return 0, 0.0
    return max(area, key=lambda label: area[label]), sum(area.values())
