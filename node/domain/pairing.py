"""Which two stacks of a study are its low and its high energy, and if none: why.

A pure predicate over headers. Pairs are found by physics (study, frame of reference, grid, kernel, rescale type, two
ordered energies); marks of a vendor only rule images out or break a tie.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

from node.domain.alignment import differences
from node.domain.counting import counted
from node.domain.instance import Instance
from node.domain.kind import Kind, kind_of
from node.domain.preference import preference
from node.domain.reason import INCOMPLETE_CODES, Reason, ReasonCode
from node.domain.series import Stack, stacks
from node.domain.verdicts import Verdict, verdicts


class PairingOutcome(StrEnum):
    """What follows for the study's job (DESIGN.md section 1)."""

    PAIRED = "paired"
    REFUSED = "refused"
    INCOMPLETE = "incomplete"  # a late slice or series may still cure it
    IGNORED = "ignored"  # nothing in it was ever meant for us


@dataclass(frozen=True, eq=False)
class StackPair:
    """Two stacks of one grid, one for each energy."""

    low: Stack
    high: Stack

    @property
    def instances(self) -> tuple[Instance, ...]:
        """Every instance of the pair once, by SOP Instance UID."""
        every = {i.sop_instance_uid: i for i in (*self.low.instances, *self.high.instances)}
        return tuple(every[uid] for uid in sorted(every))


@dataclass(frozen=True, eq=False)
class Pairing:
    """The pair, or the reasons why there is none; and a verdict for every series."""

    pair: StackPair | None
    outcome: PairingOutcome
    reasons: tuple[Reason, ...]
    verdicts: tuple[Verdict, ...]


def find_pair(instances: Iterable[Instance], *, allow_monoenergetic: bool = False) -> Pairing:
    """Pair of stacks to be measured out of the instances of one study.

    ``allow_monoenergetic``: take two virtual monoenergetic series where no pair of tube voltages is there.
    The result does not depend on the order of ``instances``.
    """
    every = sorted({i.sop_instance_uid: i for i in instances}.values(), key=lambda i: i.sop_instance_uid)
    candidates = _Candidates.of(every)
    pair, reasons = _decide(candidates, allow_monoenergetic)
    outcome = PairingOutcome.PAIRED if pair else _outcome(reasons)
    return Pairing(pair, outcome, reasons, verdicts(every, (pair.low, pair.high) if pair else None, reasons))


@dataclass(frozen=True, eq=False)
class _Candidates:
    instances: tuple[Instance, ...]
    ct: tuple[Stack, ...]
    monoenergetic: tuple[Stack, ...]
    kinds: frozenset[Kind]

    @classmethod
    def of(cls, instances: Sequence[Instance]) -> "_Candidates":
        by_kind: dict[Kind, list[Instance]] = {}
        for instance in instances:
            by_kind.setdefault(kind_of(instance), []).append(instance)
        usable = tuple(i for kind in (Kind.CT, Kind.MONOENERGETIC) for i in by_kind.get(kind, []))
        ct, mono = stacks(by_kind.get(Kind.CT, [])), stacks(by_kind.get(Kind.MONOENERGETIC, []))
        return cls(usable, ct, mono, frozenset(by_kind))


def _decide(candidates: _Candidates, allow_monoenergetic: bool) -> tuple[StackPair | None, tuple[Reason, ...]]:
    mixed_up = _mixed_up(candidates.instances)
    if mixed_up:
        return None, mixed_up
    if not candidates.ct and not candidates.monoenergetic:
        return None, (_too_few(candidates) if candidates.instances else _not_dual_energy(candidates),)
    pair, reasons = _best(candidates.ct)
    if pair:
        return pair, ()
    if not candidates.monoenergetic:
        return None, reasons or _single(candidates)
    if not allow_monoenergetic:
        return None, reasons or (_not_enabled(),)
    mono_pair, mono_reasons = _best(candidates.monoenergetic)
    return mono_pair, () if mono_pair else mono_reasons or reasons or _single(candidates)


def _mixed_up(found: Sequence[Instance]) -> tuple[Reason, ...]:
    patients = {i.patient_id for i in found if i.patient_id}
    studies = {i.study_instance_uid for i in found}
    reasons = []
    if len(patients) > 1:
        sentence = f"Images of {len(patients)} patients are mixed in this study; one patient is expected."
        reasons.append(Reason(ReasonCode.TWO_PATIENTS, sentence, "Correct the Patient IDs in the PACS and send again."))
    if len(studies) > 1:
        sentence = f"Images of {len(studies)} studies were given; one study is expected."
        reasons.append(Reason(ReasonCode.TWO_STUDIES, sentence, "Give each study by itself."))
    return tuple(reasons)


