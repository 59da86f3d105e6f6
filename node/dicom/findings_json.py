"""``findings.json``: the findings as one canonical JSON document (schema 1, DESIGN.md section 3)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from node.domain.findings import SCHEMA, Deposit, Digit, Findings, Hand
from node.domain.volume import Tube

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
    value = value.item() if isinstance(value, np.generic) else value
    return round(value, DECIMALS) + 0.0 if isinstance(value, float) else value


def rounded_findings(findings: Findings) -> Findings:
    """The findings with every value at ``DECIMALS`` places."""

    def deposit(old: Deposit) -> Deposit:
        changes = {name: _rounded(value) for name, value in vars(old).items()}
        x, y, z = old.centroid_lps_mm
        return replace(old, **changes | {"centroid_lps_mm": (_rounded(x), _rounded(y), _rounded(z))})

    def digit(old: Digit) -> Digit:
        return replace(old, distal_phalanx_length_mm=_rounded(old.distal_phalanx_length_mm))

    hands = tuple(
        replace(hand, deposits=tuple(map(deposit, hand.deposits)), digits=tuple(map(digit, hand.digits)))
        for hand in findings.hands
    )
    return replace(findings, hands=hands)


def _series(series: SeriesInput | None) -> dict[str, Any] | None:
    if series is None:
        return None
    tube = series.tube
    filtered = "SN" if tube.has_tin else None
    energy = {"kvp": tube.kvp, "filter": filtered} | ({} if tube.kev is None else {"kev": tube.kev})
    return {"series_instance_uid": series.series_instance_uid, **energy, "instances": series.instances}


def _deposit(
    deposit: Deposit, tracking_uid: Callable[[int], str], key_sop_instance_uids: Sequence[str]
) -> dict[str, Any]:
    values = asdict(deposit)
    key_slice = values.pop("key_slice")
    return values | {
        "tracking_uid": tracking_uid(deposit.number),
        "segment_number": deposit.number,
        "key_sop_instance_uid": key_sop_instance_uids[key_slice],
    }


def _hand(hand: Hand, tracking_uid: Callable[[int], str], key_sop_instance_uids: Sequence[str]) -> dict[str, Any]:
    return {
        "laterality": hand.laterality,
        "limits": hand.limits,
        "totals": {name: _rounded(value) for name, value in asdict(hand.totals).items()},
        "digits": [asdict(digit) for digit in hand.digits],
        "deposits": [_deposit(d, tracking_uid, key_sop_instance_uids) for d in hand.deposits],
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
