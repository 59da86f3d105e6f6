"""What a site may set about results. Everything here is part of what determines them, so of their UIDs."""

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from node.domain.sctc_style import ScoreWeights


@dataclass(frozen=True)
class Parameters:
    """``series_number_base``: the first of three series numbers (SEG, SR, picture).

    ``allow_monoenergetic``: measure pairs of virtual monoenergetic series. ``refusal_notice``: a picture that says
    why a study was not measured. ``score_weights``: of the SCTC-style score, which is not the validated one.
    """

    allow_monoenergetic: bool = False
    series_number_base: int = 5001
    refusal_notice: bool = False
    score_weights: ScoreWeights = field(default_factory=ScoreWeights)

    @property
    def digest(self) -> str:
        """Digest of all parameters, 16 hexadecimal digits."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
