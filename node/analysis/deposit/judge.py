"""Steps 7, 9 and 12 for one deposit: what it is made of, where it lies, and how sure that is."""

from dataclasses import dataclass

from node.analysis.anatomy.place import PlaceFinder
from node.analysis.bone.skeleton import Skeleton
from node.analysis.deposit.certainty import confidence_of, is_faint
from node.analysis.deposit.contact import touched_bones
from node.analysis.deposit.course import shape_of
from node.analysis.deposit.doubt import Doubt
from node.analysis.deposit.material import SlopeScale, classify, is_mineral, is_surely
from node.analysis.deposit.measure import Measures
from node.analysis.limb.noise import Anchors
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from node.domain.confidence import Confidence
from node.domain.findings import Deposit, Material
from node.domain.volume import Geometry


@dataclass(frozen=True, eq=False)
class Judge:
    """Makes findings of measures; ``tin``: the high energy has a tin filter."""

    geometry: Geometry
    skeleton: Skeleton
    slopes: SlopeScale
    anchors: Anchors
    places: PlaceFinder
    doubt: Doubt
    tin: bool

    def believes(self, measures: Measures, kind: Candidate | Material) -> bool:
        """False for what is no deposit. ``kind`` a material: pale and found as that, and so nothing else."""
        if isinstance(kind, Material):
            return is_surely(kind, measures, self.slopes, self.anchors, self.tin)
        return is_mineral(measures, self.slopes, self.anchors, self.tin)

    def deposit(self, number: int, measures: Measures, kind: Candidate | Material) -> Deposit:
        """The finding; ``kind`` as for ``believes``."""
        material, ratio = classify(measures, self.slopes, self.anchors, self.tin)
        place, anatomy = self.places.place(measures.voxels), self.places.anatomy
        confidence = confidence_of(measures, ratio, self.anchors.noise_low_hu, place)
        reason = _reason(measures, kind, confidence)
        shape = reason.value if reason else shape_of(measures, material, place, anatomy, self.geometry)
        review = reason is not None or self.doubt.is_about(measures.voxels, measures.radius_mm)
        return Deposit(
            number=number,
            centroid_lps_mm=measures.centroid_lps_mm,
            volume_mm3=measures.volume_mm3,
            mass_mg=None if material is Material.URATE else measures.mass_mg,
            material=Material.INDETERMINATE if review else material,
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
            touches=touched_bones(measures, self.skeleton, anatomy, self.geometry),
            key_slice=measures.key_slice,
            shape=shape,
            confidence_parts=confidence,
            review=review,
        )


def _reason(measures: Measures, kind: Candidate | Material, confidence: Confidence) -> Reason | None:
    """Why a reader must judge it; None where it is sure."""
    if isinstance(kind, Material):
        return None
    return kind.doubt or (Reason.FAINT if is_faint(measures.volume_mm3, confidence) else None)
