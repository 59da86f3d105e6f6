"""What is known of a hand by name alone, for rules that look at little else."""

from collections.abc import Mapping

from node.analysis.anatomy.model import HandAnatomy, Ray
from node.domain.findings import Laterality


def bare_hand(bones: Mapping[int, str] | None = None, rays: tuple[Ray, ...] = ()) -> HandAnatomy:
    """A hand of mean size with the names of its bones, without directions."""
    return HandAnatomy(
        laterality=Laterality.UNCERTAIN,
        laterality_margin=0.0,
        bones=bones or {},
        rays=rays,
        distal=None,
        palmar=None,
        radial=None,
        scale=1.0,
        frame=None,
        forearm_axis=None,
        forearm=(),
        limits=(),
    )
