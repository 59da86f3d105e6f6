"""Step 10, the shape in words: a cord that runs where a tendon runs, and what is said of urate."""

from typing import Final

from node.analysis.anatomy.model import HandAnatomy, Vector
from node.analysis.anatomy.place import Place
from node.analysis.deposit.measure import Measures
from node.analysis.deposit.shape import LOW_DENSITY
from node.analysis.grid.axes import principal_axes
from node.domain.findings import Material, Region
from node.domain.volume import Geometry

CORD: Final = "cord"
ALONG_TENDON: Final = "cord along the course of a tendon"
"""What geometry alone can say: that a cord lies in a tendon or its sheath is for a reader to see."""
COMPACT: Final = "compact"
IN_LINE: Final = 0.87
"""Cosine of 30°: tendons run along their bones, and deposits in sheaths bulge [K]."""
LEAST_LENGTH_MM: Final = 8.0
"""What is shorter has no course [K]."""
SIDES: Final = ("palm", "volar", "dors")
"""How the sides that tendons run on begin."""


def shape_of(measures: Measures, material: Material, place: Place, anatomy: HandAnatomy, geometry: Geometry) -> str:
    """The shape in words; of a cord also whether it follows the course of a tendon."""
    if material is Material.URATE:
        return _of_urate(measures.shape)
    follows = _follows(measures, place, anatomy, geometry)
    return measures.shape.replace(CORD, ALONG_TENDON) if follows else measures.shape


def _of_urate(shape: str) -> str:
    """The form alone: "stone" is a class of calcinosis, and a density in mg of HA is none of urate."""
    form = shape.removesuffix(f", {LOW_DENSITY}")
    return COMPACT if form in ("stone", LOW_DENSITY) else form


def _follows(measures: Measures, place: Place, anatomy: HandAnatomy, geometry: Geometry) -> bool:
    course = _course(place, anatomy)
    if CORD not in measures.shape or measures.long_axis_mm < LEAST_LENGTH_MM or course is None:
        return False
    along = abs(float(principal_axes(measures.voxels, geometry).direction[0] @ course))
    return along > IN_LINE and _has_tendons(place)


def _has_tendons(place: Place) -> bool:
    """Subcutaneous tendons are found on the back of hand and fingers alone [K]."""
    words = place.compartment or ""
    if "dors" in words and place.region is not Region.FOREARM:
        return "fingertip" not in words
    return words == "carpal tunnel" or ("deep" in words and any(side in words for side in SIDES))


def _course(place: Place, anatomy: HandAnatomy) -> Vector | None:
    """Unit vector along the tendons at a place: that of its bone, or of the forearm; None where it is not known."""
    bone = anatomy.named(place.bones[0]) if place.bones else None
    if bone is not None:
        return bone.axis
    return anatomy.forearm_axis if place.region in (Region.WRIST, Region.FOREARM) else None
