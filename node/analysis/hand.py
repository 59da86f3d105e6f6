"""The analysis of one limb, from its crop to its hand's findings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.acro import assess_distal_phalanges
from node.analysis.anatomy.model import HandAnatomy
from node.analysis.anatomy.place import find_places
from node.analysis.bone.skeleton import Skeleton, find_skeleton
from node.analysis.deposit.company import unlisted_words, without_unlisted
from node.analysis.deposit.doubt import Doubt
from node.analysis.deposit.judge import Judge
from node.analysis.deposit.material import SlopeScale, calibrate, cortex_level
from node.analysis.deposit.measure import Measurer, Measures
from node.analysis.deposit.outline import outline_deposits
from node.analysis.grid.filters import smooth
from node.analysis.grid.spans import mask_of, voxels_of
from node.analysis.grid.together import both, each
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import nearest_around
from node.analysis.limb.noise import Anchors, measure_anchors
from node.analysis.limb.registration import register
from node.analysis.limits import FLOOR_WORDS, find_limits, is_covered
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.dilute import find_dilute
from node.analysis.mineral.pale import Pale, PaleImages
from node.analysis.mineral.physics import beyond_words, model_slope, scale_of
from node.analysis.mineral.urate import find_urate
from node.analysis.parting.parting import Parted, part_bones, without_lookalikes
from node.analysis.parting.vessels import artery_words
from node.analysis.score.sctc_style import score_deposits
from node.domain.anatomy import UNNAMED_BONE
from node.domain.findings import Deposit, Digit, Hand, Material
from node.domain.sctc_style import DEFAULT_WEIGHTS, ScoreWeights
from node.domain.volume import Tube

Int16Array = NDArray[np.int16]
Int32Array = NDArray[np.int32]
BESIDE_CALCIUM_MM = 1.5
LEAST_VOLUME_MM3 = 1.0


@dataclass(frozen=True, eq=False)
class HandResult:
    """A hand with its voxels on the limb's crop: ``deposits`` int32, numbers as in ``hand``; ``bones`` uint16."""

    limb: Limb
    hand: Hand
    deposits: Int32Array
    bones: NDArray[np.uint16]


def analyse_limb(
    limb: Limb,
    low_tube: Tube,
    high_tube: Tube,
    advance: Callable[[str], None],
    weights: ScoreWeights = DEFAULT_WEIGHTS,
) -> HandResult:
    """All steps on one limb; deposits are numbered from 1 within it, ordered from the top of the crop down."""
    limb, shift_mm = register(limb)
    anchors = measure_anchors(limb)
    image = anchors.detection_image(limb)
    advance("skeleton")
    slope = model_slope(low_tube, high_tube)
    (attached, skeleton, anatomy), slopes, pale_images = _bones(limb, image, anchors, slope, advance)
    scale = scale_of(low_tube, high_tube, slopes.calcium)
    advance("anatomy")
    doubt = Doubt(limb)
    mineral = doubt.clear_of_metal(attached)
    places, cortex_hu = both(
        lambda: find_places(anatomy, skeleton.labels, limb.body, limb.geometry.affine),
        lambda: cortex_level(image, skeleton),
    )
    deposits, small_bones, arteries = without_lookalikes(mineral, places, limb, anchors, cortex_hu)
    calcium = outline_deposits(deposits, limb, image, skeleton, anchors.soft_hu)
    advance("material")
    tin = high_tube.has_tin
    taken = _beside(calcium, limb, [*small_bones, *arteries]) | doubt.streaks
    pale = Pale(limb, pale_images, skeleton, taken, anchors.noise_low_hu)
    labels = calcium
    kinds: list[Candidate | Material] = [*deposits, *_add_pale(labels, len(deposits), pale, slopes, tin)]
    del pale, pale_images, taken  # room for the large arrays to come
    advance("measures")
    measurer = Measurer(limb, image, anchors, skeleton, labels, len(kinds), scale)
    judge = Judge(limb.geometry, skeleton, slopes, anchors, places, doubt, tin)
    found = _judged(labels, measurer, kinds, judge)
    kept, unlisted = without_unlisted(found, labels, limb.spacing_mm, anatomy.scale)
    limits, score = both(
        lambda: find_limits(anatomy, limb, shift_mm, doubt, labels),
        lambda: score_deposits(kept, labels, limb, anchors.soft_low_hu, places, weights),
    )
    hand = Hand(
        laterality=anatomy.laterality,
        limits=(*limits, *beyond_words(low_tube, high_tube)),
        digits=_digits(anatomy, deposits, limb),
        notes=(*artery_words(arteries), *unlisted_words(unlisted, kept), FLOOR_WORDS),
        covered=is_covered(anatomy, limb),
        deposits=tuple(kept),
        sctc_style=score,
    )
    return HandResult(limb, hand, labels, _bone_codes(skeleton, anatomy, small_bones, limb))


