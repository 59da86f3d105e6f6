"""Sets of random phantoms to judge the analysis on: plain, hard, controls, and repeat scans of one hand."""

from dataclasses import dataclass
from typing import Final

from node.phantom.randomise import random_control, random_spec, repeat_scan
from node.phantom.spec import PhantomSpec

PLAIN: Final = "plain"
HARD: Final = "hard"
CONTROLS: Final = "controls"
REPEATS: Final = "repeats"
SCANS: Final = 3
"""How often each hand of the repeat scans is scanned."""


@dataclass(frozen=True)
class Member:
    """A phantom of a set; those of one ``hand`` are repeat scans of it."""

    group: str
    spec: PhantomSpec
    hand: str = ""


def suite(count: int) -> list[Member]:
    """``count`` random phantoms, every other one hard; for four of them a control, for seven a hand scanned again.

    Controls and repeated hands are of seeds of their own.
    """
    patients = [of_seed(seed) for seed in range(1, count + 1)]
    controls = [_control(1000 + n) for n in range(1, round(count / 4) + 1)]
    return patients + controls + [scan for n in range(1, round(count / 7) + 1) for scan in _repeats(2000 + n)]


def of_seed(seed: int) -> Member:
    """The random phantom of a seed: hard where it is even."""
    return Member(HARD if seed % 2 == 0 else PLAIN, random_spec(seed, hard=seed % 2 == 0))


def _control(seed: int) -> Member:
    return Member(CONTROLS, random_control(seed, hard=seed % 2 == 0))


def _repeats(seed: int) -> list[Member]:
    spec = random_spec(seed)
    return [Member(REPEATS, repeat_scan(spec, scan), f"hand {seed}") for scan in range(1, SCANS + 1)]
