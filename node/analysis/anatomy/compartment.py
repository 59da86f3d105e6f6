"""Words for where a deposit lies beside a bone, at the wrist and in the forearm: side, depth, joint or fingertip."""

from typing import Final

import numpy as np

from node.analysis.anatomy.model import HandAnatomy, NamedBone, Vector, unit
from node.analysis.anatomy.parts import Points
from node.domain.findings import Level, Region

SUBCUTANEOUS_MM: Final = 4.0
"""Depth below the skin's surface up to which tissue is called subcutaneous [K]."""
SHALLOW_SHARE: Final = 0.1
"""A deposit whose middle is deeper, but not all but this share of it, is in both: one that bulges the skin, for one."""
AT_JOINT_MM: Final = 7.0
"""Distance along the bone from a joint up to which a deposit is periarticular, in a mean hand [K]."""
PULP_BEGINS: Final = 0.3
"""The pulp begins at the distal end of the flexor insertion, about a third along the distal phalanx [K]."""
JOINTS: Final = {("MC", "PP"): "MCP", ("PP", "MP"): "PIP", ("MP", "DP"): "DIP", ("PP", "DP"): "IP"}
SECTION_MM: Final = 10.0
"""Radius and ulna are looked at this far up and down from a deposit, to see which side of them it lies on."""
BETWEEN_MM: Final = 2.0
"""Nearer to the plane of radius and ulna a deposit is neither volar nor dorsal: it lies between or beside them."""


def describe(anatomy: HandAnatomy, bone: NamedBone, mm: Points, depth_mm: Points) -> str:
    """Compartment beside a bone of a ray, e.g. ``fingertip pad, palmar`` or ``periarticular PIP, dorsoradial, deep``.

    ``mm`` (n, 3) points of the deposit; ``depth_mm`` (n,) of them below the skin.
    """
    if anatomy.frame is None:
        return _depth(depth_mm)
    middle = mm.mean(axis=0)
    side = _aspect(anatomy, bone, middle)
    if _in_pad(anatomy, bone, middle):
        return _joined("fingertip pad", side)
    return _joined(_joint(anatomy, bone, middle), side, _depth(depth_mm))


def describe_proximal(anatomy: HandAnatomy, region: Region, level: Level, mm: Points, depth_mm: Points) -> str:
    """Compartment at the wrist, e.g. ``dorsoulnar, subcutaneous``, or in the forearm, e.g. ``volar, deep``."""
    middle = mm.mean(axis=0)
    if region is Region.FOREARM:
        return _joined(_side_of_forearm(anatomy, middle), _depth(depth_mm))
    return _joined(_aspect_of_wrist(anatomy, level, middle), _depth(depth_mm))


def _joined(*words: str | None) -> str:
    return ", ".join(word for word in words if word)


def _depth(depth_mm: Points) -> str:
    if float(np.median(depth_mm)) <= SUBCUTANEOUS_MM:
        return "subcutaneous"
    return "deep" if float(np.quantile(depth_mm, SHALLOW_SHARE)) > SUBCUTANEOUS_MM else "subcutaneous and deep"


def local_palmar(anatomy: HandAnatomy, bone: NamedBone) -> Vector | None:
    """Unit vector to the palmar side of a bone, which turns with a bent finger; None where it is not known."""
    if bone.digit == 1:
        return None if anatomy.thumb_palmar is None else unit(_square_to(bone.axis, anatomy.thumb_palmar))
    if anatomy.palmar is None or anatomy.radial is None or anatomy.distal is None:
        return None
    right = float(np.cross(anatomy.radial, anatomy.distal) @ anatomy.palmar)
    side = np.sign(right) * np.cross(anatomy.radial, bone.axis)
    return unit(_square_to(bone.axis, side))


def _square_to(axis: Vector, vector: Vector) -> Vector:
    return np.asarray(vector - (vector @ axis) * axis)


def _aspect(anatomy: HandAnatomy, bone: NamedBone, middle: Vector) -> str | None:
    palmar = local_palmar(anatomy, bone)
    if palmar is None or anatomy.radial is None:
        return None
    radial = unit(_square_to(palmar, _square_to(bone.axis, anatomy.radial)))
    offset = middle - 0.5 * (bone.proximal + bone.distal)
    return _words(float(offset @ palmar), float(offset @ radial))


def _aspect_of_wrist(anatomy: HandAnatomy, level: Level, middle: Vector) -> str | None:
    if anatomy.palmar is None or anatomy.radial is None or anatomy.frame is None:
        return None
    beside = _offset_from_forearm(anatomy, middle) if level is Level.RADIUS_ULNA else None
    if beside is not None:
        return _words(*beside)
    offset = middle - anatomy.frame.origin
    return _words(float(offset @ anatomy.palmar) - 1.0, float(offset @ anatomy.radial))


def _side_of_forearm(anatomy: HandAnatomy, middle: Vector) -> str | None:
    offset = _offset_from_forearm(anatomy, middle)
    if offset is None or abs(offset[0]) < BETWEEN_MM:
        return None
    return "volar" if offset[0] > 0 else "dorsal"


def _offset_from_forearm(anatomy: HandAnatomy, middle: Vector) -> tuple[float, float] | None:
    """(volar, radial) in mm from the middle between radius and ulna at this level; None where they are not seen.

    The hand turns with the radius, so that the palm's side, square to the forearm, is the volar one.
    """
    axis = anatomy.forearm_axis
    if axis is None or anatomy.palmar is None or anatomy.radial is None:
        return None
    sections = [part.points[np.abs((part.points - middle) @ axis) < SECTION_MM] for part in anatomy.forearm]
    centres = [section.mean(axis=0) for section in sections if len(section)]
    if not centres:
        return None
    volar = unit(_square_to(axis, anatomy.palmar))
    radial = unit(_square_to(volar, _square_to(axis, anatomy.radial)))
    offset = middle - np.mean(centres, axis=0)
    return float(offset @ volar), float(offset @ radial)


def _words(palmar: float, radial: float) -> str:
    """Name of one of eight sides of 45 degrees."""
    angle = np.degrees(np.arctan2(radial, palmar))
    names = ("palmar", "palmoradial", "radial", "dorsoradial", "dorsal", "dorsoulnar", "ulnar", "palmoulnar")
    return names[int(np.rint(angle / 45.0)) % 8]


def _in_pad(anatomy: HandAnatomy, bone: NamedBone, middle: Vector) -> bool:
    palmar = local_palmar(anatomy, bone)
    if bone.level != "DP" or palmar is None:
        return False
    along = float((middle - bone.proximal) @ bone.axis) / bone.length_mm
    beside = float((middle - bone.proximal) @ palmar)
    return along > PULP_BEGINS and (beside > 0.0 or along > 1.1)


def _joint(anatomy: HandAnatomy, bone: NamedBone, middle: Vector) -> str | None:
    """The joint within 7 mm along the bone, if any."""
    ray = anatomy.ray(bone.digit)
    bones = ray.bones if ray else ()
    place = next((n for n, b in enumerate(bones) if b is bone), None)
    if place is None:
        return None
    reach = AT_JOINT_MM * anatomy.scale
    if place + 1 < len(bones) and abs(float((bone.distal - middle) @ bone.axis)) < reach:
        name = JOINTS.get((bone.level, bones[place + 1].level))
        return f"periarticular {name}" if name else None
    if place > 0 and abs(float((middle - bone.proximal) @ bone.axis)) < reach:
        name = JOINTS.get((bones[place - 1].level, bone.level))
        return f"periarticular {name}" if name else None
    return None
