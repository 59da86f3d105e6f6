"""``findings.json``: the findings as one canonical JSON document (schema 1, DESIGN.md section 3)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from node.domain.findings import SCHEMA, Deposit, Findings, Hand, Laterality, SctcStyleScore, Totals
from node.domain.sctc_style import NAME
from node.domain.totals import digit_totals, region_totals
from node.domain.volume import Tube
from node.domain.wording import description

DECIMALS = 3
"""Places kept of every measured value (0.001 mm³, mg, HU, mm): the SR and the JSON carry the same digits."""


@dataclass(frozen=True)
class SeriesInput:
    """One energy as it came in."""

    series_instance_uid: str
    tube: Tube
    instances: int


@dataclass(frozen=True)
class StudyInput:
    """What was looked at. ``low`` and ``high`` are None where no pair was found."""

    study_instance_uid: str
    frame_of_reference_uid: str
    low: SeriesInput | None
    high: SeriesInput | None


def _rounded(value: Any) -> Any:
    """``value``, or all floats in a dataclass or tuple, at ``DECIMALS`` places."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: _rounded(old) for name, old in vars(value).items()})
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))
    value = value.item() if isinstance(value, np.generic) else value
    return round(value, DECIMALS) + 0.0 if isinstance(value, float) else value


def rounded_findings(findings: Findings) -> Findings:
    """The findings with every value at ``DECIMALS`` places."""
    rounded: Findings = _rounded(findings)
    return rounded


def rounded_totals(totals: Totals) -> Totals:
    """Sums of rounded values at ``DECIMALS`` places, as JSON and SR carry them."""
    rounded: Totals = _rounded(totals)
    return rounded


def _series(series: SeriesInput | None) -> dict[str, Any] | None:
    if series is None:
        return None
    tube = series.tube
    filtered = "SN" if tube.has_tin else None
    energy = {"kvp": tube.kvp, "filter": filtered} | ({} if tube.kev is None else {"kev": tube.kev})
    return {"series_instance_uid": series.series_instance_uid, **energy, "instances": series.instances}


def _deposit(
    deposit: Deposit, laterality: Laterality, tracking_uid: Callable[[int], str], key_sop_instance_uids: Sequence[str]
) -> dict[str, Any]:
    values = asdict(deposit)
    key_slice = values.pop("key_slice")
    return values | {
        "confidence": deposit.confidence,
        "description": description(deposit, laterality),
        "tracking_uid": tracking_uid(deposit.number),
        "segment_number": deposit.number,
        "key_sop_instance_uid": key_sop_instance_uids[key_slice],
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return asdict(rounded_totals(totals))


def _score(score: SctcStyleScore | None) -> dict[str, Any] | None:
    if score is None:
        return None
    regions = [asdict(region) | {"score": _rounded(region.score)} for region in score.regions]
    return {"name": NAME, "total": _rounded(score.total), "regions": regions}


def _hand(hand: Hand, tracking_uid: Callable[[int], str], key_sop_instance_uids: Sequence[str]) -> dict[str, Any]:
    return {
        "laterality": hand.laterality,
        "covered": hand.covered,
        "limits": hand.limits,
        "notes": hand.notes,
        "totals": _totals(hand.totals),
        "digit_totals": [{"digit": digit} | _totals(totals) for digit, totals in digit_totals(hand)],
        "region_totals": [{"region": region} | _totals(totals) for region, totals in region_totals(hand)],
        "sctc_style_score": _score(hand.sctc_style),
        "digits": [asdict(digit) for digit in hand.digits],
        "deposits": [_deposit(d, hand.laterality, tracking_uid, key_sop_instance_uids) for d in hand.deposits],
    }


def findings_json(
    findings: Findings,
    study: StudyInput,
    algorithm: tuple[str, str],
    tracking_uid: Callable[[int], str],
    key_sop_instance_uids: Sequence[str],
) -> bytes:
    """The document as canonical bytes: UTF-8, sorted keys, two spaces, a final newline.

    ``algorithm`` is (name, version); ``key_sop_instance_uids`` gives the source instance of each slice, by z.
    """
    document = {
        "schema": SCHEMA,
        "outcome": findings.outcome,
        "reasons": findings.reasons,
        "algorithm": dict(zip(("name", "version"), algorithm, strict=True)),
        "input": {
            "study_instance_uid": study.study_instance_uid,
            "frame_of_reference_uid": study.frame_of_reference_uid,
            "low": _series(study.low),
            "high": _series(study.high),
        },
        "hands": [_hand(hand, tracking_uid, key_sop_instance_uids) for hand in findings.hands],
    }
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
