"""Found voxels against true voxels: what was found, what is false, how well the outlines agree.

Rules (those of the development cases' scorer): a deposit is found where its own material, or an undecided one, covers
a tenth of its voxels (at least one); below 10 mm³ a neighbouring voxel is enough. Found calcium that meets a true
deposit, or lies right beside one, belongs to the nearest true one voxel by voxel; all other found calcium is false.
An undecided deposit mostly on urate is no false calcium. Deposits left to a reader are neither found nor false.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from node.accuracy.truth import CALCIUM, FIRST_CALCIUM, FIRST_URATE, METAL, NO_BONE, CaseTruth, TrueDeposit
from node.domain.findings import Analysis, Deposit, Material
from node.domain.volume import Geometry

FOUND_SHARE: Final = 0.1
SMALL_MM3: Final = 10.0
WINDOW: Final = 2
"""Voxels around a deposit's box within which its outline is compared."""
AWAY: Final = 2
"""Bone called calcium this many steps from any true calcium is no matter of outlines."""


class Role(StrEnum):
    """What a found deposit counts as."""

    CALCIUM = "calcium"
    URATE = "urate"
    UNDECIDED = "undecided"
    UNDECIDED_ON_URATE = "undecided on urate"
    REVIEW = "review"


MINERAL: Final = (Role.CALCIUM, Role.UNDECIDED)


@dataclass(frozen=True, eq=False)
class Found:
    """Voxels of all found deposits on the truth's grid, one entry a voxel.

    ``index`` int64 (n, 3) z, y, x; ``number`` of its deposit; ``label`` of the truth there; ``role`` by number;
    ``owner`` the true calcium deposit that the voxel is counted to, or 0.
    """

    index: NDArray[np.int64]
    number: NDArray[np.int64]
    label: NDArray[np.uint16]
    role: dict[int, Role]
    owner: NDArray[np.int64]

    def of(self, *roles: Role) -> NDArray[np.bool_]:
        """Which voxels belong to deposits of these roles."""
        return np.isin(self.number, [n for n, role in self.role.items() if role in roles])


@dataclass(frozen=True)
class Overlap:
    """A true deposit by voxels. ``volume_mm3`` is what is counted to it, ``dice`` None for urate and without voxels.

    ``other_mm3`` is how much of it is called the other material, ``undecided_mm3`` how much is left undecided.
    """

    found: bool
    review: bool
    volume_mm3: float
    dice: float | None
    other_mm3: float
    undecided_mm3: float
    numbers: tuple[int, ...]


def find_voxels(truth: CaseTruth, analysis: Analysis, geometry: Geometry) -> Found:
    """Bring the found voxels, on ``geometry``, to the truth's grid and give each deposit its role."""
    own = np.argwhere(analysis.segments)
    number = analysis.segments[tuple(own.T)].astype(np.int64)
    index = np.rint(truth.geometry.to_index_zyx(geometry.to_lps_mm(own.astype(np.float64)))).astype(np.int64)
    inside = ((index >= 0) & (index < truth.labels.shape)).all(axis=1)
    index, number = index[inside], number[inside]
    label = truth.labels[tuple(index.T)]
    role = {d.number: _role(d, label[number == d.number]) for d in analysis.findings.deposits}
    owner = np.zeros(len(index), np.int64)
    found = Found(index, number, label, role, owner)
    _assign(found, truth)
    return found


def _role(deposit: Deposit, label: NDArray[np.uint16]) -> Role:
    if deposit.material is Material.CALCIUM:
        return Role.CALCIUM
    if deposit.material is Material.URATE:
        return Role.URATE
    if deposit.review:
        return Role.REVIEW
    more_urate = np.count_nonzero(is_urate(label)) > np.count_nonzero(is_calcium(label))
    return Role.UNDECIDED_ON_URATE if more_urate else Role.UNDECIDED


