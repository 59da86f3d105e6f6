"""Names and codes of the bones of a hand. The codes are those of the truth format of our cases and phantoms."""

from typing import Final

CARPALS: Final = (
    "scaphoid",
    "lunate",
    "triquetrum",
    "pisiform",
    "trapezium",
    "trapezoid",
    "capitate",
    "hamate",
)
SESAMOIDS: Final = (
    "sesamoid_MCP1_r",
    "sesamoid_MCP1_u",
    "sesamoid_MCP5",
    "sesamoid_IP1",
    "sesamoid_MCP2",
    "os_trapezoideum_secundarium",
    "lunula",
)


def _codes() -> dict[str, int]:
    codes = {"radius": 1, "ulna": 2}
    codes |= {name: 3 + n for n, name in enumerate(CARPALS)}
    codes |= {f"MC{d}": 10 + d for d in range(1, 6)}
    codes |= {f"PP{d}": 20 + d for d in range(1, 6)}
    codes |= {f"MP{d}": 30 + d for d in range(2, 6)}
    codes |= {f"DP{d}": 40 + d for d in range(1, 6)}
    return codes | {name: 51 + n for n, name in enumerate(SESAMOIDS)}


BONE_CODES: Final[dict[str, int]] = _codes()
BONE_NAMES: Final[dict[int, str]] = {code: name for name, code in BONE_CODES.items()}
UNNAMED: Final = "unnamed"
UNNAMED_BONE: Final = 99
"""Name and code of bone that could not be named."""
CARPUS: Final = 98
"""Code of carpal bone that could not be told apart further."""
