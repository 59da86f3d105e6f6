"""One study scored: each true deposit with what was made of it, everything false, the hands and their fingertips."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

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
from node.accuracy.truth import CALCIUM, LEFT_BONES, METAL, NO_BONE, SIDES, VESSEL, CaseTruth, TrueDeposit
from node.domain.findings import AcroOsteolysis, Analysis, Deposit, Findings, Hand, Laterality
from node.domain.volume import Geometry

BODY_SHARE: Final = 0.3
"""A false deposit with this share of labelled voxels lies at the margin of what they show."""


class SideCall(StrEnum):
    """What is said of a hand's side."""

    RIGHT = "right"
    UNCERTAIN = "uncertain"
    WRONG = "wrong"


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
class Fingertips:
    """Distal phalanges of the hands: resorbed ones called present, absent or undetermined; sound ones likewise."""

    found: int = 0
    missed: int = 0
    open: int = 0
    false: int = 0
    sound: int = 0
    sound_open: int = 0


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
        sides=tuple(_sides(truth, analysis)),
        fingertips=_fingertips(truth, findings.hands),
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


def _sides(truth: CaseTruth, analysis: Analysis) -> list[SideCall]:
    """One call for every hand found; which true hand it is, its bones' voxels tell."""
    calls = []
    for number, hand in enumerate(analysis.findings.hands):
        side = _true_side(truth, analysis.bones, number)
        if hand.laterality is Laterality.UNCERTAIN or side is None:
            calls.append(SideCall.UNCERTAIN)
        else:
            calls.append(SideCall.RIGHT if hand.laterality is SIDES[side] else SideCall.WRONG)
    return calls


def _true_side(truth: CaseTruth, bones: NDArray[np.uint16], number: int) -> str | None:
    if len(truth.hands) == 1 or bones.shape != truth.labels.shape:
        return truth.hands[0].side if len(truth.hands) == 1 else None
    labels = truth.labels[(bones > 0) & (bones // LEFT_BONES == number)]
    labels = labels[is_bone(labels)]
    if not len(labels):
        return None
    return "left" if 2 * np.count_nonzero(labels > LEFT_BONES) > len(labels) else "right"


def _fingertips(truth: CaseTruth, hands: tuple[Hand, ...]) -> Fingertips:
    """Every fingertip of a true hand; one that nothing is said of is left open."""
    called = {(h.laterality, d.digit): d.acro_osteolysis for h in hands for d in h.digits}
    counts = dict.fromkeys(("found", "missed", "open", "false", "sound", "sound_open"), 0)
    for hand in truth.hands:
        for digit in range(1, 6):
            call = called.get((SIDES[hand.side], digit), AcroOsteolysis.UNDETERMINED)
            names = ("found", "missed", "open") if digit in hand.resorbed else ("false", "sound", "sound_open")
            order = (AcroOsteolysis.PRESENT, AcroOsteolysis.ABSENT, AcroOsteolysis.UNDETERMINED)
            counts[names[order.index(call)]] += 1
    return Fingertips(**counts)
