"""What a phantom is made to: hands, deposits, grid, noise. Everything is frozen, so a spec is a value.

A hand is modelled as a right hand in its own axes: x to the radial side, y dorsal, z distal, origin in the middle of
the wrist. A left hand is its mirror image. Angles are degrees, lengths mm.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from node.domain.errors import Refused

Vector3 = tuple[float, float, float]


class Side(StrEnum):
    RIGHT = "right"
    LEFT = "left"


class Shape(StrEnum):
    """Shapes of deposits; sphere is the analytic one that tests use."""

    SPHERE = "sphere"
    STONE = "stone"
    POPCORN = "popcorn"  # confluent lobules
    PUNCTATE = "punctate"  # many foci
    NET = "net"
    PLATE = "plate"
    SHEATH = "sheath"  # a sleeve along a tendon
    MOUSSE = "mousse"  # milk of calcium: soft edge
    TOPHUS = "tophus"


class Substance(StrEnum):
    CALCIUM = "calcium"
    URATE = "urate"
    METAL = "metal"


@dataclass(frozen=True)
class Place:
    """Where a deposit lies, from the axis of a bone (``domain.anatomy`` name, e.g. ``DP2``).

    ``along`` runs from 0 at the proximal to 1 at the distal end (it may go beyond). ``direction`` degrees turn
    around the axis: 0 palmar, 90 radial, 180 dorsal, 270 ulnar. The deposit's near surface lies ``gap_mm`` off the
    bone (0 or less touches it); with ``depth_mm`` instead its far surface lies that deep under the skin.
    """

    bone: str
    along: float = 0.5
    direction: float = 0.0
    gap_mm: float = 1.0
    depth_mm: float | None = None


SITES: dict[str, Place] = {f"pulp{d}": Place(f"DP{d}", along=0.8, direction=0.0, gap_mm=1.2) for d in range(1, 6)} | {
    "carpal_tunnel": Place("capitate", along=0.4, direction=0.0, gap_mm=4.0),
    "thenar": Place("MC1", along=0.45, direction=20.0, gap_mm=4.0),
    "hypothenar": Place("MC5", along=0.4, direction=-30.0, gap_mm=4.0),
    "wrist_dorsal": Place("lunate", along=0.5, direction=180.0, gap_mm=2.0),
    "forearm_volar": Place("radius", along=0.55, direction=-10.0, gap_mm=4.0),
    "forearm_dorsal": Place("ulna", along=0.6, direction=180.0, depth_mm=2.5),
}
"""Places by name."""


@dataclass(frozen=True)
class Deposit:
    """One deposit: mineral volume (mm³, before bone and air cut it), mg/cc, shape, place.

    ``flatness`` below 1 makes it thinner across than along the bone. ``texture`` is the relative swing of the
    concentration inside. ``place`` is a ``Place`` or the name of one of ``SITES``.
    """

    place: Place | str
    volume_mm3: float = 100.0
    concentration_mg_cc: float = 500.0
    shape: Shape = Shape.STONE
    substance: Substance = Substance.CALCIUM
    texture: float = 0.1
    hand: int = 0

    @property
    def site(self) -> Place:
        """The place, looked up where it is a name. Raises Refused for an unknown name."""
        if isinstance(self.place, Place):
            return self.place
        if self.place not in SITES:
            raise Refused(f"'{self.place}' is not a known place for a deposit.", hint=f"Known: {', '.join(SITES)}.")
        return SITES[self.place]


@dataclass(frozen=True)
class Finger:
    """Flexion of a digit's joints (thumb: CMC, MCP, IP) and its abduction to the radial side at the first."""

    mcp: float = 8.0
    pip: float = 10.0
    dip: float = 5.0
    abduction: float = 0.0


RELAXED = (
    Finger(5.0, 8.0, 8.0, 0.0),
    Finger(6.0, 9.0, 5.0, 5.0),
    Finger(6.0, 10.0, 5.0, 0.0),
    Finger(8.0, 11.0, 6.0, -4.0),
    Finger(8.0, 12.0, 6.0, -9.0),
)
"""Flat on the table, digits 1 to 5."""


