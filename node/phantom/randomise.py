"""Random phantoms: anatomy, pose, deposits, pair, grid and noise all drawn from one seed."""

from dataclasses import replace
from typing import Final

import numpy as np

from node.phantom.attenuation import pairs
from node.phantom.random_deposits import random_deposits
from node.phantom.spec import Finger, Grid, Hand, Imaging, PhantomSpec, Side, Splint, Vector3

_USUAL_PAIRS: Final = ("80/140", "80/Sn140(0.4)", "100/Sn140(0.4)", "80/Sn150(0.6)", "90/Sn150(0.6)")
_VESSELS: Final = ("radial_artery", "ulnar_artery", "digital_artery_2r", "digital_artery_4u")
_JOINTED: Final = ("MC1", "PP1", *(f"{part}{d}" for part in ("MC", "PP", "MP") for d in range(2, 6)))
STILL: Final = (0.0, 0.0, 0.0)


def random_spec(seed: int, hard: bool = False) -> PhantomSpec:
    """A phantom that nobody chose. The same seed gives the same spec.

    ``hard`` adds difficulties: deposits on bone and in place of a lost fingertip, urate, flexion to a fist, osteopenia,
    acro-osteolysis, osteophytes, calcified arteries, metal, motion, oblique planes, thick slices, noise, two hands.
    """
    rng = np.random.default_rng([seed, int(hard)])
    count = 2 if hard and rng.random() < 0.25 else 1
    table_mm = _between(rng, -800.0, 1400.0)
    hands = _of_one_patient([_hand(rng, hard, n, count, table_mm) for n in range(count)])
    deposits = tuple(d for n, hand in enumerate(hands) for d in random_deposits(rng, hard, hand, n))
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


def random_control(seed: int, hard: bool = False) -> PhantomSpec:
    """A random hand without deposits, full of what looks like them.

    Sesamoids, accessory ossicles, osteophytes, calcified arteries, resorbed tufts, a splint.
    """
    spec = random_spec(seed, hard)
    rng = np.random.default_rng([seed, int(hard), 1])
    hands = tuple(_look_alikes(rng, hand) for hand in spec.hands)
    return replace(
        spec,
        name=f"control{'-hard' if hard else ''}-{seed}",
        description=f"hand without deposits, of seed {seed}; {spec.imaging.pair}",
        hands=hands,
        deposits=(),
    )


def repeat_scan(spec: PhantomSpec, scan: int) -> PhantomSpec:
    """The same hands and deposits again: another pose and position, other slices, other noise."""
    rng = np.random.default_rng([spec.seed, 17, scan])
    shift = _vector(rng, 0.5 * spec.grid.spacing_mm[0])
    return replace(
        spec,
        name=f"repeat-{spec.seed}-scan-{scan}",
        hands=tuple(_posed_anew(rng, hand) for hand in spec.hands),
        grid=replace(spec.grid, shift_mm=shift),
        scan=scan,
    )


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 3)


def _vector(rng: np.random.Generator, most: float) -> Vector3:
    return _between(rng, -most, most), _between(rng, -most, most), _between(rng, -most, most)


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
        wrist_flexion=_between(rng, -15.0, 20.0) if hard else _between(rng, -5.0, 5.0),
        forearm_mm=_between(rng, 20.0, 80.0),
        resorbed=_resorbed(rng, 0.55 if hard else 0.0),
        sesamoids=_sesamoids(rng, 0.35),
        vessels=_some(rng, _VESSELS, 0.6) if hard and rng.random() < 0.4 else (),
        osteophytes=_some(rng, _JOINTED, 0.2) if hard and rng.random() < 0.4 else (),
        seed=int(rng.integers(1, 2**31)),
        rotation=_vector(rng, turn),
        offset_mm=shift,
    )


def _of_one_patient(hands: list[Hand]) -> tuple[Hand, ...]:
    """Both hands of the size and bone of the first, imaged from the same height on."""
    first = hands[0]
    shared = {name: getattr(first, name) for name in ("size", "girth", "cortex", "trabeculae", "fat", "forearm_mm")}
    return first, *(replace(hand, **shared) for hand in hands[1:])


