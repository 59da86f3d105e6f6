"""What of a scan could not be assessed, said beside what could."""

from dataclasses import replace

import numpy as np

from node.analysis.hand import HandResult
from node.analysis.limb.limbs import Limb
from node.domain.counting import counted
from node.domain.errors import Refused
from node.domain.findings import AcroOsteolysis, Digit, Hand, Laterality

DIGITS = range(1, 6)
PARTED = "Two hands that touch were parted; that they are a right and a left one could not be told from their geometry."


def refused_hand(limb: Limb, refusal: Refused) -> HandResult:
    """A hand of which nothing is known but why."""
    hand = Hand(
        laterality=Laterality.UNCERTAIN,
        limits=(f"Not assessed: {refusal}",),
        digits=tuple(Digit(digit, None, AcroOsteolysis.UNDETERMINED) for digit in DIGITS),
        deposits=(),
        covered=False,
    )
    return HandResult(limb, hand, np.zeros(limb.body.shape, np.int32), np.zeros(limb.body.shape, np.uint16))


def with_limits(result: HandResult, *limits: str) -> HandResult:
    """The hand with more limits, said before its own."""
    return replace(result, hand=replace(result.hand, limits=(*limits, *result.hand.limits)))


def further_words(count: int) -> tuple[str, ...]:
    """What is said of parts that nobody looked at; whose they are is not known, so it limits every hand."""
    if not count:
        return ()
    verb = "was" if count == 1 else "were"
    return (f"{counted(count, 'further part')} with bone {verb} not assessed: too small, too thick, or a third limb.",)
