"""Step 10, shape: a cord that runs where a tendon runs."""

from typing import Final

from node.analysis.anatomy.model import HandAnatomy, Vector
from node.analysis.anatomy.place import Place
from node.analysis.lookalikes import principal_axes
from node.analysis.measure import Measures
from node.domain.findings import Region
from node.domain.volume import Geometry

CORD: Final = "cord"
ALONG_TENDON: Final = "cord along the course of a tendon"
"""What geometry alone can say: that a cord lies in a tendon or its sheath is for a reader to see."""
IN_LINE: Final = 0.87
"""Cosine of 30°: tendons run along their bones, and deposits in sheaths bulge [K]."""
TENDON_SIDES: Final = ("palmar", "volar", "dorsal", "carpal tunnel")


def shape_of(measures: Measures, place: Place, anatomy: HandAnatomy, geometry: Geometry) -> str:
    """The shape in words; of a cord also whether it follows the course of a tendon."""
    return (
        measures.shape.replace(CORD, ALONG_TENDON) if _follows(measures, place, anatomy, geometry) else measures.shape
    )


def _follows(measures: Measures, place: Place, anatomy: HandAnatomy, geometry: Geometry) -> bool:
    course = _course(place, anatomy)
    if CORD not in measures.shape or course is None or "fingertip" in (place.compartment or ""):
        return False
    beside = any(side in (place.compartment or "") for side in TENDON_SIDES)
    return beside and abs(float(principal_axes(measures.voxels, geometry).direction[0] @ course)) > IN_LINE


def _course(place: Place, anatomy: HandAnatomy) -> Vector | None:
    """Unit vector along the tendons at a place: that of its bone, or of the forearm; None where it is not known."""
    bone = anatomy.named(place.bones[0]) if place.bones else None
    if bone is not None:
        return bone.axis
    return anatomy.forearm_axis if place.region in (Region.WRIST, Region.FOREARM) else None
