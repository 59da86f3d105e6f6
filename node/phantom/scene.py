"""A posed hand with everything in it, and its place in the patient."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from node.domain.anatomy import BONE_CODES
from node.kernels import phantom_bodies
from node.phantom.mineral import Placed, bulge, place_deposit, seat
from node.phantom.skeleton import Bone, skeleton
from node.phantom.soft import SKIN_MM, SoftTissue, artery, skin_rows, soft_tissue, tube
from node.phantom.solid import Field, Matrix, rotation, translation
from node.phantom.spec import Deposit, Hand, PhantomSpec, Side, Substance

LEFT_OFFSET: Final = 100
METAL_LABEL: Final = 3000
VESSEL_LABEL: Final = 3100
_WALL_MM: Final = 0.7
_VESSEL_RADIUS_MM: Final = {"radial_artery": 1.6, "ulnar_artery": 1.7}
_VESSEL_MG_CC: Final = 420.0
_FIRST_LABEL: Final = {Substance.CALCIUM: 1001, Substance.URATE: 2001, Substance.METAL: METAL_LABEL}


@dataclass(frozen=True, eq=False)
class Solid:
    """A body for the renderer: kind and label (``kernels.phantom_bodies``), field, profile along z."""

    kind: int
    label: int
    field: Field
    profile: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class HandScene:
    """One hand; ``to_lps`` maps its axes to the patient's (a reflection for a left hand)."""

    spec: Hand
    bones: dict[str, Bone]
    soft: SoftTissue
    deposits: tuple[Placed, ...]
    vessels: tuple[tuple[str, Field], ...]
    to_lps: Matrix

    @property
    def bone_offset(self) -> int:
        """What is added to a bone's code in the label volume."""
        return LEFT_OFFSET if self.spec.side is Side.LEFT else 0

    @property
    def cut_mm(self) -> float:
        """z in the hand's axes at which the imaged part of the forearm begins."""
        return float(self.bones["radius"].point(1.0)[2] - self.spec.forearm_mm)

    def solids(self) -> list[Solid]:
        """Everything but soft tissue; later ones win where they overlap."""
        found = [Solid(phantom_bodies.PLATE, 0, field) for _, field in self.soft.nails]
        found += [Solid(phantom_bodies.CALCIUM, VESSEL_LABEL, field) for _, field in self.vessels]
        minerals = [d for d in self.deposits if d.spec.substance is not Substance.METAL]
        found += [Solid(_kind(d.spec.substance), d.label, d.field) for d in minerals]
        found += [
            Solid(phantom_bodies.BONE, BONE_CODES[b.name] + self.bone_offset, b.field, b.profile)
            for b in self.bones.values()
        ]
        metal = [d for d in self.deposits if d.spec.substance is Substance.METAL]
        return found + [Solid(phantom_bodies.IMPLANT, METAL_LABEL, _metal_distance(d.field)) for d in metal]


def _kind(substance: Substance) -> int:
    return phantom_bodies.URATE if substance is Substance.URATE else phantom_bodies.CALCIUM


def _metal_distance(field: Field) -> Field:
    return Field(np.where(field.values > 0, -field.step_mm, field.step_mm).astype(np.float32), field.frame)


def placement(hand: Hand) -> Matrix:
    """Frame from the hand's axes to LPS: mirror for a left hand, rotate about x, y, z, then shift."""
    x, y, z = hand.rotation
    mirror = np.diag([-1.0 if hand.side is Side.LEFT else 1.0, 1.0, 1.0, 1.0])
    return translation(*hand.offset_mm) @ rotation(2, z) @ rotation(1, y) @ rotation(0, x) @ mirror


def build_hand(spec: PhantomSpec, number: int, step_mm: float) -> HandScene:
    """Model hand ``number`` of the study with its deposits; bone fields every ``step_mm``."""
    hand = spec.hands[number]
    bones = skeleton(hand, step_mm)
    surface = skin_rows(hand, bones)
    own = [(n, d) for n, d in enumerate(spec.deposits) if d.hand == number]
    seats = [seat(deposit, bones, surface) for _, deposit in own]
    lifted = [bulge(deposit, frame) for (_, deposit), frame in zip(own, seats, strict=True)]
    soft = soft_tissue(hand, bones, np.vstack([surface, *lifted]), 2.5 * step_mm)
    labels = _labels([deposit for _, deposit in own], number)
    deposits = tuple(
        place_deposit(deposit, label, frame, bones, soft.skin, _stream(spec, n, deposit))
        for (n, deposit), label, frame in zip(own, labels, seats, strict=True)
    )
    rng = np.random.default_rng([spec.seed, number, 7])
    vessels = tuple((name, _wall(name, hand, bones, rng)) for name in hand.vessels)
    return HandScene(hand, bones, soft, deposits, vessels, placement(hand))


def _labels(deposits: list[Deposit], number: int) -> list[int]:
    """Labels by substance in the order of the spec; all metal has one."""
    found = []
    for n, deposit in enumerate(deposits):
        rank = sum(d.substance is deposit.substance for d in deposits[:n])
        label = _FIRST_LABEL[deposit.substance]
        found.append(label if deposit.substance is Substance.METAL else label + rank + LEFT_OFFSET * number)
    return found


def _stream(spec: PhantomSpec, n: int, deposit: Deposit) -> np.random.Generator:
    return np.random.default_rng([spec.seed, 11, n, round(deposit.volume_mm3 * 1000)])


def _wall(name: str, hand: Hand, bones: dict[str, Bone], rng: np.random.Generator) -> Field:
    """Concentration in the wall of an artery, in patches, mg/cc."""
    step = 0.25
    course = tube(artery(name, hand, bones), _VESSEL_RADIUS_MM.get(name, 0.9) * hand.size, step)
    wall = (course.values < 0) & (course.values > -_WALL_MM)
    noise = gaussian_filter(rng.standard_normal(course.values.shape, np.float32), 2.0 / step)
    patches = wall & (noise > -0.4 * noise.std())
    return Field(np.where(patches, np.float32(_VESSEL_MG_CC), np.float32(0.0)), course.frame)


def hand_facts(scene: HandScene) -> tuple[float, float, float]:
    """Skin thickness (mm), share of septa in fat, lattice step (mm): ``kernels.phantom_bodies``."""
    return SKIN_MM, 0.12, scene.soft.skin.step_mm
