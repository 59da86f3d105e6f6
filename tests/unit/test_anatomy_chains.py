"""Chains of bones joined into rays."""

from node.analysis.anatomy.chains import Chain, bridge
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from tests.fakes.rods import chain

MC, PP, MP, DP = MEAN_LENGTH_MM[3]
NEAR_MM = 4.0


def parted(whole: Chain, at: int) -> tuple[Chain, Chain]:
    return Chain(whole.parts[:at], whole.ends[:at]), Chain(whole.parts[at:], whole.ends[at:])


def labels(chains: list[Chain]) -> list[list[int]]:
    return [[part.label for part in chain.parts] for chain in chains]


def test_half_a_phalanx_and_a_fingertip_are_joined_whichever_way_they_seem_to_run() -> None:
    near, far = parted(chain((0, PP), (2, 0.5 * MP), (1, 0.45 * MP), (1, 0.9 * DP)), 2)
    for tip in (far, far.reversed()):
        assert labels(bridge([near, tip], NEAR_MM)) == [[1, 2, 3, 4]]


def test_what_clearly_runs_the_other_way_is_not_turned() -> None:
    near, far = parted(chain((0, MC), (2, PP), (2, PP), (2, MP), (2, DP)), 2)
    assert labels(bridge([near, far.reversed()], NEAR_MM)) == [[1, 2], [5, 4, 3]]
