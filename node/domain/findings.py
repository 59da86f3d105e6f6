"""What the analysis found: values without DICOM, in millimetres, milligrams and Hounsfield units.

``findings.json``, the Structured Report and the pictures all say what stands here (DESIGN.md section 3).
A fact that is uncertain is None (or ``uncertain``), never guessed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from node.domain.confidence import Confidence

SCHEMA = 1


class Outcome(StrEnum):
    """How a study ended, as a reader of the results sees it."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # a hand or a stage could not be assessed
    REFUSED = "refused"


class Laterality(StrEnum):
    """Side of a hand, from its own geometry."""

    RIGHT = "R"
    LEFT = "L"
    UNCERTAIN = "uncertain"


class Material(StrEnum):
    """What a deposit is made of. HA and CPP are not separable: both are calcium."""

    CALCIUM = "calcium"
    URATE = "urate"
    INDETERMINATE = "indeterminate"


class Region(StrEnum):
    DIGIT = "digit"
    HAND = "hand"
    WRIST = "wrist"
    FOREARM = "forearm"


class Level(StrEnum):
    DISTAL = "distal"
    MIDDLE = "middle"
    PROXIMAL = "proximal"
    METACARPAL = "metacarpal"
    CARPAL = "carpal"
    RADIUS_ULNA = "radius_ulna"


class AcroOsteolysis(StrEnum):
    """Resorption of the distal phalanx."""

    PRESENT = "present"
    ABSENT = "absent"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Deposit:
    """One deposit. ``number`` equals its segment number, from 1 in a stable order over the study.

    ``key_slice`` is the z index of the slice where it is largest. ``ratio`` is ΔHU low / ΔHU high over the
    deposit's own background. ``bones`` are those near it, the nearest to most of it first; ``touches`` those whose
    surface it touches, which is empty unless ``touches_bone``. ``review`` deposits (indeterminate, bone surface) count
    in the review totals only.
    """

    number: int
    centroid_lps_mm: tuple[float, float, float]
    volume_mm3: float
    mass_mg: float | None
    material: Material
    region: Region | None
    digit: int | None
    level: Level | None
    compartment: str | None
    touches_bone: bool
    mean_low_hu: float
    mean_high_hu: float
    sd_low_hu: float
    max_low_hu: float
    ratio: float | None
    long_axis_mm: float
    short_axis_mm: float
    distance_to_skin_mm: float
    distance_to_bone_mm: float | None
    bones: tuple[str, ...]
    touches: tuple[str, ...]
    key_slice: int
    shape: str
    confidence_parts: Confidence
    review: bool = False

    @property
    def confidence(self) -> float:
        """How sure the finding is, 0 to 1."""
        return self.confidence_parts.product


@dataclass(frozen=True)
class Digit:
    """One digit, 1 (thumb) to 5, and its distal phalanx."""

    digit: int
    distal_phalanx_length_mm: float | None
    acro_osteolysis: AcroOsteolysis


@dataclass(frozen=True)
class Totals:
    """Sums over deposits. Those with ``review`` are in the review sums only."""

    count: int
    volume_mm3: float
    mass_mg: float
    urate_volume_mm3: float
    review_count: int
    review_volume_mm3: float


def totals_of(deposits: Iterable[Deposit]) -> Totals:
    """Volume (mm³) and mass (mg) over the calcium and indeterminate deposits; urate by itself."""
    deposits = tuple(deposits)
    sure = [d for d in deposits if not d.review]
    mineral = [d for d in sure if d.material is not Material.URATE]
    review = [d for d in deposits if d.review]
    return Totals(
        count=len(mineral),
        volume_mm3=sum(d.volume_mm3 for d in mineral),
        mass_mg=sum(d.mass_mg or 0.0 for d in mineral),
        urate_volume_mm3=sum(d.volume_mm3 for d in sure if d.material is Material.URATE),
        review_count=len(review),
        review_volume_mm3=sum(d.volume_mm3 for d in review),
    )


@dataclass(frozen=True)
class RegionScore:
    """One region of the synthetic radiograph that calcinosis covers a part of.

    ``area_mm2`` of the region's soft tissue and bone on it; ``coverage_percent`` of that area; ``density`` 1 to 3, the
    mean over what is covered.
    """

    region: Region
    digit: int | None
    level: Level
    area_mm2: float
    coverage_percent: float
    density: float
    location_weight: float

    @property
    def score(self) -> float:
        """Coverage × density × location, 0 to 300 times the weight."""
        return self.coverage_percent * self.density * self.location_weight


@dataclass(frozen=True)
class SctcStyleScore:
    """The score of a hand (see ``domain.sctc_style``); regions without calcinosis are not listed."""

    regions: tuple[RegionScore, ...]

    @property
    def total(self) -> float:
        """Sum over the regions; 0 without calcinosis."""
        return sum(region.score for region in self.regions)


@dataclass(frozen=True)
class Hand:
    """One hand, and what limited its assessment (``limits``: sentences for a reader).

    ``notes`` tell a reader what was seen and not listed, and why; they limit nothing. ``sctc_style`` is None where the
    directions, the side or the digits of the hand are not known. ``covered``: the scan holds all of the hand.
    """

    laterality: Laterality
    limits: tuple[str, ...]
    digits: tuple[Digit, ...]
    deposits: tuple[Deposit, ...]
    sctc_style: SctcStyleScore | None = None
    notes: tuple[str, ...] = ()
    covered: bool = True

    @property
    def totals(self) -> Totals:
        """The sums over all its deposits."""
        return totals_of(self.deposits)


@dataclass(frozen=True)
class Findings:
    """Everything found in one study. ``reasons`` says why it is partial or refused."""

    outcome: Outcome
    reasons: tuple[str, ...]
    hands: tuple[Hand, ...]

    @property
    def deposits(self) -> tuple[Deposit, ...]:
        """All deposits of all hands by number."""
        return tuple(sorted((d for h in self.hands for d in h.deposits), key=lambda d: d.number))


@dataclass(frozen=True, eq=False)
class Analysis:
    """Findings with their voxels, on the input grid.

    ``segments`` uint16 (z, y, x): 0, or the number of the deposit. ``bones`` uint16 (z, y, x): 0, or
    100 · (hand index from 0) + the bone's code of ``domain.anatomy``; for pictures and tests, not for the PACS.
    """

    findings: Findings
    segments: NDArray[np.uint16]
    bones: NDArray[np.uint16] = field(repr=False)
