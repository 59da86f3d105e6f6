"""What lies on bone: told from its shell by shape and density alone, and what may be either once it has a name."""

import numpy as np
from node.analysis.anatomy.model import NamedBone
from node.analysis.anatomy.parts import make_part
from node.analysis.anatomy.proportions import usual_length_mm
from node.analysis.bone.marrow import _own_shell
from node.analysis.mineral.candidates import Candidate
from node.analysis.parting.attachment import is_bone
from node.analysis.parting.beside import Piece
from node.analysis.parting.named_bone import why_bone

CENTRE = np.array([30.0, 0.0, 0.0])
ROD = np.argwhere(np.ones((20, 3, 3))) - (0, 1, 1)
"""Its axis runs through the centre of its bone."""


def candidate(
    volume_mm3: float, radius_mm: float, contact_mm2: float, hu: float = 550.0, beyond_mm: float = 3.5
) -> Candidate:
    return Candidate(ROD, volume_mm3, hu, hu, radius_mm, beyond_mm, contact_mm2, 1)


def test_a_large_sheet_is_bone_where_other_bones_are_as_dense() -> None:
    """Of a small bone in a thin shell only the palest part may be known as its own; noise and motion do that."""
    sheet, stone = (Piece(candidate(246.0, radius, 42.0), 1.7, ROD.astype(float)) for radius in (1.1, 2.5))
    assert is_bone(sheet, CENTRE + 40.0, usual_density=0.9)
    assert not is_bone(sheet, CENTRE + 40.0, usual_density=1.5), "no bone of this limb is so dense"
    assert not is_bone(stone, CENTRE + 40.0, usual_density=0.9), "a stone is no sheet"


def test_what_is_thicker_than_cortex_and_denser_than_all_bone_lies_on_it_however_broadly() -> None:
    def lies(radius_mm: float, density: float, usual_density: float) -> bool:
        piece = Piece(candidate(100.0, radius_mm, 40.0), density, ROD.astype(float))
        return not is_bone(piece, CENTRE, usual_density)

    assert lies(1.6, 1.8, 1.8)
    assert not lies(1.2, 1.8, 1.8), "as thick as cortex"
    assert not lies(1.6, 1.2, 1.8), "as dense as its own bone"
    assert not lies(1.6, 1.8, 0.8), "of its own bone the palest part is known, others are as dense"


def fingertip(part_mm3: float, radius_mm: float, contact_mm2: float, beyond_mm: float, density: float = 1.0) -> bool:
    """Whether a piece at the end of a whole distal phalanx may be one of it."""
    usual = usual_length_mm(3, "DP", 1.0)
    end = usual * np.array([0.0, 0.0, 1.0])
    part = make_part(1, 300.0, np.linspace(0.0 * end, end, 30), False, 0.5)
    tip = NamedBone("DP3", 3, "DP", 0.0 * end, end, (1,), part)
    points = end + np.array([[2.5, 0.0, 0.0], [2.0, 0.5, 0.5]])
    return bool(
        why_bone(Piece(candidate(part_mm3, radius_mm, contact_mm2, beyond_mm=beyond_mm), density, points), tip, usual)
    )


def test_a_small_piece_broadly_joined_to_a_fingertip_may_be_a_corner_of_it() -> None:
    assert fingertip(9.0, 0.9, 3.0, 2.6)
    assert not fingertip(9.0, 0.9, 0.5, 2.6), "hardly joined"
    assert not fingertip(9.0, 0.9, 3.0, 3.4), "stands too far off"
    assert not fingertip(30.0, 1.6, 6.0, 2.6), "large and solid"


def test_a_scrap_may_be_bone_up_to_a_size_that_goes_with_its_contact() -> None:
    assert fingertip(50.0, 1.1, 15.0, 1.9)
    assert not fingertip(50.0, 1.1, 5.0, 1.9)
    assert not fingertip(110.0, 1.1, 30.0, 1.9)
    assert not fingertip(50.0, 1.1, 15.0, 1.9, density=1.3), "denser than the bone's shell"


def rest_of_a_tip(volume_mm3: float, radius_mm: float, seen: float = 0.7) -> bool:
    """Whether what lies where a distal phalanx of that share of its length went on may be the rest of it."""
    usual = usual_length_mm(3, "DP", 1.0)
    end = seen * usual * np.array([0.0, 0.0, 1.0])
    part = make_part(1, 300.0, np.linspace(0.0 * end, end, 30), False, 0.5)
    tip = NamedBone("DP3", 3, "DP", 0.0 * end, end, (1,), part)
    points = end + np.array([[2.0, 0.0, 0.15 * usual], [2.0, 0.5, 0.3 * usual]])
    return bool(why_bone(Piece(candidate(volume_mm3, radius_mm, 1.0, beyond_mm=5.0), 1.0, points), tip, usual))


def test_a_lump_is_no_rest_of_a_fingertip() -> None:
    assert rest_of_a_tip(100.0, 1.75), "a solid tuft is flat"
    assert not rest_of_a_tip(65.0, 1.7)
    assert rest_of_a_tip(65.0, 1.7, seen=0.6), "of a mere base, the shaft goes on as well"
    assert rest_of_a_tip(14.0, 1.0), "of a small piece that is hard to tell"


def test_a_deposit_beside_a_bone_does_not_raise_the_level_of_its_shell() -> None:
    """A tenth of the shell stands beside something twice as bright; a small bone is left as it is."""
    rim = np.repeat(np.array([800, 1600], np.int16), (900, 100))
    own = _own_shell(rim, np.ones(1000, np.int32), 500.0)
    assert own[:900].tolist() == [800] * 900
    assert own[900:].max() <= 1.25 * 808
    assert (_own_shell(rim, np.ones(1000, np.int32), 2000.0) == rim).all()
    bright = np.repeat(np.array([800, 1600], np.int16), (500, 500))
    assert (_own_shell(bright, np.ones(1000, np.int32), 500.0) == bright).all(), "a shaft is half of its bone"
