"""assess: when a study goes on, when it waits, when it is incomplete."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from node.domain.completeness import Arrivals, Assessment, Patience, Readiness, assess
from node.domain.instance import Instance
from node.domain.pairing import PairingOutcome
from tests.ct_builder import HIGH, LOW, CtSeries, but, read

START = datetime(2024, 5, 1, 10, 15, tzinfo=UTC)
PATIENCE = Patience(proof=timedelta(seconds=5), quiet=timedelta(seconds=60), deadline=timedelta(seconds=600))
TOPOGRAM = CtSeries(kvp=120, number=1, shape=(1, 6, 5), image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))


def after(seconds: float) -> datetime:
    """Time since the first arrival."""
    return START + timedelta(seconds=seconds)


def ask(instances: list[Instance], now: float, last: float = 10, **changes: object) -> Assessment:
    """Assess at ``now`` a study that came from 0 to ``last`` seconds and whose associations ended by release."""
    arrivals = Arrivals(START, after(last), **changes)  # type: ignore[arg-type]
    return assess(instances, arrivals, after(now), patience=PATIENCE)


@pytest.fixture
def pair(tmp_path: Path) -> list[Instance]:
    """Both energies."""
    return read(tmp_path, LOW, HIGH)


def test_proof_needs_release_and_a_short_quiet_time(pair: list[Instance]) -> None:
    early = ask(pair, now=14)
    assert (early.readiness, early.look_again) == (Readiness.WAIT, after(15))
    assert ask(pair, now=15).readiness is Readiness.READY


@pytest.mark.parametrize("changes", [{"associations_open": 1}, {"released": False}])
def test_without_release_only_the_quiet_period_counts(pair: list[Instance], changes: dict[str, object]) -> None:
    """300 of 400 slices of both energies look complete by geometry alone."""
    waiting = ask(pair, now=60, **changes)
    assert (waiting.readiness, waiting.look_again) == (Readiness.WAIT, after(70))
    assert ask(pair, now=70, **changes).readiness is Readiness.READY


def test_a_missing_slice_waits_to_the_deadline(pair: list[Instance]) -> None:
    lacking = [i for i in pair if i.instance_number != 4 or i.series_number != 4]
    assert ask(lacking, now=599).readiness is Readiness.WAIT
    late = ask(lacking, now=600)
    assert late.readiness is Readiness.INCOMPLETE
    assert late.pairing.outcome is PairingOutcome.INCOMPLETE
    assert ask(pair, now=601, last=601, released=True).readiness is Readiness.READY


def test_one_energy_of_two_waits_to_the_deadline(pair: list[Instance]) -> None:
    low = [i for i in pair if i.series_number == 3]
    assert ask(low, now=300).readiness is Readiness.WAIT
    assert ask(low, now=600).readiness is Readiness.INCOMPLETE


@pytest.mark.parametrize(
    ("series", "outcome"),
    [(but(LOW, description="Hand nativ"), PairingOutcome.REFUSED), (TOPOGRAM, PairingOutcome.IGNORED)],
)
def test_what_cannot_be_paired_is_settled_after_the_quiet_period(
    tmp_path: Path, series: CtSeries, outcome: PairingOutcome
) -> None:
    instances = read(tmp_path, series)
    assert ask(instances, now=69).readiness is Readiness.WAIT
    settled = ask(instances, now=70)
    assert (settled.readiness, settled.pairing.outcome) == (Readiness.READY, outcome)


def test_endless_arrivals_end_at_the_deadline(pair: list[Instance]) -> None:
    assert ask(pair, now=599, last=599, associations_open=1).look_again == after(600)
    assert ask(pair, now=600, last=599, associations_open=1).readiness is Readiness.READY
