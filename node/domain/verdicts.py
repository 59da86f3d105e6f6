"""What became of every series of a study, for the journal, the page and ``calcinode why``."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.domain.instance import Instance
from node.domain.kind import Kind, kind_of
from node.domain.reason import Reason, ReasonCode
from node.domain.series import Stack


@dataclass(frozen=True)
class Verdict:
    """What became of one series, for the journal and ``calcinode why``."""

    series_instance_uid: str
    series_number: int | None
    series_description: str
    instances: int
    reason: Reason


_KIND_REASONS = {
    Kind.OWN: Reason(ReasonCode.OWN_OBJECT, "Made by this software; left alone."),
    Kind.OTHER: Reason(ReasonCode.NOT_CT, "Not a CT image (dose report, screen capture, document); left alone."),
    Kind.TOPOGRAM: Reason(ReasonCode.TOPOGRAM, "A topogram; left alone."),
    Kind.MIXED: Reason(ReasonCode.MIXED, "A mixed series of both energies; left alone."),
    Kind.MAP: Reason(ReasonCode.MAP, "A material map or derived image, not HU at one energy; left alone."),
    Kind.REFORMAT: Reason(ReasonCode.REFORMAT, "A reformat or secondary image; left alone."),
}


def verdicts(
    instances: Sequence[Instance], pair: tuple[Stack, Stack] | None, reasons: tuple[Reason, ...]
) -> tuple[Verdict, ...]:
    """A verdict for every series and kind of image in it, by series number.

    ``pair`` are the low and the high stack, ``reasons`` why there is none.
    """
    groups: dict[tuple[str, Kind], list[Instance]] = {}
    for instance in instances:
        groups.setdefault((instance.series_instance_uid, kind_of(instance)), []).append(instance)
    found = (_verdict(members, kind, pair, reasons) for (_, kind), members in groups.items())
    return tuple(sorted(found, key=lambda v: (v.series_number or 0, v.series_instance_uid, v.reason.code)))


def _verdict(
    members: Sequence[Instance], kind: Kind, pair: tuple[Stack, Stack] | None, reasons: tuple[Reason, ...]
) -> Verdict:
    head = members[0]
    reason = _KIND_REASONS.get(kind) or _role(head.series_instance_uid, pair, reasons)
    return Verdict(head.series_instance_uid, head.series_number, head.series_description, len(members), reason)


def _role(series_instance_uid: str, pair: tuple[Stack, Stack] | None, reasons: tuple[Reason, ...]) -> Reason:
    if pair is None:
        return reasons[0]
    low, high = (series_instance_uid == stack.series_instance_uid for stack in pair)
    if low and high:
        return Reason(ReasonCode.CHOSEN_LOW, f"Holds both energies, {pair[0].tube} and {pair[1].tube}.")
    if low:
        return Reason(ReasonCode.CHOSEN_LOW, f"Chosen as the low energy, {pair[0].tube}.")
    if high:
        return Reason(ReasonCode.CHOSEN_HIGH, f"Chosen as the high energy, {pair[1].tube}.")
    return Reason(
        ReasonCode.OTHER_PAIR,
        f"Not part of the pair chosen ({pair[0].name} and {pair[1].name}); left alone.",
        "If it shows another hand or time, send its two series as a study of their own.",
    )
