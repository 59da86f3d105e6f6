"""The analysis of one limb, from its crop to its hand's findings."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.acro import assess_distal_phalanges
from node.analysis.anatomy.model import HandAnatomy
from node.analysis.anatomy.naming import name_hand
from node.analysis.anatomy.place import Place, PlaceFinder, find_places
from node.analysis.attachment import split_attachments
from node.analysis.candidates import Candidate, find_candidates
from node.analysis.limbs import Limb
from node.analysis.lookalikes import METAL_HU, STREAK_MM, sesamoids, vessels
from node.analysis.material import SlopeScale, calibrate, classify, cortex_level
from node.analysis.measure import Measurer, Measures, Scale
from node.analysis.nearest import nearest_source
from node.analysis.noise import Anchors, measure_anchors
from node.analysis.outline import outline_deposits
from node.analysis.physics import hu_per_mg_cc
from node.analysis.registration import register
from node.analysis.skeleton import Skeleton, find_skeleton
from node.analysis.urate import find_urate
from node.domain.anatomy import BONE_CODES, CARPUS, UNNAMED_BONE
from node.domain.findings import Deposit, Digit, Hand, Material
from node.domain.volume import Tube

Int32Array = NDArray[np.int32]
BESIDE_CALCIUM_MM = 1.5
NOTABLE_SHIFT_MM = 0.5
LEAST_VOLUME_MM3 = 1.0


@dataclass(frozen=True, eq=False)
class HandResult:
    """A hand with its voxels on the limb's crop: ``deposits`` int32, numbers as in ``hand``; ``bones`` uint16."""

    limb: Limb
    hand: Hand
    deposits: Int32Array
    bones: NDArray[np.uint16]


def analyse_limb(limb: Limb, low_tube: Tube, high_tube: Tube, advance: Callable[[str], None]) -> HandResult:
    """All steps on one limb; deposits are numbered from 1 within it, ordered from the top of the crop down."""
    limb, shift_mm = register(limb)
    anchors = measure_anchors(limb)
    image = anchors.detection_image(limb.low, limb.high)
    advance("skeleton")
    skeleton = find_skeleton(limb, image, anchors)
    scale = Scale(hu_per_mg_cc(low_tube), hu_per_mg_cc(high_tube))
    slopes = calibrate(limb, anchors, skeleton, scale.low / scale.high)
    advance("deposits")
    candidates = find_candidates(limb, image, anchors, skeleton)
    attached, bony = split_attachments(candidates, skeleton, image, anchors.soft_hu, limb)
    skeleton = _with(skeleton, bony)
    advance("anatomy")
    anatomy = name_hand(skeleton.labels, limb.body, limb.geometry.affine)
    deposits, ossicles = _without_lookalikes(attached, anatomy, limb, anchors, cortex_level(limb, anchors, skeleton))
    calcium = outline_deposits(deposits, limb, image, skeleton, anchors.soft_hu)
    advance("material")
    taken = _beside(calcium, limb) | _metal(limb)
    urate = find_urate(limb, anchors, skeleton, taken, high_tube.has_tin)
    labels = np.where(calcium > 0, calcium, np.where(urate > 0, urate + len(deposits), 0)).astype(np.int32)
    advance("measures")
    places = find_places(anatomy, skeleton.labels, limb.body, limb.geometry.affine)
    measured = _measure(labels, len(deposits), Measurer(limb, anchors, skeleton, labels, scale))
    found = [_deposit(n, m, urate_body, slopes, anchors, places) for n, (m, urate_body) in enumerate(measured, start=1)]
    numbered = np.zeros_like(labels)
    for deposit, (measures, _) in zip(found, measured, strict=True):
        numbered[tuple(measures.voxels.T)] = deposit.number
    hand = Hand(anatomy.laterality, _limits(anatomy, limb, shift_mm), _digits(anatomy), tuple(found))
    return HandResult(limb, hand, numbered, _bone_codes(skeleton, anatomy, ossicles))


def _with(skeleton: Skeleton, bony: tuple[Candidate, ...]) -> Skeleton:
    """The skeleton with the candidates that belong to a bone."""
    labels = skeleton.labels.copy()
    for candidate in bony:
        labels[candidate.index] = candidate.bone
    return replace(skeleton, labels=labels)


