"""Random deposits of a hand, placed and sized as in patients.

Where (docs: fingertip pads 94 %, hands 81 %, wrists 50 %, forearms 31 % of patients; in fat, along tendons, beside
muscle; palmar and dorsal), how large (about six a hand, some hundred mm³ in all, with a long tail), and next to
resorbed fingertips in half of the patients who have them.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from node.phantom.spacing import spread_out
from node.phantom.spec import SITES, Deposit, Hand, Place, Shape, Substance

_SHAPES: Final = (Shape.STONE, Shape.POPCORN, Shape.PUNCTATE, Shape.PLATE, Shape.SHEATH, Shape.NET, Shape.MOUSSE)
_WEIGHTS: Final = (0.34, 0.3, 0.08, 0.1, 0.08, 0.05, 0.05)
_LEAST_MM3: Final = {Shape.PLATE: 40.0, Shape.SHEATH: 60.0, Shape.NET: 60.0, Shape.PUNCTATE: 15.0, Shape.POPCORN: 8.0}
_MOST_MM3: Final = {"DP": 160.0, "MP": 260.0, "PP": 500.0, "ca": 700.0, "lu": 400.0}
"""Largest deposit on a digit and at the carpus, by the first letters of the bone; the skin bulges over it."""
MOST_MM3: Final = 1500.0
_LONG_BONES: Final = tuple(f"{part}{d}" for part in ("PP", "MC") for d in range(1, 6)) + tuple(
    f"MP{d}" for d in range(2, 6)
)
_FINGERTIPS: Final = tuple(f"DP{d}" for d in range(1, 6))


def random_deposits(rng: np.random.Generator, hard: bool, hand: Hand, number: int) -> list[Deposit]:
    """Deposits of hand ``number``, none running into another."""
    found = _stumps(rng, hand) if hard else []
    found += [_calcium(rng, hard) for _ in range(int(rng.integers(2, 9)))]
    if hard and rng.random() < 0.5:
        found += [_urate(rng) for _ in range(int(rng.integers(1, 4)))]
    if hard and rng.random() < 0.15:
        found.append(Deposit(_place(rng, False), 6.0, 1000.0, Shape.SPHERE, Substance.METAL))
    return spread_out(hand, [replace(deposit, hand=number) for deposit in found])


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 3)


def _stumps(rng: np.random.Generator, hand: Hand) -> list[Deposit]:
    """Clumps in place of and beside the lost part of resorbed fingertips."""
    found = []
    for digit, lost in hand.resorbed:
        if rng.random() < 0.5:
            along = round(1.0 - lost + _between(rng, 0.0, 0.3), 3)
            place = Place(f"DP{digit}", along, _between(rng, -70.0, 70.0), gap_mm=_between(rng, -1.0, 0.6))
            shape = Shape.POPCORN if rng.random() < 0.6 else Shape.STONE
            volume = round(float(np.exp(rng.uniform(np.log(12.0), np.log(120.0)))), 2)
            found.append(Deposit(place, volume, _between(rng, 400.0, 850.0), shape, texture=_between(rng, 0.0, 0.2)))
    return found


def _calcium(rng: np.random.Generator, hard: bool) -> Deposit:
    volume = float(np.exp(rng.normal(np.log(45.0), 1.5)))
    shape = _SHAPES[int(rng.choice(len(_SHAPES), p=_WEIGHTS))]
    strength = _between(rng, 120.0, 300.0) if shape is Shape.MOUSSE else _between(rng, 300.0, 850.0)
    place = _place(rng, hard and rng.random() < 0.4)
    most = _MOST_MM3.get(place.bone[:2], MOST_MM3)
    volume = round(float(np.clip(volume, _LEAST_MM3.get(shape, 1.0), most)), 2)
    return Deposit(place, volume, strength, shape, Substance.CALCIUM, _between(rng, 0.0, 0.2))


def _urate(rng: np.random.Generator) -> Deposit:
    place = Place(f"PP{int(rng.integers(1, 6))}", _between(rng, 0.0, 0.15), _between(rng, 90.0, 270.0), gap_mm=1.0)
    volume = _between(rng, 60.0, 900.0)
    return Deposit(place, volume, _between(rng, 420.0, 700.0), Shape.TOPHUS, Substance.URATE, 0.1)


def _place(rng: np.random.Generator, on_bone: bool) -> Place:
    if not on_bone and rng.random() < 0.5:
        return _at_a_site(rng)
    bones = (*_LONG_BONES, *_FINGERTIPS) if on_bone else _LONG_BONES
    bone = bones[int(rng.integers(len(bones)))]
    direction = _between(rng, -60.0, 60.0) if rng.random() < 0.5 else _between(rng, 120.0, 240.0)
    gap = _between(rng, -1.2, 0.1) if on_bone else _between(rng, 0.8, 3.0)
    return Place(bone, _between(rng, 0.2, 0.85), direction, gap_mm=gap)


def _at_a_site(rng: np.random.Generator) -> Place:
    """One of the usual sites, give or take some mm."""
    site = tuple(SITES.values())[int(rng.integers(len(SITES)))]
    along = round(site.along + _between(rng, -0.12, 0.12), 3)
    direction = round(site.direction + _between(rng, -20.0, 20.0), 3)
    return replace(site, along=along, direction=direction, gap_mm=round(site.gap_mm * _between(rng, 0.8, 1.5), 3))
