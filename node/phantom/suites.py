"""Sets of random phantoms to judge the analysis on: plain, hard, controls, and repeat scans of one hand."""

from dataclasses import dataclass
from typing import Final

from node.phantom.randomise import random_spec
from node.phantom.spec import PhantomSpec

PLAIN: Final = "plain"
HARD: Final = "hard"
CONTROLS: Final = "controls"
REPEATS: Final = "repeats"


@dataclass(frozen=True)
class Member:
    """A phantom of a set; those of one ``hand`` are repeat scans of it."""

    group: str
    spec: PhantomSpec
    hand: str = ""


def suite(count: int) -> list[Member]:
    """``count`` random phantoms, every other one hard."""
    return [of_seed(seed) for seed in range(1, count + 1)]


def of_seed(seed: int) -> Member:
    """The random phantom of a seed: hard where it is even."""
    return Member((HARD, PLAIN)[seed % 2], random_spec(seed, hard=seed % 2 == 0))