def _best(found: Sequence[Stack]) -> tuple[StackPair | None, tuple[Reason, ...]]:
    """The best pair without a fault; else the reasons against the pair that came nearest; else nothing."""
    attempts = [(low, high, differences(low, high)) for low, high in permutations(found, 2) if _orderable(low, high)]
    good = sorted(((low, high) for low, high, faults in attempts if not faults), key=preference)
    if len(good) > 1 and preference(good[0])[:-1] == preference(good[1])[:-1] and set(good[0]) & set(good[1]):
        return None, (_ambiguous(good),)
    if good:
        return StackPair(*good[0]), ()
    nearest = min((faults for _, _, faults in attempts), key=_severity, default=())
    return None, nearest


def _orderable(low: Stack, high: Stack) -> bool:
    """Two stacks that are worth a comparison: ``low`` by name the lower energy."""
    ours, theirs = low.tube, high.tube
    if ours.kev is not None and theirs.kev is not None:
        return ours.kev < theirs.kev
    if ours.kvp is None or theirs.kvp is None:
        return False
    return (ours.kvp, ours.has_tin) < (theirs.kvp, theirs.has_tin)


def _severity(faults: tuple[Reason, ...]) -> tuple[int, int, str]:
    hard = [f for f in faults if f.code not in INCOMPLETE_CODES]
    return len(hard), len(faults), str(faults)


_DUAL_MARK = re.compile(r"(?<![A-Za-z])(DE|DECT|dual[ -]?energy)(?![A-Za-z])|(?<![A-Za-z])[AB]_(Sn)?\d{2,3}", re.I)


def _ambiguous(good: Sequence[tuple[Stack, Stack]]) -> Reason:
    names = sorted({s.name for pair in good[:2] for s in pair})
    return Reason(
        ReasonCode.AMBIGUOUS,
        f"More than one pair fits equally well: {'; '.join(names)}.",
        "Send only the series of the two tube voltages.",
    )


def _single(candidates: _Candidates) -> tuple[Reason, ...]:
    """Reasons where no two energies are there to be compared."""
    found = candidates.ct or candidates.monoenergetic
    silent = [s for s in found if not s.tube.kvp and not s.tube.kev]
    if silent:
        sentence = f"{silent[0].name} does not tell its tube voltage (KVP and its sequences are empty)."
        return (Reason(ReasonCode.ENERGY_UNKNOWN, sentence, "Check the export settings of the scanner."),)
    tubes = sorted({str(s.tube) for s in found})
    begun = sorted({str(f.tube) for i in candidates.instances for f in i.frames} - set(tubes))
    if begun:
        sentence = f"Beside {', '.join(tubes)} only a slice or two of {', '.join(begun)} has arrived."
        return (Reason(ReasonCode.ENERGY_MISSING, sentence, "Send the whole series of the other energy."),)
    if _meant_as_dual(candidates):
        sentence = f"Only {', '.join(tubes)} has arrived of a dual-energy acquisition."
        return (Reason(ReasonCode.ENERGY_MISSING, sentence, "Send the series of the other tube voltage too."),)
    sentence = f"Only one energy is there ({', '.join(tubes)}); two are needed."
    return (Reason(ReasonCode.ONE_ENERGY, sentence, "Send both series of a dual-energy CT."),)


def _meant_as_dual(candidates: _Candidates) -> bool:
    marked = (i.multi_energy or _DUAL_MARK.search(i.series_description) for i in candidates.instances)
    return Kind.MIXED in candidates.kinds or any(marked)


def _not_enabled() -> Reason:
    return Reason(
        ReasonCode.MONOENERGETIC_NOT_ENABLED,
        "The study holds virtual monoenergetic series, which this node is not configured to measure.",
        "Enable allow_monoenergetic in the configuration.",
    )


def _not_dual_energy(candidates: _Candidates) -> Reason:
    kinds = ", ".join(sorted(k.value for k in candidates.kinds)) or "nothing"
    return Reason(
        ReasonCode.NOT_DUAL_ENERGY,
        f"No CT series at a tube voltage is in this study (found: {kinds}).",
        "Send the two series of a dual-energy CT.",
    )


def _too_few(candidates: _Candidates) -> Reason:
    """CT images are there, but not as many planes with a place as make a volume."""
    placed = sum(len(i.frames) for i in candidates.instances)
    images = counted(len(candidates.instances), "CT image")
    sentence = f"Found: {images}, {counted(placed, 'slice')} with a position. A volume is expected."
    hint = "Send the two series of a dual-energy CT, with Image Position and Orientation (Patient)."
    code = ReasonCode.MISSING_SLICES if _meant_as_dual(candidates) else ReasonCode.TOO_FEW_SLICES
    return Reason(code, sentence, hint)


def _outcome(reasons: tuple[Reason, ...]) -> PairingOutcome:
    codes = {r.code for r in reasons}
    if codes <= {ReasonCode.NOT_DUAL_ENERGY, ReasonCode.TOO_FEW_SLICES}:
        return PairingOutcome.IGNORED
    return PairingOutcome.INCOMPLETE if codes and codes <= INCOMPLETE_CODES else PairingOutcome.REFUSED
