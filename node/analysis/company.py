"""Step 12: small bodies of uncertain nature, judged by their company: alone in a hand they are bone or noise.

Sesamoids, accessory ossicles and osteophytes are common in healthy hands; a lone deposit that looks like one is rare.
Beside sure deposits the same body may well be one more, and is left to a reader.
"""

from collections.abc import Sequence
from typing import Final

from node.analysis.small_bones import LARGEST_OSSICLE_MM3
from node.domain.findings import Deposit, Material

BONE_SURFACE: Final = "bone surface"
FAINT: Final = "too faint to tell"
UNSURE_SHAPES: Final = (BONE_SURFACE, FAINT)


def lone_bodies(deposits: Sequence[Deposit], scale: float) -> tuple[int, ...]:
    """Numbers of the small bodies for review in a hand without a sure deposit; ``scale``: size over a mean hand."""
    if any(d.material is not Material.URATE and not d.review for d in deposits):
        return ()
    largest = LARGEST_OSSICLE_MM3 * scale**3
    return tuple(d.number for d in deposits if d.review and d.shape in UNSURE_SHAPES and d.volume_mm3 < largest)


def lone_words(deposits: Sequence[Deposit]) -> tuple[str, ...]:
    """What a reader is told of the bodies that are not listed; nothing where there is none."""
    if not deposits:
        return ()
    bodies = "body" if len(deposits) == 1 else "bodies"
    sizes = ", ".join(f"{d.volume_mm3:.0f}" for d in sorted(deposits, key=lambda d: -d.volume_mm3))
    said = (
        f"Not listed: {len(deposits)} small {bodies} ({sizes} mm³), taken for accessory ossicles, osteophytes or noise"
    )
    return (f"{said}, as this hand holds no sure deposit.",)