def _without_lookalikes(
    candidates: tuple[Candidate, ...], anatomy: HandAnatomy, limb: Limb, anchors: Anchors, cortex_hu: float
) -> tuple[list[Candidate], list[Candidate]]:
    """(deposits, ossicles)."""
    arterial = vessels(candidates, limb.geometry)
    small_bones = sesamoids(candidates, anatomy, limb.geometry, cortex_hu, anchors.soft_hu)
    metal = {n for n, c in enumerate(candidates) if limb.low[c.index].max() > METAL_HU and c.peak_hu > METAL_HU}
    deposits = [c for n, c in enumerate(candidates) if n not in arterial | small_bones | metal]
    return deposits, [candidates[n] for n in sorted(small_bones)]


def _beside(calcium: Int32Array, limb: Limb) -> NDArray[np.bool_]:
    return nearest_source(calcium, limb.spacing_mm).distance_mm < BESIDE_CALCIUM_MM


def _metal(limb: Limb) -> NDArray[np.bool_]:
    metal = limb.low > METAL_HU
    if not metal.any():
        return metal
    return nearest_source(metal.astype(np.int32), limb.spacing_mm).distance_mm < STREAK_MM


def _measure(labels: Int32Array, calcium_count: int, measurer: Measurer) -> list[tuple[Measures, bool]]:
    """Measures of each deposit with "is urate", in order of their centroids (a fixed order of the crop's voxels)."""
    found = []
    for number in range(1, int(labels.max()) + 1):
        measures = measurer.measure(number)
        if measures is not None and measures.volume_mm3 >= LEAST_VOLUME_MM3:
            found.append((measures, number > calcium_count))
    return sorted(found, key=lambda m: tuple(m[0].voxels[0]))


def _deposit(
    number: int, measures: Measures, urate_body: bool, slopes: SlopeScale, anchors: Anchors, places: PlaceFinder
) -> Deposit:
    material, ratio = (Material.URATE, 3.0) if urate_body else classify(measures, slopes, anchors, len(measures.voxels))
    place: Place = places.place(measures.voxels)
    return Deposit(
        number=number,
        centroid_lps_mm=measures.centroid_lps_mm,
        volume_mm3=measures.volume_mm3,
        mass_mg=None if urate_body else measures.mass_mg,
        material=material,
        region=place.region,
        digit=place.digit,
        level=place.level,
        compartment=place.compartment,
        touches_bone=measures.touches_bone,
        mean_low_hu=measures.mean_low_hu,
        mean_high_hu=measures.mean_high_hu,
        sd_low_hu=measures.sd_low_hu,
        max_low_hu=measures.max_low_hu,
        ratio=measures.slope,
        long_axis_mm=measures.long_axis_mm,
        short_axis_mm=measures.short_axis_mm,
        distance_to_skin_mm=measures.distance_to_skin_mm,
        distance_to_bone_mm=measures.distance_to_bone_mm,
        bones=place.bones,
        key_slice=measures.key_slice,
        shape=measures.shape,
        confidence=_confidence(measures, ratio, anchors),
    )


def _confidence(measures: Measures, ratio: float, anchors: Anchors) -> float:
    """0 … 1: product of material (logistic of the likelihood ratio), distance from bone, and contrast to noise."""
    material = 1.0 / (1.0 + np.exp(-abs(ratio)))
    apart = 0.8 if measures.touches_bone else 1.0
    contrast = min(1.0, measures.contrast_low_hu / (10.0 * anchors.noise_low_hu))
    return round(float(material * apart * max(contrast, 0.1)), 3)


def _digits(anatomy: HandAnatomy) -> tuple[Digit, ...]:
    return tuple(Digit(p.digit, p.length_mm, p.acro_osteolysis) for p in assess_distal_phalanges(anatomy))


def _limits(anatomy: HandAnatomy, limb: Limb, shift_mm: float) -> tuple[str, ...]:
    limits = list(anatomy.limits)
    if shift_mm > NOTABLE_SHIFT_MM:
        limits.append(f"The two energies were displaced by {shift_mm:.1f} mm; the displacement was mended.")
    if any(any(ends) for ends in limb.cut[1:]):
        limits.append("The limb leaves the field of view at a side; what lies outside was not assessed.")
    return tuple(limits)


def _bone_codes(skeleton: Skeleton, anatomy: HandAnatomy, ossicles: list[Candidate]) -> NDArray[np.uint16]:
    """Code of ``domain.anatomy`` of each bone voxel."""
    codes = np.full(int(skeleton.labels.max()) + 1, UNNAMED_BONE, np.uint16)
    codes[0] = 0
    for label, name in anatomy.bones.items():
        codes[label] = CARPUS if name == "carpus" else BONE_CODES.get(name.split("+")[0], UNNAMED_BONE)
    bones = codes[skeleton.labels]
    for ossicle in ossicles:
        bones[ossicle.index] = UNNAMED_BONE
    return bones
