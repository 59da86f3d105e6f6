"""Step 12: small bodies of uncertain nature, judged by their company: alone in a hand they are bone or noise.

Sesamoids, accessory ossicles, osteophytes and calcified arteries are common in hands without calcinosis; a lone deposit
that looks like one is rare. Beside sure deposits the same body may well be one more, and is left to a reader; but for
what is too faint to tell as well, which is the blur of bone, and what lies in the blur of a sure deposit.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from node.analysis.deposit.certainty import FAINT_MM3, is_faint
from node.analysis.deposit.measure import MASS_MARGIN_MM
from node.analysis.grid.spans import mask_of, spans_of
from node.analysis.limb.nearest import nearest_source
from node.analysis.mineral.reasons import Reason
from node.analysis.parting.small_bones import LARGEST_OSSICLE_MM3
from node.domain.findings import Deposit, Material

Labels = NDArray[np.int32]
COMMON: Final = tuple(reason for reason in Reason if reason.is_common)


def without_unlisted(
    deposits: Sequence[Deposit], labels: Labels, spacing_mm: tuple[float, float, float], scale: float
) -> tuple[list[Deposit], list[Deposit]]:
    """(the rest numbered anew from 1, the small bodies for review that are not listed).

    ``labels`` int32 (z, y, x) hold the deposits' numbers, and then the new ones; ``scale``: size over a mean hand.
    """
    unlisted = _unlisted(deposits, labels, spacing_mm, scale)
    kept = [d for d in deposits if d.number not in unlisted]
    anew = np.zeros(len(deposits) + 1, labels.dtype)
    anew[[d.number for d in kept]] = np.arange(1, len(kept) + 1)
    if unlisted:
        voxels = np.flatnonzero(labels)
        labels.reshape(-1)[voxels] = anew[labels.reshape(-1)[voxels]]
    return [replace(d, number=n) for n, d in enumerate(kept, 1)], [d for d in deposits if d.number in unlisted]


def _unlisted(
    deposits: Sequence[Deposit], labels: Labels, spacing_mm: tuple[float, float, float], scale: float
) -> set[int]:
    doubtful = [d for d in deposits if d.review and d.shape in COMMON]
    sure = _sure(deposits)
    if not sure:
        largest = LARGEST_OSSICLE_MM3 * scale**3
        return {d.number for d in doubtful if d.volume_mm3 < largest}
    faint = {d.number for d in doubtful if d.shape != Reason.FAINT and is_faint(d.volume_mm3, d.confidence_parts)}
    small = {d.number for d in doubtful if d.volume_mm3 < FAINT_MM3}
    return faint | _in_blur(small - faint, sure, labels, spacing_mm)


def _sure(deposits: Sequence[Deposit]) -> set[int]:
    return {d.number for d in deposits if d.material is not Material.URATE and not d.review}


def _in_blur(bodies: set[int], sure: set[int], labels: Labels, spacing_mm: tuple[float, float, float]) -> set[int]:
    """Those of ``bodies`` that come so near to a sure deposit that its own mineral, blurred, reaches them."""
    if not bodies:
        return set()
    voxels = np.flatnonzero(labels)
    owner = labels.reshape(-1)[voxels]
    ours, theirs = (voxels[np.isin(owner, list(numbers))] for numbers in (bodies, sure))
    wanted = spans_of(mask_of(ours, labels.shape))
    near = nearest_source(mask_of(theirs, labels.shape), spacing_mm, MASS_MARGIN_MM, wanted)
    return set(labels.reshape(-1)[ours[near.at(ours)[0] > 0]].tolist())


def unlisted_words(unlisted: Sequence[Deposit], listed: Sequence[Deposit]) -> tuple[str, ...]:
    """What a reader is told of the bodies that are not listed; nothing where there is none."""
    if not unlisted:
        return ()
    bodies = "body" if len(unlisted) == 1 else "bodies"
    sizes = ", ".join(f"{d.volume_mm3:.0f}" for d in sorted(unlisted, key=lambda d: -d.volume_mm3))
    taken_for = (
        "too faint, or too near to a listed deposit, to be told from the blur of bone or of that deposit."
        if _sure(listed)
        else "taken for accessory ossicles, osteophytes, arterial wall or noise, as this hand holds no sure deposit."
    )
    return (f"Not listed: {len(unlisted)} small {bodies} ({sizes} mm³), {taken_for}",)
