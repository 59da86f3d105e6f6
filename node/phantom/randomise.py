"""Random phantoms: anatomy, pose, deposits, pair, grid and noise all drawn from one seed."""

from typing import Final

import numpy as np

from node.phantom.attenuation import pairs
from node.phantom.spec import (
    SITES,
    Deposit,
    Finger,
    Grid,
    Hand,
    Imaging,
    PhantomSpec,
    Place,
    Shape,
    Side,
    Substance,
)

_USUAL_PAIRS: Final = ("80/140", "80/Sn140(0.4)", "100/Sn140(0.4)", "80/Sn150(0.6)", "90/Sn150(0.6)")
_SHAPES: Final = (Shape.STONE, Shape.POPCORN, Shape.PUNCTATE, Shape.PLATE, Shape.SHEATH, Shape.NET, Shape.MOUSSE)
_WEIGHTS: Final = (0.34, 0.3, 0.08, 0.1, 0.08, 0.05, 0.05)
_MOST_MM3: Final = {"DP": 160.0, "MP": 260.0, "PP": 500.0}
"""Largest deposit on a digit; the skin bulges over it."""
_LONG_BONES: Final = tuple(f"{part}{d}" for part in ("PP", "MC") for d in range(1, 6)) + tuple(
    f"MP{d}" for d in range(2, 6)
)


def random_spec(seed: int, hard: bool = False) -> PhantomSpec:
    """A phantom that nobody chose. The same seed gives the same spec.

    ``hard`` adds difficulties: deposits on bone, urate, flexion to a fist, osteopenia, acro-osteolysis, calcified
    arteries, metal, motion, oblique planes, coarse slices, more noise and both hands at once.
    """
    rng = np.random.default_rng([seed, int(hard)])
    count = 2 if hard and rng.random() < 0.25 else 1
    table_mm = _between(rng, -800.0, 1400.0)
    hands = tuple(_hand(rng, hard, n, count, table_mm) for n in range(count))
    deposits = tuple(d for n in range(count) for d in _deposits(rng, hard, n))
    imaging = _imaging(rng, hard)
    kind = "hard random" if hard else "random"
    return PhantomSpec(
        name=f"random{'-hard' if hard else ''}-{seed}",
        description=f"{kind} phantom of seed {seed}; {imaging.pair}",
        hands=hands,
        deposits=deposits,
        grid=_grid(rng, hard, count),
        imaging=imaging,
        seed=seed,
    )


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 3)


def _hand(rng: np.random.Generator, hard: bool, number: int, count: int, table_mm: float) -> Hand:
    side = (Side.LEFT, Side.RIGHT)[number] if count == 2 else (Side.LEFT, Side.RIGHT)[int(rng.integers(2))]
    thin = _between(rng, 0.55, 0.9) if hard and rng.random() < 0.5 else _between(rng, 0.85, 1.15)
    shift = (_between(rng, -20.0, 20.0), _between(rng, -60.0, 60.0), table_mm)
    if count == 2:
        apart = _between(rng, 78.0, 90.0) * (-1.0 if side is Side.LEFT else 1.0)
        shift = (apart, _between(rng, -4.0, 4.0), table_mm + _between(rng, -8.0, 8.0))
    turn = 25.0 if count == 1 and hard else 6.0
    return Hand(
        side=side,
        size=_between(rng, 0.86, 1.1),
        girth=_between(rng, 0.92, 1.08),
        cortex=thin,
        trabeculae=_between(rng, 0.5, 1.0) if thin < 0.85 else _between(rng, 0.85, 1.2),
        fat=_between(rng, 0.7, 1.5),
        fingers=_pose(rng, hard and count == 1),
        forearm_mm=_between(rng, 20.0, 80.0),
        resorbed=_resorbed(rng, hard),
        sesamoids=_sesamoids(rng),
        vessels=_vessels(rng) if hard and rng.random() < 0.4 else (),
        seed=int(rng.integers(1, 2**31)),
        rotation=(_between(rng, -turn, turn), _between(rng, -turn, turn), _between(rng, -turn, turn)),
        offset_mm=shift,
    )


def _pose(rng: np.random.Generator, bent: bool) -> tuple[Finger, Finger, Finger, Finger, Finger]:
    curl = float(rng.uniform(0.0, 0.75)) if bent else float(rng.uniform(0.0, 0.15))
    spread = float(rng.uniform(0.0, 1.0)) * (1.0 - curl)

    def digit(abduction: float) -> Finger:
        own = float(np.clip(curl + rng.normal(0.0, 0.06), 0.0, 1.0))
        bend = [round(span * own + least, 1) for span, least in ((60.0, 4.0), (75.0, 5.0), (45.0, 3.0))]
        return Finger(bend[0], bend[1], bend[2], round(abduction, 1))

    bends = [_between(rng, 0.0, 18.0) for _ in range(3)]
    thumb = Finger(bends[0], bends[1], bends[2], _between(rng, -8.0, 6.0))
    return thumb, digit(2.0 + 5.0 * spread), digit(0.0), digit(-1.0 - 4.0 * spread), digit(-2.0 - 9.0 * spread)


