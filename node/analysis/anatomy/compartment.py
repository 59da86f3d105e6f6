"""Words for where a deposit lies beside a bone: side, depth, joint or fingertip."""

from typing import Final

import numpy as np

from node.analysis.anatomy.model import HandAnatomy, NamedBone, Vector
from node.analysis.anatomy.parts import Points

SUBCUTANEOUS_MM: Final = 4.0
"""Depth of the middle of a deposit below the skin's surface up to which it is called subcutaneous [K]."""
AT_JOINT_MM: Final = 7.0
"""Distance along the bone from a joint up to which a deposit is periarticular, in a mean hand [K]."""
PULP_BEGINS: Final = 0.3
"""The pulp begins at the distal end of the flexor insertion, about a third along the distal phalanx [K]."""
JOINTS: Final = {("MC", "PP"): "MCP", ("PP", "MP"): "PIP", ("MP", "DP"): "DIP", ("PP", "DP"): "IP"}


def describe(anatomy: HandAnatomy, bone: NamedBone | None, mm: Points, depth_mm: float) -> str | None:
    """Compartment in words, e.g. ``fingertip pulp, palmar`` or ``periarticular PIP, dorsoradial, subcutaneous``.

    ``mm`` (n, 3) points of the deposit; ``bone`` the nearest bone of a ray, None at wrist and forearm;
    ``depth_mm`` of its middle below the skin.
    """
    if anatomy.frame is None:
        return "subcutaneous" if depth_mm <= SUBCUTANEOUS_MM else "deep"
    middle = mm.mean(axis=0)
    depth = "subcutaneous" if depth_mm <= SUBCUTANEOUS_MM else "deep"
    if bone is None:
        return ", ".join(word for word in (_aspect_of_wrist(anatomy, middle), depth) if word)
    side = _aspect(anatomy, bone, middle)
    if _in_pulp(anatomy, bone, middle):
        return f"fingertip pulp, {side}" if side else "fingertip pulp"
    joint = _joint(anatomy, bone, middle)
    return ", ".join(word for word in (joint, side, depth) if word)


def local_palmar(anatomy: HandAnatomy, bone: NamedBone) -> Vector | None:
    """Unit vector to the palmar side of a bone, which turns with a bent finger; None where it is not known."""
    if anatomy.palmar is None or anatomy.radial is None or anatomy.distal is None:
        return None
    if bone.digit == 1:
        flat = bone.part.axes[2]
        towards = 0.8 * anatomy.palmar - 0.6 * anatomy.radial
        side = flat if flat @ towards > 0 else -flat
    else:
        right = float(np.cross(anatomy.radial, anatomy.distal) @ anatomy.palmar)
        side = np.sign(right) * np.cross(anatomy.radial, bone.axis)
    side = side - (side @ bone.axis) * bone.axis
    return np.asarray(side / max(float(np.linalg.norm(side)), 1e-9))


def _aspect(anatomy: HandAnatomy, bone: NamedBone, middle: Vector) -> str | None:
    palmar = local_palmar(anatomy, bone)
    if palmar is None or anatomy.radial is None:
        return None
    radial = anatomy.radial - (anatomy.radial @ bone.axis) * bone.axis
    radial = radial - (radial @ palmar) * palmar
    radial = radial / max(float(np.linalg.norm(radial)), 1e-9)
    offset = middle - 0.5 * (bone.proximal + bone.distal)
    return _words(float(offset @ palmar), float(offset @ radial))


def _aspect_of_wrist(anatomy: HandAnatomy, middle: Vector) -> str | None:
    if anatomy.palmar is None or anatomy.radial is None or anatomy.frame is None:
        return None
    offset = middle - anatomy.frame.origin
    return _words(float(offset @ anatomy.palmar) - 1.0, float(offset @ anatomy.radial))


def _words(palmar: float, radial: float) -> str:
    """Name of one of eight sides of 45 degrees."""
    angle = np.degrees(np.arctan2(radial, palmar))
    names = ("palmar", "palmoradial", "radial", "dorsoradial", "dorsal", "dorsoulnar", "ulnar", "palmoulnar")
    return names[int(np.rint(angle / 45.0)) % 8]


def _in_pulp(anatomy: HandAnatomy, bone: NamedBone, middle: Vector) -> bool:
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
