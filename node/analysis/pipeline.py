"""The analysis of a study, step by step: two energies in, findings and their voxels out.

Pure: the same voxels give the same findings to the last bit, whatever the thread count. No DICOM, no files.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from node.analysis.hand import HandResult, analyse_limb
from node.analysis.limbs import Limb, find_limbs
from node.analysis.spans import Spans, voxels_of
from node.analysis.touching import parted_hands
from node.domain.findings import Analysis, Findings, Hand, Laterality, Outcome
from node.domain.sctc_style import DEFAULT_WEIGHTS, ScoreWeights
from node.domain.volume import EnergyPair
from node.kernels.memory import keep_freed_memory

Progress = Callable[[str, float], None]
STEPS_A_LIMB = 5
MOST_LIMBS = 2


def analyse(pair: EnergyPair, progress: Progress | None = None, weights: ScoreWeights = DEFAULT_WEIGHTS) -> Analysis:
    """Find and measure deposits in a pair of energies on one grid.

    ``progress`` is called with the name of a step and the share done, 0 … 1; ``weights`` are those of the SCTC-style
    score alone.

    Raises:
        Refused: the scan shows no hand or forearm, or the energies contradict each other.
    """
    keep_freed_memory()
    limbs = find_limbs(pair)[:MOST_LIMBS]
    done = 0

    def advance(step: str) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(step, min(1.0, done / (STEPS_A_LIMB * len(limbs))))

    def hand(limb: Limb) -> HandResult:
        return analyse_limb(limb, pair.low_tube, pair.high_tube, advance, weights)

    results = [result for limb in limbs for result in (_both_hands(limb, hand) or [hand(limb)])]
    return _assemble(results[:MOST_LIMBS], pair.geometry.shape)


def _both_hands(limb: Limb, hand: Callable[[Limb], HandResult]) -> list[HandResult] | None:
    """A right and a left hand that touch, None where the limb is not two hands."""
    parts = parted_hands(limb)
    if parts is None:
        return None
    both = [hand(part) for part in parts]
    sides = {result.hand.laterality for result in both}
    return both if sides == {Laterality.RIGHT, Laterality.LEFT} else None


def _assemble(results: list[HandResult], shape: tuple[int, int, int]) -> Analysis:
    """Number the deposits of all hands in one run and put them on the scan's grid."""
    segments = np.zeros(shape, np.uint16)
    bones = np.zeros(shape, np.uint16)
    hands: list[Hand] = []
    before = 0
    for number, result in enumerate(results):
        box = result.limb.box
        _put(segments[box], result.deposits, before, result.limb.spans)
        _put(bones[box], result.bones, 100 * number, result.limb.spans)
        deposits = tuple(
            replace(d, number=d.number + before, key_slice=d.key_slice + result.limb.offset[0])
            for d in result.hand.deposits
        )
        hands.append(replace(result.hand, deposits=deposits))
        before += len(deposits)
    reasons = tuple(limit for hand in hands for limit in hand.limits)
    outcome = Outcome.PARTIAL if reasons else Outcome.COMPLETE
    return Analysis(Findings(outcome, reasons, tuple(hands)), segments, bones)


def _put(into: NDArray[np.uint16], labels: NDArray[np.int32] | NDArray[np.uint16], offset: int, spans: Spans) -> None:
    """Write the labels > 0, raised by ``offset``, into a part of the scan's grid."""
    voxels = voxels_of(labels > 0, spans)
    place = np.unravel_index(voxels, labels.shape)
    into[place] = labels.reshape(-1)[voxels] + offset
