"""Steps 5, 6 and 8: which mineral is bone, which a look-alike, and which a deposit; by shape first, then by name."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.model import HandAnatomy
from node.analysis.anatomy.naming import name_hand
from node.analysis.anatomy.place import PlaceFinder
from node.analysis.bone.skeleton import Skeleton, without_bones
from node.analysis.limb.limbs import Limb
from node.analysis.limb.noise import Anchors
from node.analysis.mineral.candidates import Candidate, find_candidates
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.attachment import split_attachments, without_solid
from node.analysis.parting.beside import Beside
from node.analysis.parting.layers import layers
from node.analysis.parting.missing_bones import missing_bones
from node.analysis.parting.named_bone import bone_by_name
from node.analysis.parting.small_bones import ossicles, sesamoids
from node.analysis.parting.spurs import spurs, sure_on_shafts
from node.analysis.parting.strangers import MOST, dense_shells, kept_words, strangers
from node.analysis.parting.vessels import doubtful_vessels, vessels

Int16Array = NDArray[np.int16]
Parted = tuple[tuple[Candidate, ...], Skeleton, HandAnatomy]
"""What is not bone, the whole skeleton, the names of its bones."""


def part_bones(skeleton: Skeleton, image: Int16Array, smoothed: Int16Array, anchors: Anchors, limb: Limb) -> Parted:
    """The mineral parted; names tell which bones are none."""
    while True:
        candidates = find_candidates(limb, image, smoothed, anchors, skeleton)
        beside = Beside(skeleton, image, anchors.soft_hu, limb)
        attached, bony = split_attachments(candidates, beside)
        attached, whole, anatomy = _named(attached, beside.joined(bony))
        strange = strangers(anatomy, skeleton, limb)
        if not 0 < len(strange) <= MOST:
            anatomy = _with_kept({*strange, *dense_shells(anatomy, beside)}, anatomy, whole)
            off, thin = spurs(bony, anatomy, beside), layers(candidates, anatomy, beside)
            return (*sure_on_shafts(attached, anatomy, beside), *off, *thin), whole.parted(off).skeleton, anatomy
        skeleton = without_bones(skeleton, strange, limb, image, anchors)


def _named(attached: tuple[Candidate, ...], beside: Beside) -> tuple[tuple[Candidate, ...], Beside, HandAnatomy]:
    """(what is not bone, the bones with what their names say is, their names)."""
    while True:
        anatomy = _names(beside)
        missing = missing_bones(attached, anatomy, beside)
        attached = tuple(missing.get(n, c) for n, c in enumerate(attached))
        named, doubts = bone_by_name(attached, anatomy, beside)
        attached = tuple(c.doubted(doubts[n]) if n in doubts else c for n, c in enumerate(attached))
        attached, bony = without_solid(attached, named.union(missing))
        if not bony:
            return attached, beside, anatomy
        beside = beside.joined(bony)


def _with_kept(hollow: set[int], anatomy: HandAnatomy, beside: Beside) -> HandAnatomy:
    """The names with what the reader is told of bones that may be none."""
    voxel_mm3 = beside.limb.geometry.voxel_mm3
    volumes_mm3 = [beside.skeleton.bone.voxels_of(n).size * voxel_mm3 for n in hollow]
    return replace(anatomy, limits=(*anatomy.limits, *kept_words(volumes_mm3)))


def _names(beside: Beside) -> HandAnatomy:
    return name_hand(beside.skeleton.bone, beside.limb.body, beside.limb.geometry.affine)


def without_lookalikes(
    candidates: tuple[Candidate, ...], places: PlaceFinder, limb: Limb, anchors: Anchors, cortex_hu: float
) -> tuple[list[Candidate], list[Candidate], list[Candidate]]:
    """(deposits, sesamoids, calcified arteries)."""
    anatomy = places.anatomy
    arterial = vessels(candidates, limb.geometry, places.place)
    doubtful = doubtful_vessels(candidates, arterial, limb.geometry, places.place, anchors.soft_hu)
    arterial -= doubtful
    candidates = tuple(c.doubted(Reason.ARTERY) if n in doubtful else c for n, c in enumerate(candidates))
    small_bones, alike = sesamoids(candidates, anatomy, limb.geometry, cortex_hu, anchors.soft_hu)
    candidates = tuple(c.doubted(Reason.SESAMOID) if n in alike else c for n, c in enumerate(candidates))
    rest = [c for n, c in enumerate(candidates) if n not in arterial | small_bones]
    free = ossicles(rest, anatomy, limb.geometry, cortex_hu, anchors.soft_hu)
    deposits = [c.doubted(Reason.OSSICLE) if n in free else c for n, c in enumerate(rest)]
    return deposits, [candidates[n] for n in sorted(small_bones)], [candidates[n] for n in sorted(arterial)]
