"""Why a study was treated as it was, as plain JSON for the journal, the page and ``calcinode why``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from node.domain.job import JobState
from node.domain.pairing import Pairing, PairingOutcome
from node.domain.reason import Reason
from node.domain.verdicts import Verdict

UNPAIRED: Final[Mapping[PairingOutcome, JobState]] = {
    PairingOutcome.REFUSED: JobState.REFUSED,
    PairingOutcome.INCOMPLETE: JobState.INCOMPLETE,
    PairingOutcome.IGNORED: JobState.IGNORED,
}
"""What the job of a study without a pair ends as."""


def explain_pairing(pairing: Pairing) -> Mapping[str, Any]:
    """``{"reasons": [...], "series": [...]}``: the reasons of the outcome, and a verdict for every series."""
    return {"reasons": explain_reasons(pairing.reasons), "series": [_series(v) for v in pairing.verdicts]}


def explain_reasons(reasons: Sequence[Reason]) -> list[dict[str, str]]:
    """Code, sentence and hint of each."""
    return [_reason(reason) for reason in reasons]


def _reason(reason: Reason) -> dict[str, str]:
    return {"code": reason.code.value, "sentence": reason.sentence, "hint": reason.hint}


def _series(verdict: Verdict) -> dict[str, Any]:
    return {
        "series_instance_uid": verdict.series_instance_uid,
        "series_number": verdict.series_number,
        "series_description": verdict.series_description,
        "instances": verdict.instances,
        **_reason(verdict.reason),
    }
