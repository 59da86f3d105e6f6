"""What the anatomy says: values for the rest of the analysis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.parts import Part
from node.domain.anatomy import BONE_CODES, CARPUS, UNNAMED_BONE
from node.domain.findings import Laterality

Vector = NDArray[np.float64]


def unit(vector: Vector) -> Vector:
    """The vector's direction (zero stays zero)."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


@dataclass(frozen=True, eq=False)
class NamedBone:
    """One bone of a ray in patient coordinates (mm): its proximal and distal end and the labels that hold it.

    ``part`` is measured over the bone alone, also where a label holds two bones or a bone has two labels.
    """

    name: str
    digit: int
    level: str
    proximal: Vector
    distal: Vector
    labels: tuple[int, ...]
    part: Part = field(repr=False)

    @property
    def length_mm(self) -> float:
        """From end to end along its axis."""
        return float(np.linalg.norm(self.distal - self.proximal))

    @property
    def axis(self) -> Vector:
        """Unit vector from proximal to distal."""
        return np.asarray((self.distal - self.proximal) / max(self.length_mm, 1e-9))

    def distance_to_axis_mm(self, points: Vector) -> Vector:
        """Distance (n,) of points (n, 3) in mm from the line between its ends."""
        along = np.clip((points - self.proximal) @ self.axis, 0.0, self.length_mm)
        return np.asarray(np.linalg.norm(points - self.proximal - along[:, None] * self.axis, axis=1))


@dataclass(frozen=True, eq=False)
class Ray:
    """A digit with its metacarpal: bones from proximal to distal.

    ``sure`` is False where the hand can also be read with another number for this digit.
    """

    digit: int
    sure: bool
    bones: tuple[NamedBone, ...]

    def bone(self, level: str) -> NamedBone | None:
        """The bone of a level (MC, PP, MP, DP), None where it was not found."""
        return next((b for b in self.bones if b.level == level), None)

    @property
    def joints_mm(self) -> tuple[Vector, ...]:
        """Centres of the joints between the bones that were found."""
        pairs = pairwise(self.bones)
        return tuple(0.5 * (a.distal + b.proximal) for a, b in pairs)


@dataclass(frozen=True, eq=False)
class Frame:
    """The hand's own frame: origin at the bases of the finger metacarpals, unit vectors, scale of the hand."""

    origin: Vector
    distal: Vector
    palmar: Vector
    radial: Vector
    scale: float

    @property
    def handedness(self) -> float:
        """+1 for a right hand, −1 for a left one: the sign of (distal × palmar) · radial."""
        return float(np.sign(np.cross(self.distal, self.palmar) @ self.radial))

    def place(self, points: Vector) -> Vector:
        """(distal, palmar, radial) in mm of a mean hand, of points (n, 3) or (3,) in LPS mm."""
        axes = np.stack([self.distal, self.palmar, self.radial])
        return np.asarray((points - self.origin) @ axes.T / self.scale)


@dataclass(frozen=True, eq=False)
class HandAnatomy:
    """Bones and directions of one limb. Unit vectors in patient coordinates (LPS); None where they are not known.

    ``bones`` maps each bone label to the name of ``domain.anatomy``: the names there, "carpus" for a carpal bone and
    "forearm" for a forearm bone that was not told apart, the level alone ("PP") where the digit is not sure,
    "unnamed" else; a label that holds two bones carries both, joined by "+". ``laterality_margin`` 0 … 1 is the lead
    of the winning side over all votes; narrow, the side is uncertain. ``scale``: size over that of a mean adult hand.
    ``frame`` is the hand's own frame (None without a hand), ``forearm_axis`` the unit vector of the forearm towards
    the hand, ``forearm`` what is seen of radius and ulna. ``limits``: sentences for the reader of the findings.
    ``loose``: parts without a name. ``thumb_palmar``: the palmar side of the thumb, which is not that of the palm.
    """

    laterality: Laterality
    laterality_margin: float
    bones: Mapping[int, str]
    rays: tuple[Ray, ...]
    distal: Vector | None
    palmar: Vector | None
    radial: Vector | None
    scale: float
    frame: Frame | None
    forearm_axis: Vector | None
    forearm: tuple[Part, ...]
    limits: tuple[str, ...]
    thumb_palmar: Vector | None = None
    loose: tuple[Part, ...] = ()

    def codes(self) -> dict[int, int]:
        """Code of ``domain.anatomy`` by bone label: the first name of a label that holds two bones."""
        special = {"carpus": CARPUS}
        named = ((label, name.split("+")[0]) for label, name in self.bones.items())
        return {label: BONE_CODES.get(name, special.get(name, UNNAMED_BONE)) for label, name in named}

    def codes_at(self, label: int, points: Vector) -> NDArray[np.uint16]:
        """Codes of ``domain.anatomy`` (n,) at ``points`` (n, 3) in mm of a label that holds two bones of a ray."""
        bones = self._holding(label)
        nearest = np.argmin([bone.distance_to_axis_mm(points) for bone in bones], axis=0)
        codes = [BONE_CODES.get(self.public_name(bone.name), UNNAMED_BONE) for bone in bones]
        return np.asarray(np.array(codes, np.uint16)[nearest])

    @property
    def digits_sure(self) -> bool:
        """True where every digit that was found has its number without doubt."""
        return all(ray.sure for ray in self.rays)

    def ray(self, digit: int) -> Ray | None:
        """The ray of a digit, None where it was not found."""
        return next((r for r in self.rays if r.digit == digit), None)

    def named(self, name: str) -> NamedBone | None:
        """The ray bone of a name such as ``PP3``, None where it was not found."""
        return next((b for r in self.rays for b in r.bones if b.name == name), None)

    def bone_at(self, label: int, point: Vector) -> NamedBone | None:
        """The ray bone with a label, the one with the nearer axis to ``point`` (3,) in mm where it holds two."""
        return min(self._holding(label), key=lambda bone: float(bone.distance_to_axis_mm(point[None])[0]), default=None)

    def _holding(self, label: int) -> list[NamedBone]:
        return [bone for ray in self.rays for bone in ray.bones if label in bone.labels]

    def public_name(self, name: str) -> str:
        """The name of a bone, without its digit where that is not sure."""
        bone = self.named(name)
        ray = self.ray(bone.digit) if bone else None
        return name if bone is None or ray is None or ray.sure else bone.level