def _look_alikes(rng: np.random.Generator, hand: Hand) -> Hand:
    ossicles = _some(rng, ("os_trapezoideum_secundarium", "lunula"), 0.5)
    material = "plaster" if rng.random() < 0.5 else "plastic"
    return replace(
        hand,
        sesamoids=(*_sesamoids(rng, 0.6), *ossicles),
        vessels=_some(rng, _VESSELS, 0.7) if rng.random() < 0.6 else (),
        osteophytes=_some(rng, _JOINTED, 0.3) if rng.random() < 0.7 else (),
        resorbed=_resorbed(rng, 0.5),
        splint=Splint(material, _between(rng, 1.5, 4.0)) if rng.random() < 0.3 else None,
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


def _posed_anew(rng: np.random.Generator, hand: Hand) -> Hand:
    """The hand as a technician would lay it the next time: joints within 4°, turned within 8°, moved within 10 mm."""

    def bend(angle: float) -> float:
        return round(max(0.0, angle + _between(rng, -4.0, 4.0)), 2)

    bends = [Finger(bend(f.mcp), bend(f.pip), bend(f.dip), f.abduction) for f in hand.fingers]
    turn, move = _vector(rng, 8.0), _vector(rng, 10.0)
    return replace(
        hand,
        fingers=(bends[0], bends[1], bends[2], bends[3], bends[4]),
        rotation=_sum(hand.rotation, turn),
        offset_mm=_sum(hand.offset_mm, move),
    )


def _sum(one: Vector3, other: Vector3) -> Vector3:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _resorbed(rng: np.random.Generator, often: float) -> tuple[tuple[int, float], ...]:
    if rng.random() >= often:
        return ()
    digits = rng.choice(np.arange(1, 6), size=int(rng.integers(1, 4)), replace=False)
    return tuple((int(d), _between(rng, 0.18, 0.6)) for d in sorted(digits))


def _sesamoids(rng: np.random.Generator, often: float) -> tuple[str, ...]:
    extra = _some(rng, ("sesamoid_MCP2", "sesamoid_MCP5", "sesamoid_IP1"), often)
    return ("sesamoid_MCP1_r", "sesamoid_MCP1_u", *extra)


def _some(rng: np.random.Generator, names: tuple[str, ...], often: float) -> tuple[str, ...]:
    return tuple(name for name in names if rng.random() < often)


def _grid(rng: np.random.Generator, hard: bool, count: int) -> Grid:
    """Voxels of 0.36 to 0.62 mm in slices every 0.6 to 1.0 mm."""
    pixel = _between(rng, 0.5, 0.62) if count == 2 else _between(rng, 0.36, 0.58)
    thick = float(rng.choice([0.75, 1.0, 1.0, 1.5])) if hard else 1.0
    increment = round(float(np.clip(thick * rng.choice([0.8, 0.9, 1.0]), 0.6, 1.0)), 3)
    tilt = (_between(rng, -12, 12), _between(rng, -12, 12), _between(rng, -25, 25)) if hard else STILL
    return Grid((increment, pixel, pixel), thick, tilt=tilt, towards_feet=bool(rng.random() < 0.5))


def _imaging(rng: np.random.Generator, hard: bool) -> Imaging:
    known = pairs() if hard else _USUAL_PAIRS
    low = _between(rng, 18.0, 45.0 if hard else 28.0)
    return Imaging(
        pair=known[int(rng.integers(len(known)))],
        psf_mm=_between(rng, 0.28, 0.5),
        edge=_between(rng, 0.1, 0.4) if rng.random() < 0.3 else 0.0,
        noise_hu=(low, round(low * float(rng.uniform(0.6, 1.1)), 2)),
        noise_grain_mm=_between(rng, 0.3, 0.55),
        motion_mm=_vector(rng, 0.3) if hard and rng.random() < 0.4 else STILL,
        clean_air_mm=8.0 if rng.random() < 0.75 else None,
    )
