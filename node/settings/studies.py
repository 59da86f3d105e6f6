"""What is made of a study: when it is complete, how it is analysed, what its results are like."""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from node.settings.section import Section


class TimingSettings(Section):
    """When a study is complete: seconds without a new image; the same with positive proof; the longest wait."""

    quiet_s: Annotated[float, Field(gt=0)] = 60.0
    proof_quiet_s: Annotated[float, Field(ge=0)] = 3.0
    deadline_s: Annotated[float, Field(gt=0)] = 900.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.proof_quiet_s <= self.quiet_s <= self.deadline_s:
            raise ValueError("proof_quiet_s <= quiet_s <= deadline_s is expected")
        return self


class AnalysisSettings(Section):
    """``allow_monoenergetic``: accept pairs of virtual monoenergetic series. ``workers`` run side by side."""

    allow_monoenergetic: bool = False
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    timeout_s: Annotated[float, Field(gt=0)] = 900.0
    attempts: Annotated[int, Field(ge=1)] = 3
    tasks_per_worker: Annotated[int, Field(ge=1)] = 50


class ResultsSettings(Section):
    """``series_number_base``: first of the result's series numbers. ``refusal_notice``: send a picture that says why.

    Both are part of what decides a result's UIDs.
    """

    series_number_base: Annotated[int, Field(ge=1, le=99_000)] = 5001
    refusal_notice: bool = False


Weight = Annotated[float, Field(ge=0, le=1000)]


class SctcStyleScoreSettings(Section):
    """Weights of the SCTC-style score, which is not the validated score: the published weights were not found.

    ``density_limits_mg_mm2``: mineral in the beam from which a pixel has density 1, 2 and 3. The others: how much
    calcinosis beside a distal, middle or proximal phalanx, a metacarpal or at the wrist counts. All are part of what
    decides a result's UIDs.
    """

    density_limits_mg_mm2: tuple[float, float, float] = (0.1, 1.5, 3.0)
    distal: Weight = 1.0
    middle: Weight = 1.0
    proximal: Weight = 1.0
    metacarpal: Weight = 1.0
    wrist: Weight = 1.0

    @field_validator("density_limits_mg_mm2")
    @classmethod
    def _ascending(cls, limits: tuple[float, float, float]) -> tuple[float, float, float]:
        if not 0.0 < limits[0] < limits[1] < limits[2]:
            raise ValueError("three ascending numbers above 0 are expected")
        return limits
