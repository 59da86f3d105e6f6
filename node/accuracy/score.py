"""One study scored: each true deposit with what was made of it, everything false, the hands and their fingertips."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.accuracy.hands import Fingertips, NamedBone, SideCall, fingertips, named_bones, side_calls
from node.accuracy.listing import Listed, listed_deposits
from node.accuracy.overlap import (
    AWAY,
    MINERAL,
    Found,
    Overlap,
    Role,
    find_voxels,
    is_bone,
    is_calcium,
    is_urate,
    labels_around,
    overlaps,
)
from node.accuracy.place import words
from node.accuracy.truth import CALCIUM, LEFT_BONES, METAL, NO_BONE, VESSEL, CaseTruth, TrueDeposit
from node.domain.findings import Analysis, Deposit, Findings
from node.domain.volume import Geometry

BODY_SHARE: Final = 0.3
"""A false deposit with this share of labelled voxels lies at the margin of what they show."""


@dataclass(frozen=True)
class DepositScore:
    """A true deposit, and what was found and listed of it."""

    true: TrueDeposit
    overlap: Overlap
    listed: Listed | None

    @property
    def volume_mm3(self) -> float:
        """The volume reported: what the list says, else the voxels counted to it."""
        use = self.true.kind == CALCIUM and self.listed is not None
        return self.listed.volume_mm3 if use and self.listed else self.overlap.volume_mm3

    @property
    def mass_mg(self) -> float | None:
        """The mass listed for a calcium deposit."""
        return self.listed.mass_mg if self.listed and self.true.kind == CALCIUM else None


@dataclass(frozen=True)
class FalseDeposit:
    """Found calcium that meets no true one; ``on`` is the structure under most of it."""

    number: int
    volume_mm3: float
    on: str
    place: str
    material: str
    confidence: float
    mean_low_hu: float
    centroid_lps_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Misplaced:
    """Volumes (mm³) of one thing called another over a study; ``calcium_mm3`` is all that is called calcium."""

    calcium_mm3: float
    bone_mm3: float
    bone_away_mm3: float
    vessel_mm3: float
    metal_mm3: float
    urate_mm3: float
    false_urate_mm3: float


@dataclass(frozen=True)
class CaseScore:
    """A study's score. ``hands`` is how many hands it shows, ``sides`` one call a hand found.

    ``total_mm3`` and ``total_mg`` are what the findings give as the hands' totals.
    """

    case: str
    control: bool
    hands: int
    outcome: str
    reasons: tuple[str, ...]
    deposits: tuple[DepositScore, ...]
    false_deposits: tuple[FalseDeposit, ...]
    misplaced: Misplaced
    total_mm3: float
    total_mg: float
    review_count: int
    review_mm3: float
    sides: tuple[SideCall, ...]
    fingertips: Fingertips
    bones: tuple[NamedBone, ...]


def score(truth: CaseTruth, analysis: Analysis, geometry: Geometry) -> CaseScore:
    """Score an analysis whose voxels lie on ``geometry`` against the truth of the same study."""
    found = find_voxels(truth, analysis, geometry)
    by_label = overlaps(found, truth)
    findings = analysis.findings
    listed = listed_deposits(truth, [(d, hand.laterality) for hand in findings.hands for d in hand.deposits])
    review = found.of(Role.REVIEW)
    return CaseScore(
        case=truth.name,
        control=truth.is_control,
        hands=len(truth.hands),
        outcome=str(findings.outcome),
        reasons=findings.reasons,
        deposits=tuple(DepositScore(d, by_label[d.label], listed.get(d.label)) for d in truth.deposits),
        false_deposits=tuple(_false_deposits(found, findings, truth)),
        misplaced=_misplaced(found, truth),
        total_mm3=sum(hand.totals.volume_mm3 for hand in findings.hands),
        total_mg=sum(hand.totals.mass_mg for hand in findings.hands),
        review_count=sum(role is Role.REVIEW for role in found.role.values()),
        review_mm3=float(np.count_nonzero(review) * truth.geometry.voxel_mm3),
        sides=side_calls(truth, analysis, geometry),
        fingertips=fingertips(truth, findings.hands),
        bones=named_bones(truth, analysis, geometry),
    )


def _false_deposits(found: Found, findings: Findings, truth: CaseTruth) -> list[FalseDeposit]:
    false = []
    for deposit in findings.deposits:
        own = found.number == deposit.number
        if found.role[deposit.number] in MINERAL and own.any() and not found.owner[own].any():
            volume = float(np.count_nonzero(own) * truth.geometry.voxel_mm3)
            false.append(_false(deposit, volume, _lies_on(found.label[own], truth)))
    return false


def _false(deposit: Deposit, volume_mm3: float, on: str) -> FalseDeposit:
    return FalseDeposit(
        deposit.number,
        volume_mm3,
        on,
        words(deposit),
        str(deposit.material),
        deposit.confidence,
        deposit.mean_low_hu,
        deposit.centroid_lps_mm,
    )


def _lies_on(labels: NDArray[np.uint16], truth: CaseTruth) -> str:
    values, counts = np.unique(labels, return_counts=True)
    most = int(values[counts.argmax()])
    if most == 0:
        return "soft tissue" if np.count_nonzero(labels) < BODY_SHARE * len(labels) else "bone margin"
    if most >= NO_BONE:
        return {METAL: "metal", VESSEL: "vessel"}.get(most, "urate")
    return truth.bones.get(most % LEFT_BONES, "bone")


def _misplaced(found: Found, truth: CaseTruth) -> Misplaced:
    mineral = found.of(*MINERAL)
    bone = mineral & is_bone(found.label)
    away = ~is_calcium(labels_around(truth.labels, found.index[bone], AWAY)).any(axis=1)
    urate = found.of(Role.URATE)

    def mm3(mask: NDArray[np.bool_]) -> float:
        return float(np.count_nonzero(mask) * truth.geometry.voxel_mm3)

    return Misplaced(
        calcium_mm3=mm3(mineral),
        bone_mm3=mm3(bone),
        bone_away_mm3=mm3(np.asarray(away)),
        vessel_mm3=mm3(mineral & (found.label == VESSEL)),
        metal_mm3=mm3(mineral & (found.label == METAL)),
        urate_mm3=mm3(urate),
        false_urate_mm3=mm3(urate & ~is_urate(found.label)),
    )
