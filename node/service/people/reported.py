"""``findings.json`` of a finished job, read back: the page says what the report says, from what was sent."""

import json
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from node.domain.errors import Refused
from node.domain.findings import Findings

_FINDINGS: Final[TypeAdapter[Findings]] = TypeAdapter(Findings)


@dataclass(frozen=True)
class Reported:
    """A result as its file tells it.

    ``algorithm``: name and version. ``descriptions``: the sentence of each deposit, by its number. ``findings`` are
    the domain's, rounded as the file is; ``key_slice`` is not in the file and always 0.
    """

    algorithm: str
    findings: Findings
    descriptions: dict[int, str]


def read_reported(content: bytes) -> Reported:
    """Read the bytes of a ``findings.json``. Raises Refused where it is none of this version's."""
    try:
        document = json.loads(content)
        hands = [_hand(hand) for hand in document["hands"]]
        algorithm = document["algorithm"]
        return Reported(
            algorithm=f"{algorithm['name']} {algorithm['version']}",
            findings=_FINDINGS.validate_python(document | {"hands": hands}),
            descriptions={d["number"]: d["description"] for hand in hands for d in hand["deposits"]},
        )
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise Refused(
            "The findings of this job cannot be shown: findings.json is not of this version.",
            hint="Its files can still be read.",
        ) from error


def _hand(hand: dict[str, Any]) -> dict[str, Any]:
    """The keys of the file under the names of ``domain.findings.Hand``."""
    deposits = [deposit | {"key_slice": 0} for deposit in hand["deposits"]]
    return hand | {"deposits": deposits, "sctc_style": hand["sctc_style_score"]}
