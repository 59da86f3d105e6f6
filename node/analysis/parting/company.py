"""Step 12: small bodies of uncertain nature, judged by their company: alone in a hand they are bone or noise.

Sesamoids, accessory ossicles, osteophytes and calcified arteries are common in hands without calcinosis; a lone deposit
that looks like one is rare. Beside sure deposits the same body may well be one more, and is left to a reader.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.analysis.mineral.reasons import Reason
from node.analysis.parting.small_bones import LARGEST_OSSICLE_MM3
from node.domain.findings import Deposit, Material

COMMON: Final = tuple(reason for reason in Reason if reason.is_common)


def without_lone_bodies(
    deposits: Sequence[Deposit], labels: NDArray[np.int32], scale: float
) -> tuple[list[Deposit], list[Deposit]]:
    """(the rest numbered anew from 1, the small bodies for review in a hand without a sure deposit).

    ``labels`` int32 (z, y, x) hold the deposits' numbers, and then the new ones; ``scale``: size over a mean hand.
    """
    lone = _lone(deposits, scale)
    kept = [d for d in deposits if d.number not in lone]
    anew = np.zeros(len(deposits) + 1, labels.dtype)
    anew[[d.number for d in kept]] = np.arange(1, len(kept) + 1)
    if lone:
        voxels = np.flatnonzero(labels)
        labels.reshape(-1)[voxels] = anew[labels.reshape(-1)[voxels]]
    return [replace(d, number=n) for n, d in enumerate(kept, 1)], [d for d in deposits if d.number in lone]


def _lone(deposits: Sequence[Deposit], scale: float) -> tuple[int, ...]:
    if any(d.material is not Material.URATE and not d.review for d in deposits):
        return ()
    largest = LARGEST_OSSICLE_MM3 * scale**3
    return tuple(d.number for d in deposits if d.review and d.shape in COMMON and d.volume_mm3 < largest)


def lone_words(deposits: Sequence[Deposit]) -> tuple[str, ...]:
    """What a reader is told of the bodies that are not listed; nothing where there is none."""
    if not deposits:
        return ()
    bodies = "body" if len(deposits) == 1 else "bodies"
    sizes = ", ".join(f"{d.volume_mm3:.0f}" for d in sorted(deposits, key=lambda d: -d.volume_mm3))
    said = (
        f"Not listed: {len(deposits)} small {bodies} ({sizes} mm³), "
        "taken for accessory ossicles, osteophytes, arterial wall or noise"
    )
    return (f"{said}, as this hand holds no sure deposit.",)
