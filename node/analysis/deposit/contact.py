"""Step 10: which bones a deposit touches."""

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from node.analysis.anatomy.model import HandAnatomy
from node.analysis.bone.skeleton import Skeleton
from node.analysis.deposit.measure import Measures, touching_mm
from node.analysis.deposit.outline import SKIRT_MM
from node.domain.anatomy import UNNAMED
from node.domain.volume import Float64Array, Geometry

LOOKED_FOR_MM: Final = 3.0
"""The bone that a surface belongs to is looked for this far from it."""
LEAST_SHARE: Final = 0.05
"""Share of the contact below which a bone is only brushed at the rim of another."""

Int64Array = NDArray[np.int64]


def touched_bones(measures: Measures, skeleton: Skeleton, anatomy: HandAnatomy, geometry: Geometry) -> tuple[str, ...]:
    """Names of the bones in contact, the widest contact first; none unless ``touches_bone``.

    A name is one of ``domain.anatomy``, a level alone ("PP") where the digit is not sure, or "unnamed".
    """
    if not measures.touches_bone:
        return ()
    flat = np.ravel_multi_index(tuple(measures.voxels.T), skeleton.labels.shape)
    contact = measures.voxels[skeleton.beyond_mm(flat) + abs(SKIRT_MM) < touching_mm(geometry.spacing_mm)]
    points = geometry.to_lps_mm(contact.astype(np.float64))
    owners = _owners(points, contact, skeleton, geometry)
    widths: Counter[str] = Counter()
    for label in np.unique(owners).tolist():
        widths.update(_names(label, points[owners == label], anatomy))
    least = LEAST_SHARE * len(points)
    return tuple(name for name, width in widths.most_common() if width >= least) or (UNNAMED,)


def _owners(points: Float64Array, contact: Int64Array, skeleton: Skeleton, geometry: Geometry) -> NDArray[np.int32]:
    """Label of the bone nearest to each of ``points`` (n, 3) in mm, whose indices are ``contact``; 0 where none is."""
    margin = np.ceil(LOOKED_FOR_MM / np.asarray(geometry.spacing_mm)).astype(int)
    start = np.maximum(contact.min(axis=0, initial=np.iinfo(np.int64).max) - margin, 0)
    box = tuple(slice(a, b) for a, b in zip(start, contact.max(axis=0, initial=0) + margin + 1, strict=True))
    near = np.argwhere(skeleton.labels[box] > 0)
    if not len(near) or not len(contact):
        return np.zeros(len(contact), np.int32)
    labels = np.append(skeleton.labels[box][tuple(near.T)], np.int32(0))
    tree = KDTree(geometry.to_lps_mm((near + start).astype(np.float64)))
    return np.asarray(labels[tree.query(points, distance_upper_bound=LOOKED_FOR_MM)[1]])


def _names(label: int, points: Float64Array, anatomy: HandAnatomy) -> list[str]:
    """The name of the bone at each point; that of the nearer axis where a label holds two bones."""
    bones = [bone for ray in anatomy.rays for bone in ray.bones if label in bone.labels]
    if len(bones) < 2:
        return [anatomy.bones.get(label, UNNAMED)] * len(points)
    nearest = np.argmin([bone.distance_to_axis_mm(points) for bone in bones], axis=0)
    return [anatomy.public_name(bones[n].name) for n in nearest]
