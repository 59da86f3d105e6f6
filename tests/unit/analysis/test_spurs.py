"""What stands off the side of a shaft, and what is its rough surface, its tuft, or may be an osteophyte."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.model import NamedBone, Vector
from node.analysis.anatomy.parts import make_part
from node.analysis.anatomy.proportions import usual_length_mm
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.beside import Piece
from node.analysis.parting.layers import may_be_layer
from node.analysis.parting.named_bone import why_bone
from node.analysis.parting.spurs import doubt_of, is_knob, is_off, is_pale_on_shaft

WIDTH_MM = 10.0


def bone(level: str) -> NamedBone:
    """A rod of digit 3 along z from the origin."""
    length = usual_length_mm(3, level, 1.0)
    grid = np.meshgrid(*[np.linspace(-WIDTH_MM / 2, WIDTH_MM / 2, 11)] * 2, np.linspace(0.0, length, 40))
    part = make_part(1, 300.0, np.stack([axis.ravel() for axis in grid], axis=1), False, 0.5)
    return NamedBone(f"{level}3", 3, level, np.zeros(3), np.array([0.0, 0.0, length]), (1,), part)


def piece(height_mm: float, contact_mm2: float) -> Candidate:
    return Candidate(np.zeros((1, 3), np.int64), 20.0, 900.0, 1000.0, 1.0, height_mm, contact_mm2, 1)


def at(level: str, share: float, aside_mm: float) -> Vector:
    return np.array([aside_mm, 0.0, share * usual_length_mm(3, level, 1.0)])


STONE, ROUGH, LAYER, PLATE = piece(2.2, 9.0), piece(1.4, 20.0), piece(1.05, 15.0), piece(1.6, 30.0)


def doubt(candidate: Candidate, level: str, share: float, aside_mm: float, density: float = 1.0) -> bool | None:
    """None for bone; else whether it is left to a reader."""
    beside = Piece(candidate, density, at(level, share, aside_mm)[None])
    return bool(doubt_of(beside, bone(level))) if is_off(beside, bone(level)) else None


@pytest.mark.parametrize("level", ["MC", "PP", "MP"])
def test_a_stone_at_the_side_of_a_shaft_is_no_bone(level: str) -> None:
    assert doubt(STONE, level, 0.4, 6.0) is False


@pytest.mark.parametrize("level", ["MC", "PP", "MP"])
def test_bone_is_low_or_lies_round_its_axis(level: str) -> None:
    assert doubt(ROUGH, level, 0.4, 6.0) is None
    assert doubt(STONE, level, 0.9, 1.0) is None, "an end whose marrow was not seen"
    assert doubt(STONE, level, 0.4, 6.0, density=0.2) is None, "its own edge, spongiosa or noise"


@pytest.mark.parametrize("level", ["MC", "PP", "MP"])
def test_a_layer_on_a_shaft_that_is_paler_than_cortex_is_in_doubt(level: str) -> None:
    assert doubt(ROUGH, level, 0.4, 6.0, density=0.6) is True
    assert doubt(ROUGH, level, 0.9, 6.0, density=0.6) is None, "ends of bones have a thin cortex"
    ball = replace(ROUGH, radius_mm=1.3)
    assert doubt(ball, level, 0.4, 6.0, density=0.6) is False, "half buried, but as thick as wide"


@pytest.mark.parametrize("level", ["MC", "PP", "MP"])
def test_a_plate_on_a_shaft_that_is_denser_than_bone_is_in_doubt(level: str) -> None:
    """On the thin cortex of an osteopenic hand."""
    assert doubt(ROUGH, level, 0.4, 6.0, density=2.0) is True
    assert doubt(ROUGH, level, 0.4, 6.0, density=1.3) is None, "as dense as bone"
    assert doubt(ROUGH, level, 0.9, 6.0, density=2.0) is None, "ends of bones have a thin cortex"


@pytest.mark.parametrize("level", ["MC", "PP", "MP"])
def test_a_plate_as_dense_as_cortex_is_in_doubt_where_it_is_higher_than_a_shaft_is_rough(level: str) -> None:
    assert doubt(PLATE, level, 0.4, 6.0) is True
    assert doubt(PLATE, level, 0.9, 6.0) is None, "ends of bones are rough"
    assert doubt(PLATE, level, 0.4, 1.0) is None, "round the axis"
    assert doubt(PLATE, level, 0.4, 6.0, density=0.2) is None, "its own edge, spongiosa or noise"


@pytest.mark.parametrize(
    ("candidate", "share", "aside_mm", "density", "layer"),
    [
        (LAYER, 0.5, 6.0, 0.6, True),
        (LAYER, 0.9, 6.0, 0.6, False),
        (LAYER, 0.5, 1.0, 0.6, False),
        (LAYER, 0.5, 6.0, 1.0, False),
        (LAYER, 0.5, 6.0, 0.2, False),
        (piece(0.6, 15.0), 0.5, 6.0, 0.6, False),
        (STONE, 0.5, 6.0, 0.6, False),
    ],
    ids=["layer", "at a joint", "on the axis", "as dense as cortex", "blur", "lower still", "it stands off"],
)
def test_a_thin_layer_on_a_shaft_is_left_to_a_reader(
    candidate: Candidate, share: float, aside_mm: float, density: float, layer: bool
) -> None:
    """What lies too near to the bone's surface to be told from it, where bone is even."""
    assert may_be_layer(Piece(candidate, density, at("PP", share, aside_mm)[None]), bone("PP")) is layer