def is_calcium(label: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Voxels of true calcium deposits."""
    return (label >= FIRST_CALCIUM) & (label < FIRST_URATE)


def is_urate(label: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Voxels of true urate."""
    return (label >= FIRST_URATE) & (label < METAL)


def is_bone(label: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Voxels of bones."""
    return (label > 0) & (label < NO_BONE)


def labels_around(labels: NDArray[np.uint16], index: NDArray[np.int64], steps: int) -> NDArray[np.uint16]:
    """Labels (n, m) at each voxel and at all that are at most so many steps across faces away from it."""
    reach = np.arange(-steps, steps + 1)
    offsets = np.stack(np.meshgrid(reach, reach, reach), axis=-1).reshape(-1, 3)
    offsets = offsets[np.abs(offsets).sum(axis=1) <= steps]
    near = np.clip(index[:, None, :] + offsets, 0, np.array(labels.shape) - 1)
    return np.asarray(labels[tuple(np.moveaxis(near, -1, 0))])


def _assign(found: Found, truth: CaseTruth) -> None:
    """Fill ``owner``: the nearest true calcium for every voxel of calcium that meets or neighbours any."""
    calcium = np.argwhere(is_calcium(truth.labels))
    mineral = np.flatnonzero(found.of(*MINERAL))
    if not len(calcium) or not len(mineral):
        return
    beside = is_calcium(labels_around(truth.labels, found.index[mineral], 1)).any(axis=1)
    joined = mineral[np.isin(found.number[mineral], np.unique(found.number[mineral][beside]))]
    spacing = np.array(truth.geometry.spacing_mm)
    nearest = cKDTree(calcium * spacing).query(found.index[joined] * spacing)[1]
    found.owner[joined] = truth.labels[tuple(calcium[nearest].T)]


def overlaps(found: Found, truth: CaseTruth) -> dict[int, Overlap]:
    """Each true deposit by its label."""
    put_in = np.argwhere((truth.labels > NO_BONE) & (truth.labels < METAL))
    labels = truth.labels[tuple(put_in.T)]
    return {d.label: _overlap(d, put_in[labels == d.label], found, truth) for d in truth.deposits}


def _overlap(deposit: TrueDeposit, voxels: NDArray[np.int64], found: Found, truth: CaseTruth) -> Overlap:
    if not len(voxels):
        return Overlap(False, False, 0.0, None, 0.0, 0.0, ())
    voxel_mm3 = truth.geometry.voxel_mm3
    calcium = deposit.kind == CALCIUM
    within = found.label == deposit.label
    own = found.of(*MINERAL) if calcium else found.of(Role.URATE)
    other = within & found.of(Role.URATE if calcium else Role.CALCIUM)
    covered = within & own
    least = max(1.0, FOUND_SHARE * len(voxels))
    enough = np.count_nonzero(covered) >= least
    is_found = bool(enough or (deposit.volume_mm3 < SMALL_MM3 and _touched(deposit, found, own, truth)))
    counted = found.owner == deposit.label if calcium else covered
    return Overlap(
        found=is_found,
        review=bool(np.count_nonzero(within & found.of(Role.REVIEW)) >= least),
        volume_mm3=float(np.count_nonzero(counted) * voxel_mm3) if is_found or not calcium else 0.0,
        dice=_dice(voxels, found, counted, deposit.label) if calcium else None,
        other_mm3=float(np.count_nonzero(other) * voxel_mm3),
        undecided_mm3=float(np.count_nonzero(within & found.of(Role.UNDECIDED, Role.UNDECIDED_ON_URATE)) * voxel_mm3),
        numbers=tuple(int(n) for n in np.unique(found.number[covered])),
    )


def _touched(deposit: TrueDeposit, found: Found, own: NDArray[np.bool_], truth: CaseTruth) -> bool:
    return bool((labels_around(truth.labels, found.index[own], 1) == deposit.label).any())


def _dice(voxels: NDArray[np.int64], found: Found, counted: NDArray[np.bool_], label: int) -> float:
    """Overlap of what is counted to a deposit with its voxels (Dice 1945), within a window around it."""
    low, high = voxels.min(axis=0) - WINDOW, voxels.max(axis=0) + WINDOW
    inside = counted & ((found.index >= low) & (found.index <= high)).all(axis=1)
    both = np.count_nonzero(inside & (found.label == label))
    return float(2.0 * both / (len(voxels) + np.count_nonzero(inside)))