@dataclass(frozen=True)
class Splint:
    """A flat palmar splint of ``plastic`` or ``plaster`` under wrist and palm, ``gap_mm`` of padding off the skin."""

    material: str = "plastic"
    gap_mm: float = 2.5
    thickness_mm: float = 3.0


@dataclass(frozen=True)
class Hand:
    """Anatomy, pose and position of one hand.

    ``cortex`` and ``trabeculae`` scale the cortical thickness and the spongiosa (osteopenia is below 1);
    ``resorbed`` lists (digit, lost fraction of the distal phalanx's length); ``vessels`` are the arteries with
    calcified walls (``radial_artery``, ``ulnar_artery``, ``digital_artery_2u`` …); ``seed`` varies the bones.
    ``sesamoids`` may name accessory ossicles too (``lunula``); ``osteophytes`` are the bones with spurs at their head.
    ``digits`` limits which digits exist. ``rotation`` turns the hand in patient axes about x, y, z in this order.
    """

    side: Side = Side.RIGHT
    size: float = 1.0
    girth: float = 1.0
    cortex: float = 1.0
    trabeculae: float = 1.0
    fat: float = 1.0
    fingers: tuple[Finger, Finger, Finger, Finger, Finger] = RELAXED
    wrist_flexion: float = 0.0
    forearm_mm: float = 45.0
    digits: tuple[int, ...] = (1, 2, 3, 4, 5)
    resorbed: tuple[tuple[int, float], ...] = ()
    sesamoids: tuple[str, ...] = ("sesamoid_MCP1_r", "sesamoid_MCP1_u")
    vessels: tuple[str, ...] = ()
    osteophytes: tuple[str, ...] = ()
    splint: Splint | None = None
    seed: int = 0
    rotation: Vector3 = (0.0, 0.0, 0.0)
    offset_mm: Vector3 = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Grid:
    """The CT grid. ``shape`` (z, y, x) or None to fit the hands; ``spacing_mm`` in that order.

    ``tilt`` turns the planes about patient x, y, z in this order (degrees); ``shift_mm`` moves the grid
    off the hands; ``towards_feet`` stores slices from the
    head downwards (the affine's third column then points to the feet).
    """

    spacing_mm: Vector3 = (0.9, 0.4, 0.4)
    slice_thickness_mm: float = 1.0
    shape: tuple[int, int, int] | None = None
    tilt: Vector3 = (0.0, 0.0, 0.0)
    shift_mm: Vector3 = (0.0, 0.0, 0.0)
    margin_mm: float = 12.0
    towards_feet: bool = False


@dataclass(frozen=True)
class Imaging:
    """Blur and noise. ``psf_mm`` is the in-plane standard deviation, ``edge`` the overshoot of a sharp kernel (0…1).

    ``noise_hu`` is the standard deviation at the low and high energy; ``noise_grain_mm`` its grain. ``motion_mm``
    moves the patient between the energies (x, y, z of the patient). ``clip_hu`` is what the scanner can store.
    ``clean_air_mm``: air farther than this from the skin is exactly -1000 HU; None leaves it noisy.
    """

    pair: str = "80/Sn140(0.4)"
    water_path_cm: int = 4
    psf_mm: float = 0.35
    edge: float = 0.0
    noise_hu: tuple[float, float] = (22.0, 18.0)
    noise_grain_mm: float = 0.4
    motion_mm: Vector3 = (0.0, 0.0, 0.0)
    samples: tuple[int, int, int] = (3, 2, 2)
    clip_hu: tuple[int, int] = (-1024, 3071)
    clean_air_mm: float | None = None


@dataclass(frozen=True)
class PhantomSpec:
    """A whole study. The same spec gives the same voxels, bit by bit, on the same machine.

    ``seed`` draws textures, shapes of deposits and noise; ``scan`` counts repeat scans: the same hand, other noise.
    """

    name: str = "phantom"
    description: str = ""
    hands: tuple[Hand, ...] = (Hand(),)
    deposits: tuple[Deposit, ...] = ()
    grid: Grid = field(default_factory=Grid)
    imaging: Imaging = field(default_factory=Imaging)
    seed: int = 1
    scan: int = 0
