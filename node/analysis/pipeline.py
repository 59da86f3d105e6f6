"""The analysis of a study, step by step: two energies in, findings and their voxels out.

Pure: the same voxels give the same findings to the last bit, whatever the thread count. No DICOM, no files.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.spans import voxels_of
from node.analysis.grid.together import both
from node.analysis.hand import HandResult, analyse_limb
from node.analysis.limb.limbs import Limb, find_parts
from node.analysis.limb.touching import parted_hands
from node.analysis.unassessed import PARTED, further_words, refused_hand, with_limits
from node.domain.anatomy import BONE_NAMES
from node.domain.errors import Refused
from node.domain.findings import Analysis, Findings, Hand, Laterality, Outcome
from node.domain.progress import Progress
from node.domain.sctc_style import DEFAULT_WEIGHTS, ScoreWeights
from node.domain.volume import EnergyPair
from node.kernels.memory import keep_freed_memory

Labels = NDArray[np.int32] | NDArray[np.uint16]
STEPS_A_LIMB = 5
MOST_LIMBS = 2
RAY_LEVELS = ("MC", "PP", "MP", "DP")
"""First letters of the names of bones that only a hand has."""


def analyse(pair: EnergyPair, progress: Progress | None = None, weights: ScoreWeights = DEFAULT_WEIGHTS) -> Analysis:
    """Find and measure deposits in a pair of energies on one grid.

    ``progress`` is called with the name of a step and the share done, 0 … 1; ``weights`` are those of the SCTC-style
    score alone.

    Raises:
        Refused: the scan shows no hand or forearm, or none that can be assessed.
    """
    keep_freed_memory()
    parts = find_parts(pair, MOST_LIMBS)
    done = 0

    def advance(step: str) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(step, min(1.0, done / (STEPS_A_LIMB * len(parts.limbs))))

    def hand(limb: Limb) -> HandResult:
        return analyse_limb(limb, pair.low_tube, pair.high_tube, advance, weights)

    results = _hands(parts.limbs, hand)
    unseen = further_words(parts.further + max(0, len(results) - MOST_LIMBS))
    return _assemble([with_limits(result, *unseen) for result in results[:MOST_LIMBS]], pair.geometry.shape)


def _hands(limbs: tuple[Limb, ...], hand: Callable[[Limb], HandResult]) -> list[HandResult]:
    """The hands of all limbs, behind them those that cannot be assessed.

    Raises:
        Refused: none can be assessed; the reason is that of the first.
    """
    assessed: list[HandResult] = []
    refused: list[tuple[Limb, Refused]] = []
    for limb in limbs:
        try:
            assessed += _both_hands(limb, hand) or [hand(limb)]
        except Refused as refusal:
            refused.append((limb, _without_trace(refusal)))
    if not assessed:
        raise refused[0][1]
    return assessed + [refused_hand(limb, refusal) for limb, refusal in refused]


def _without_trace(refusal: Refused) -> Refused:
    """The refusal without the frames it came through, which hold on to the images of its limb."""
    return refusal.with_traceback(None)


def _both_hands(limb: Limb, hand: Callable[[Limb], HandResult]) -> list[HandResult] | None:
    """A right and a left hand that touch, None where the limb is not two hands.

    Two parts of one side are parts of one hand, and two of which neither has a bone of a hand are parts of something
    else. Where only a side is uncertain they stay apart, and that is said: the rays of two hands in one are no hand's.
    """
    parts = parted_hands(limb)
    if parts is None:
        return None
    try:
        first, second = (hand(part) for part in parts)
    except Refused:
        return None
    sides = first.hand.laterality, second.hand.laterality
    if Laterality.UNCERTAIN not in sides:
        return [first, second] if sides[0] != sides[1] else None
    if not (_is_of_a_hand(first) or _is_of_a_hand(second)):
        return None
    return [with_limits(first, PARTED), with_limits(second, PARTED)]


def _is_of_a_hand(result: HandResult) -> bool:
    """True where a metacarpal or a phalanx was recognised."""
    return any(BONE_NAMES.get(code, "")[:2] in RAY_LEVELS for code in np.unique(result.bones).tolist())


def _assemble(results: list[HandResult], shape: tuple[int, int, int]) -> Analysis:
    """Number the deposits of all hands in one run and put them on the scan's grid."""
    before = list(accumulate((len(result.hand.deposits) for result in results), initial=0))[:-1]
    segments, bones = both(
        lambda: _on_scan(shape, [(r.limb, r.deposits, first) for r, first in zip(results, before, strict=True)]),
        lambda: _on_scan(shape, [(r.limb, r.bones, 100 * number) for number, r in enumerate(results)]),
    )
    hands = tuple(_numbered_on(result, first) for result, first in zip(results, before, strict=True))
    reasons = tuple(dict.fromkeys(limit for hand in hands for limit in hand.limits))
    outcome = Outcome.PARTIAL if reasons else Outcome.COMPLETE
    return Analysis(Findings(outcome, reasons, hands), segments, bones)


def _numbered_on(result: HandResult, before: int) -> Hand:
    """The hand with its deposits numbered on from ``before``, and their slices counted in the scan."""
    first_slice = result.limb.offset[0]
    return replace(
        result.hand,
        deposits=tuple(
            replace(d, number=d.number + before, key_slice=d.key_slice + first_slice) for d in result.hand.deposits
        ),
    )


def _on_scan(shape: tuple[int, int, int], parts: Sequence[tuple[Limb, Labels, int]]) -> NDArray[np.uint16]:
    """The labels > 0 of limbs on the scan's grid, each raised by its number."""
    scan = np.zeros(shape, np.uint16)
    for limb, labels, offset in parts:
        voxels = voxels_of(labels, limb.spans)
        scan[limb.box][np.unravel_index(voxels, labels.shape)] = labels.reshape(-1)[voxels] + offset
    return scan
