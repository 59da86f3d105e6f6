"""Which chain is which finger."""

from collections.abc import Sequence

import numpy as np
import pytest
from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.naming import LEAST_LEAD
from node.analysis.anatomy.parts import make_part
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from node.analysis.anatomy.rays import SPACING_MM, read_rays
from tests.fakes.ray_chains import chain

FINGERS = (2, 3, 4, 5)
ABDUCTED = np.deg2rad(35.0)


def moved(whole: Chain, steps: float, turned: float = 0.0, back_mm: float = 0.0) -> Chain:
    """The chain moved across the palm and back to the wrist, its tip turned (radians) away from the others."""
    turn = np.array(
        [[np.cos(turned), 0.0, -np.sin(turned)], [0.0, 1.0, 0.0], [np.sin(turned), 0.0, np.cos(turned)]],
    )
    away = np.array([steps * SPACING_MM, 0.0, -back_mm])
    parts = [
        make_part(p.label + int(100 * (steps + 5)), p.volume_mm3, p.points @ turn.T + away, p.cut, 0.5)
        for p in whole.parts
    ]
    return Chain(tuple(parts), tuple(int(p.ends[0][2] > p.ends[1][2]) for p in parts))


def side_by_side(*rays: Sequence[float]) -> list[Chain]:
    """Rays of bones of these lengths in mm, the one of the index finger first."""
    return [moved(chain(*((2.0, mm) for mm in lengths)), n) for n, lengths in enumerate(rays)]


def test_fingers_in_a_row_are_counted() -> None:
    assert read_rays(side_by_side(*(MEAN_LENGTH_MM[digit] for digit in FINGERS)))[0].digits == FINGERS


@pytest.mark.parametrize("digit", [2, 3, 4])
def test_no_near_reading_leaves_out_a_metacarpal_with_its_phalanx(digit: int) -> None:
    """However odd their lengths: nothing else is as long, in line, and whole."""
    thumb = moved(chain(*((2.0, mm) for mm in MEAN_LENGTH_MM[1])), -1.5, ABDUCTED)
    odd = tuple(0.8 * mm for mm in MEAN_LENGTH_MM[digit][:2])
    best, *others = read_rays([thumb, *side_by_side(*(odd if d == digit else MEAN_LENGTH_MM[d] for d in FINGERS))])
    assert best.digits == (1, *FINGERS)
    assert all(all(r.digits) for r in others if r.cost < best.cost + LEAST_LEAD)


def test_no_near_reading_takes_the_little_finger_for_an_odd_thumb() -> None:
    """Both stand at the border of the row; the head of the thumb's metacarpal stays farther behind the others."""
    odd = {1: (51.0, 33.0, 18.0), 5: (46.0, 31.0, 21.0)}
    thumb = moved(chain(*((2.0, mm) for mm in odd[1])), -1.2, 0.3 * ABDUCTED, back_mm=10.0)
    best, *others = read_rays([thumb, *side_by_side(*(odd.get(d, MEAN_LENGTH_MM[d]) for d in FINGERS))])
    assert best.digits == (1, *FINGERS)
    assert all(r.digits == best.digits for r in others if r.cost < best.cost + LEAST_LEAD)