def _resorbed(rng: np.random.Generator, hard: bool) -> tuple[tuple[int, float], ...]:
    if not hard or rng.random() < 0.45:
        return ()
    digits = rng.choice(np.arange(1, 6), size=int(rng.integers(1, 4)), replace=False)
    return tuple((int(d), _between(rng, 0.18, 0.6)) for d in sorted(digits))


def _sesamoids(rng: np.random.Generator) -> tuple[str, ...]:
    extra = [n for n in ("sesamoid_MCP2", "sesamoid_MCP5", "sesamoid_IP1") if rng.random() < 0.35]
    return ("sesamoid_MCP1_r", "sesamoid_MCP1_u", *extra)


def _vessels(rng: np.random.Generator) -> tuple[str, ...]:
    known = ("radial_artery", "ulnar_artery", "digital_artery_2r", "digital_artery_4u")
    return tuple(v for v in known if rng.random() < 0.6)


def _deposits(rng: np.random.Generator, hard: bool, hand: int) -> list[Deposit]:
    found = [_calcium(rng, hard, hand) for _ in range(int(rng.integers(2, 9)))]
    if hard and rng.random() < 0.35:
        found += [_urate(rng, hand) for _ in range(int(rng.integers(1, 4)))]
    if hard and rng.random() < 0.08:
        found.append(Deposit(_place(rng, False), 6.0, 1000.0, Shape.SPHERE, Substance.METAL, hand=hand))
    return found


def _calcium(rng: np.random.Generator, hard: bool, hand: int) -> Deposit:
    volume = float(np.exp(rng.normal(np.log(60.0), 1.4)))
    shape = _SHAPES[int(rng.choice(len(_SHAPES), p=_WEIGHTS))]
    lowest = {Shape.PLATE: 40.0, Shape.SHEATH: 60.0, Shape.NET: 60.0, Shape.PUNCTATE: 15.0, Shape.POPCORN: 8.0}
    volume = round(float(np.clip(volume, lowest.get(shape, 1.0), 1500.0)), 2)
    strength = _between(rng, 120.0, 300.0) if shape is Shape.MOUSSE else _between(rng, 300.0, 850.0)
    place = _place(rng, hard and rng.random() < 0.4)
    bone = place.bone if isinstance(place, Place) else SITES[place].bone
    volume = min(volume, _MOST_MM3.get(bone[:2], 1500.0))
    return Deposit(place, volume, strength, shape, Substance.CALCIUM, _between(rng, 0.0, 0.2), hand)


def _urate(rng: np.random.Generator, hand: int) -> Deposit:
    place = Place(f"PP{int(rng.integers(1, 6))}", _between(rng, 0.0, 0.15), _between(rng, 90.0, 270.0), gap_mm=1.0)
    volume = _between(rng, 60.0, 900.0)
    return Deposit(place, volume, _between(rng, 420.0, 700.0), Shape.TOPHUS, Substance.URATE, 0.1, hand)


def _place(rng: np.random.Generator, on_bone: bool) -> Place | str:
    if not on_bone and rng.random() < 0.5:
        return tuple(SITES)[int(rng.integers(len(SITES)))]
    bone = _LONG_BONES[int(rng.integers(len(_LONG_BONES)))]
    direction = _between(rng, -60.0, 60.0) if rng.random() < 0.5 else _between(rng, 120.0, 240.0)
    gap = _between(rng, -1.2, 0.1) if on_bone else _between(rng, 0.8, 3.0)
    return Place(bone, _between(rng, 0.2, 0.85), direction, gap_mm=gap)


def _grid(rng: np.random.Generator, hard: bool, count: int) -> Grid:
    pixel = _between(rng, 0.5, 0.62) if count == 2 else _between(rng, 0.34, 0.55)
    thick = float(rng.choice([0.6, 0.75, 1.0, 1.5])) if hard else 1.0
    increment = round(thick * float(rng.choice([0.7, 0.9, 1.0])), 3)
    tilt = (_between(rng, -12, 12), _between(rng, -12, 12), _between(rng, -25, 25)) if hard else (0.0, 0.0, 0.0)
    return Grid((increment, pixel, pixel), thick, tilt=tilt, towards_feet=bool(rng.random() < 0.5))


def _imaging(rng: np.random.Generator, hard: bool) -> Imaging:
    known = pairs() if hard else _USUAL_PAIRS
    low = _between(rng, 18.0, 45.0 if hard else 28.0)
    motion = tuple(_between(rng, -0.3, 0.3) for _ in range(3)) if hard and rng.random() < 0.4 else (0.0, 0.0, 0.0)
    return Imaging(
        pair=known[int(rng.integers(len(known)))],
        psf_mm=_between(rng, 0.28, 0.5),
        edge=_between(rng, 0.1, 0.4) if rng.random() < 0.3 else 0.0,
        noise_hu=(low, round(low * float(rng.uniform(0.6, 1.1)), 2)),
        noise_grain_mm=_between(rng, 0.3, 0.55),
        motion_mm=(motion[0], motion[1], motion[2]),
        clean_air_mm=8.0 if rng.random() < 0.5 else None,
    )