def test_in_coarse_voxels_a_thin_sheet_off_a_shaft_may_be_what_was_not_seen_of_the_bone() -> None:
    sheet = Candidate(np.zeros((1, 3), np.int64), 30.0, 900.0, 1000.0, 0.8, 2.8, 11.0, 1)
    stone = Candidate(np.zeros((1, 3), np.int64), 30.0, 900.0, 1000.0, 1.6, 2.8, 11.0, 1)
    for candidate, density, coarse, left in (
        (sheet, 0.9, True, True),
        (sheet, 0.9, False, False),
        (sheet, 1.5, True, False),
        (stone, 0.9, True, False),
    ):
        beside = Piece(candidate, density, at("MP", 0.3, 6.0)[None])
        assert is_off(beside, bone("MP"))
        assert bool(doubt_of(beside, bone("MP"), coarse)) is left


def test_a_knob_of_the_tuft_is_bone_and_one_at_the_base_may_be() -> None:
    assert doubt(STONE, "DP", 0.9, 4.0) is None
    assert doubt(STONE, "DP", 0.1, 4.0) is True


@pytest.mark.parametrize(
    ("density", "share", "aside_mm", "sure"),
    [(0.45, 0.5, 6.0, True), (0.7, 0.5, 6.0, False), (0.45, 0.9, 6.0, False), (0.45, 0.5, 1.0, False)],
    ids=["on the side of a shaft", "hardly paler", "at a joint", "round the axis"],
)
def test_what_is_too_pale_for_cortex_is_calcium_on_a_shaft_and_may_be_spongiosa_elsewhere(
    density: float, share: float, aside_mm: float, sure: bool
) -> None:
    broad = replace(piece(1.4, 30.0), volume_mm3=60.0)
    assert is_pale_on_shaft(Piece(broad, density, at("MP", share, aside_mm)[None]), bone("MP")) is sure


@pytest.mark.parametrize(
    ("share", "height_mm", "density", "knob"),
    [(0.9, 1.4, 1.0, True), (0.9, 1.7, 1.0, False), (0.9, 1.4, 1.6, False), (0.3, 1.4, 1.0, False)],
    ids=["tuft", "high", "denser than bone", "waist"],
)
def test_a_low_bit_of_a_tuft_is_bone(share: float, height_mm: float, density: float, knob: bool) -> None:
    bit = replace(piece(height_mm, 2.0), volume_mm3=4.0)
    assert is_knob(Piece(bit, density, at("DP", share, 4.0)[None]), bone("DP")) is knob


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_beside_a_joint_it_may_be_an_osteophyte(share: float) -> None:
    assert doubt(STONE, "PP", share, 6.0) is True
    assert doubt(STONE, "PP", share, 6.0, density=1.2) is False, "denser than the cortex of its bone"


def test_what_touches_nothing_does_not_stand_on_it() -> None:
    assert piece(2.2, 0.0).standing == 0.0
    assert piece(2.0, np.pi * 4.0).standing == pytest.approx(1.0)


def on_bone(volume_mm3: float, middle: Vector, density: float = 0.6, contact_mm2: float = 2.0) -> Piece:
    candidate = Candidate(np.zeros((1, 3), np.int64), volume_mm3, 900.0, 1000.0, 0.8, 1.8, contact_mm2, 1)
    return Piece(candidate, density, middle[None])


def test_a_small_piece_on_bone_may_be_bone_unless_it_lies_at_a_shaft() -> None:
    shaft, joint = at("PP", 0.4, 6.0), at("PP", 0.95, 6.0)
    usual = usual_length_mm(3, "PP", 1.0)
    assert not why_bone(on_bone(8.0, shaft), bone("PP"), usual)
    assert why_bone(on_bone(8.0, shaft, density=0.2), bone("PP"), usual), "as pale as noise"
    assert not why_bone(on_bone(8.0, shaft, density=0.3), bone("PP"), usual), "it stands off the shaft"
    assert why_bone(on_bone(8.0, shaft, density=0.3, contact_mm2=13.0), bone("PP"), usual), "it lies along it"
    assert why_bone(on_bone(8.0, joint), bone("PP"), usual)
    assert not why_bone(on_bone(8.0, joint, density=1.2), bone("PP"), usual), "denser than the bone's shell"
    assert why_bone(on_bone(8.0, joint, density=1.2), None, 0.0), "on a carpal bone"
    assert why_bone(on_bone(8.0, shaft, density=0.2, contact_mm2=0.0), bone("PP"), usual), "a cortex seen twice"
    assert not why_bone(on_bone(8.0, joint, contact_mm2=0.0), bone("PP"), usual)
    assert why_bone(on_bone(30.0, joint, contact_mm2=6.0), bone("PP"), usual), "thin and ragged"
    assert not why_bone(on_bone(45.0, joint, contact_mm2=6.0), bone("PP"), usual)
