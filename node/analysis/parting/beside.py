"""What lies beside a bone, described as the bone is: how dense it is over the bone's own shell, and where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from node.analysis.anatomy.model import NamedBone, Vector
from node.analysis.bone.skeleton import Skeleton
from node.analysis.limb.limbs import Limb
from node.analysis.mineral.candidates import Candidate

SHELL_QUANTILE = 0.6
TIP_DENSITY = (0.6, 1.6)
BONE_DENSITY = (0.75, 1.4)
"""Level over that of a bone's own shell, both above soft tissue: of its solid end, and of what is neither paler nor
denser than bone."""


@dataclass(frozen=True, eq=False)
class BoneShape:
    """A bone component: ``centre`` (3,) of its marrow in mm, and level of its shell in HU."""

    centre: Vector
    shell_hu: float


@dataclass(frozen=True, eq=False)
class Piece:
    """A candidate beside a bone: its ``points`` (n, 3) in mm; ``density``: level over that of the bone's shell."""

    candidate: Candidate
    density: float
    points: NDArray[np.float64]

    @cached_property
    def middle(self) -> Vector:
        """Mean of its points (3,) in mm."""
        return np.asarray(self.points.mean(axis=0))

    @property
    def is_as_dense(self) -> bool:
        """True where it is neither paler nor denser than bone."""
        return BONE_DENSITY[0] < self.density < BONE_DENSITY[1]


class Beside:
    """Compares with the bones of ``skeleton``; ``image``: the detection image of ``limb``, int16 (z, y, x), HU."""

    def __init__(self, skeleton: Skeleton, image: NDArray[np.int16], soft_hu: float, limb: Limb) -> None:
        self.skeleton, self.image, self.soft_hu, self.limb = skeleton, image, soft_hu, limb
        self._shapes: dict[int, BoneShape] = {}

    def shape(self, label: int) -> BoneShape:
        """Shape of one bone component."""
        if label not in self._shapes:
            self._shapes[label] = self._measured(label)
        return self._shapes[label]

    def density(self, candidate: Candidate, label: int) -> float:
        """Level over that of a bone's shell, both above soft tissue."""
        return self.density_over(candidate, self.shape(label).shell_hu)

    def density_over(self, candidate: Candidate, shell_hu: float) -> float:
        """Level over that of any shell, both above soft tissue."""
        return (candidate.mean_hu - self.soft_hu) / max(shell_hu - self.soft_hu, 1.0)

    def piece(self, candidate: Candidate, bone: NamedBone | None = None) -> Piece:
        """The candidate beside ``bone``: over the densest of its pieces, or the one that the candidate names."""
        points = self.limb.geometry.to_lps_mm(candidate.voxels.astype(np.float64))
        labels = bone.labels if bone else (candidate.bone,)
        return Piece(candidate, min(self.density(candidate, label) for label in labels), points)

    def joined(self, candidates: Sequence[Candidate]) -> "Beside":
        """The same with the candidates as parts of the bones that they name."""
        return self._with([(c, c.bone) for c in candidates])

    def parted(self, candidates: Sequence[Candidate]) -> "Beside":
        """The same with the candidates as no parts of a bone."""
        return self._with([(c, 0) for c in candidates])

    def _with(self, owners: Sequence[tuple[Candidate, int]]) -> "Beside":
        if not owners:
            return self
        labels = self.skeleton.labels.copy()
        for candidate, label in owners:
            labels[candidate.index] = label
        return Beside(replace(self.skeleton, labels=labels), self.image, self.soft_hu, self.limb)

    def _measured(self, label: int) -> BoneShape:
        voxels = self.skeleton.bone.voxels_of(label)
        marrow = self.skeleton.marrow.reshape(-1)[voxels]
        shell = self.image.reshape(-1)[voxels[~marrow]]
        inside = voxels[marrow] if marrow.any() else voxels
        middle = [axis.mean() if len(axis) else 0.0 for axis in np.unravel_index(inside, self.image.shape)]
        centre = self.limb.geometry.to_lps_mm(np.array([middle]))[0]
        return BoneShape(centre, float(np.quantile(shell, SHELL_QUANTILE)) if shell.size else 0.0)