def _bones(
    limb: Limb, image: Int16Array, anchors: Anchors, slope: float, advance: Callable[[str], None]
) -> tuple[Parted, SlopeScale, PaleImages]:
    """Steps 5 and 6, and slopes; ``slope``: of calcium, by the tubes alone. Names take one processor: the other smooths
    the images for pale bodies."""
    smoothed = smooth(image, limb.spacing_mm, limb.spans)
    hollow = find_skeleton(limb, image, smoothed, anchors)
    advance("deposits")
    parted, (slopes, pale_images) = both(
        lambda: part_bones(hollow, image, smoothed, anchors, limb),
        lambda: (calibrate(limb, anchors, hollow, slope), PaleImages(limb, anchors)),
    )
    return parted, slopes, pale_images


def _add_pale(labels: Int32Array, count: int, pale: Pale, slopes: SlopeScale, tin: bool) -> list[Material]:
    """What each pale body was found as; written into ``labels``, numbered on from ``count``."""
    found: list[Material] = []
    urate, dilute = both(lambda: find_urate(pale, tin), lambda: find_dilute(pale, slopes.calcium))
    for material, bodies in ((Material.URATE, urate), (Material.CALCIUM, dilute)):
        labels.reshape(-1)[bodies.voxels] = bodies.owner + count + len(found)
        found += [material] * bodies.count
    return found


def _judged(
    labels: Int32Array, measurer: Measurer, kinds: Sequence[Candidate | Material], judge: Judge
) -> list[Deposit]:
    """The findings, numbered from 1, and so are their ``labels`` then; ``kinds`` of labels from 1: found as what."""
    found: list[Deposit] = []
    measured = _measure(len(kinds), measurer)
    labels.reshape(-1)[measurer.labelled] = 0
    for label, measures in measured:
        kind = kinds[label - 1]
        if judge.believes(measures, kind):
            found.append(judge.deposit(len(found) + 1, measures, kind))
            labels[tuple(measures.voxels.T)] = len(found)
    return found


def _beside(calcium: Int32Array, limb: Limb, others: list[Candidate]) -> NDArray[np.bool_]:
    """What lies in or next to the deposits and to other bodies that are known for what they are."""
    known = mask_of(voxels_of(calcium, limb.spans), calcium.shape)
    for other in others:
        known[other.index] = True
    return nearest_around(known, limb.spacing_mm, BESIDE_CALCIUM_MM).mask(calcium.shape)


def _measure(count: int, measurer: Measurer) -> list[tuple[int, Measures]]:
    """(label, measures) of each deposit 1 … count of some size, in a fixed order of the crop's voxels."""
    measured = enumerate(each(measurer.measure, range(1, count + 1)), start=1)
    found = [(label, m) for label, m in measured if m is not None and m.volume_mm3 >= LEAST_VOLUME_MM3]
    return sorted(found, key=lambda item: tuple(item[1].voxels[0]))


def _digits(anatomy: HandAnatomy, deposits: list[Candidate], limb: Limb) -> tuple[Digit, ...]:
    doubtful = [limb.geometry.to_lps_mm(c.voxels.astype(np.float64)) for c in deposits if c.doubt]
    return tuple(Digit(p.digit, p.length_mm, p.acro_osteolysis) for p in assess_distal_phalanges(anatomy, doubtful))


def _bone_codes(
    skeleton: Skeleton, anatomy: HandAnatomy, small_bones: list[Candidate], limb: Limb
) -> NDArray[np.uint16]:
    """Code of ``domain.anatomy`` of each bone voxel."""
    codes = np.full(max(skeleton.bones, default=0) + 1, UNNAMED_BONE, np.uint16)
    codes[0] = 0
    for label, code in anatomy.codes().items():
        codes[label] = code
    bones = np.zeros(skeleton.labels.shape, np.uint16)
    bones.reshape(-1)[skeleton.bone.voxels] = codes[skeleton.bone.owner]
    for label in (label for label, name in anatomy.bones.items() if "+" in name):
        places = np.stack(np.unravel_index(skeleton.bone.voxels_of(label), bones.shape), axis=1)
        bones[tuple(places.T)] = anatomy.codes_at(label, limb.geometry.to_lps_mm(places.astype(np.float64)))
    for candidate in small_bones:
        bones[candidate.index] = UNNAMED_BONE
    return bones
