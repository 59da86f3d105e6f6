"""Named phantoms."""

from collections.abc import Callable
from typing import Final

from node.domain.errors import Refused
from node.phantom.spec import Deposit, Finger, Grid, Hand, Imaging, PhantomSpec, Place, Shape, Side, Substance

_DEMO_DEPOSITS: Final = (
    Deposit(Place("DP2", 0.5, 0.0, gap_mm=1.3), 28.0, 620.0, Shape.STONE),
    Deposit("pulp3", 60.0, 520.0, Shape.POPCORN),
    Deposit(Place("PP3", 0.55, 265.0, gap_mm=-0.6), 75.0, 640.0, Shape.POPCORN),
    Deposit("carpal_tunnel", 160.0, 420.0, Shape.POPCORN),
    Deposit(Place("MC5", 0.5, 250.0, depth_mm=2.0), 90.0, 560.0, Shape.PLATE),
    Deposit("forearm_volar", 120.0, 480.0, Shape.STONE),
    Deposit(Place("MC4", 0.6, 0.0, gap_mm=2.0), 300.0, 520.0, Shape.TOPHUS, Substance.URATE),
)


def demo() -> PhantomSpec:
    """Right hand with six calcium deposits, one on bone, and a urate tophus; the demo and the self-test use it."""
    return PhantomSpec(
        name="demo",
        description="Right hand, six calcium deposits (one touches bone) and a urate tophus; 80/Sn140",
        hands=(Hand(resorbed=((2, 0.25),), seed=4),),
        deposits=_DEMO_DEPOSITS,
        seed=20,
    )


def control() -> PhantomSpec:
    """Right hand without a deposit, with sesamoids and calcified arteries: nothing may be found."""
    hand = Hand(
        sesamoids=("sesamoid_MCP1_r", "sesamoid_MCP1_u", "sesamoid_MCP5", "sesamoid_MCP2", "sesamoid_IP1"),
        vessels=("radial_artery", "ulnar_artery", "digital_artery_4u"),
        seed=2,
    )
    return PhantomSpec(name="control", description="Right hand without calcinosis", hands=(hand,), seed=21)


def small() -> PhantomSpec:
    """Left thumb and two fingers at 1 mm with two deposits: quick, for tests."""
    return PhantomSpec(
        name="small",
        description="Left hand, three digits, coarse; one calcium deposit and one on bone",
        hands=(Hand(side=Side.LEFT, digits=(1, 2, 3), forearm_mm=15.0, seed=1),),
        deposits=(
            Deposit("pulp2", 70.0, 600.0, Shape.STONE),
            Deposit(Place("PP3", 0.5, 180.0, gap_mm=-0.5), 110.0, 650.0, Shape.POPCORN),
        ),
        grid=Grid(spacing_mm=(1.2, 0.9, 0.9), slice_thickness_mm=1.2, margin_mm=8.0),
        imaging=Imaging(psf_mm=0.5, noise_hu=(15.0, 12.0)),
        seed=22,
    )


def both_hands() -> PhantomSpec:
    """Both hands beside each other with part of the forearms, osteopenic; calcium in both."""
    left = Hand(
        side=Side.LEFT,
        forearm_mm=70.0,
        cortex=0.7,
        trabeculae=0.6,
        resorbed=((3, 0.4),),
        seed=8,
        offset_mm=(-76.0, 0.0, 0.0),
    )
    right = Hand(side=Side.RIGHT, forearm_mm=70.0, cortex=0.7, trabeculae=0.6, seed=8, offset_mm=(76.0, 0.0, 4.0))
    deposits = (
        Deposit("pulp3", 45.0, 560.0, Shape.STONE),
        Deposit("thenar", 420.0, 440.0, Shape.POPCORN),
        Deposit("forearm_dorsal", 260.0, 520.0, Shape.PLATE),
        Deposit("pulp1", 20.0, 640.0, Shape.STONE, hand=1),
        Deposit("wrist_dorsal", 150.0, 500.0, Shape.PUNCTATE, hand=1),
        Deposit(Place("MC2", 0.6, 180.0, gap_mm=1.5), 90.0, 460.0, Shape.SHEATH, hand=1),
    )
    grid = Grid(spacing_mm=(1.0, 0.56, 0.56), slice_thickness_mm=1.0)
    return PhantomSpec("both_hands", "Both hands and forearms, osteopenic", (left, right), deposits, grid, seed=23)


def fist() -> PhantomSpec:
    """Left hand, flexed fingers, oblique planes, motion between the energies: calcium and urate side by side."""
    fingers = (
        Finger(15.0, 20.0, 25.0),
        Finger(45.0, 55.0, 25.0, 2.0),
        Finger(50.0, 60.0, 30.0),
        Finger(50.0, 60.0, 30.0, -2.0),
        Finger(48.0, 55.0, 28.0, -5.0),
    )
    deposits = (
        Deposit("pulp4", 20.0, 620.0, Shape.STONE),
        Deposit(Place("MP2", 0.4, 200.0, gap_mm=-0.4), 30.0, 640.0, Shape.STONE),
        Deposit(Place("MC4", 0.9, 180.0, gap_mm=1.5), 400.0, 520.0, Shape.TOPHUS, Substance.URATE),
        Deposit(Place("PP5", 0.3, 250.0, gap_mm=1.0), 120.0, 560.0, Shape.TOPHUS, Substance.URATE),
    )
    return PhantomSpec(
        "fist",
        "Left hand, flexed, oblique planes, energies shifted",
        (Hand(side=Side.LEFT, fingers=fingers, seed=5),),
        deposits,
        Grid(tilt=(5.0, 0.0, -12.0)),
        Imaging(motion_mm=(0.2, -0.2, 0.1)),
        24,
    )


PRESETS: Final[dict[str, Callable[[], PhantomSpec]]] = {f.__name__: f for f in (demo, control, small, both_hands, fist)}
"""Specs by name; ``random_spec`` of ``node.phantom.randomise`` makes as many more as are wanted."""


def preset(name: str) -> PhantomSpec:
    """The spec of that name. Raises Refused for an unknown one."""
    if name not in PRESETS:
        raise Refused(f"There is no phantom '{name}'.", hint=f"Known: {', '.join(PRESETS)}; or random with a seed.")
    return PRESETS[name]()
