"""Which chain is which finger."""

from collections.abc import Sequence

import numpy as np
from node.analysis.anatomy.chains import Chain
from node.analysis.anatomy.naming import LEAST_LEAD
from node.analysis.anatomy.parts import make_part
from node.analysis.anatomy.proportions import MEAN_LENGTH_MM
from node.analysis.anatomy.rays import SPACING_MM, read_rays
from tests.fakes.ray_chains import chain

FINGERS = (2, 3, 4, 5)


def beside(whole: Chain, steps: int) -> Chain:
    """The chain moved across the palm."""
    away = np.array([steps * SPACING_MM, 0.0, 0.0])
    moved = (make_part(p.label + 10 * steps, p.volume_mm3, p.points + away, p.cut, 0.5) for p in whole.parts)
    return Chain(tuple(moved), whole.ends)


def side_by_side(*rays: Sequence[float]) -> list[Chain]:
    """Rays of bones of these lengths in mm, the one of the index finger first."""
    return [beside(chain(*((2.0, mm) for mm in lengths)), n) for n, lengths in enumerate(rays)]


def test_fingers_in_a_row_are_counted() -> None:
    assert read_rays(side_by_side(*(MEAN_LENGTH_MM[digit] for digit in FINGERS)))[0].digits == FINGERS


def test_metacarpal_and_phalanx_in_line_are_a_ray_however_odd() -> None:
    """Beside three rays that would pass for the first three fingers."""
    mc, pp, *_ = MEAN_LENGTH_MM[2]
    readings = read_rays(side_by_side((0.82 * mc, 0.78 * pp), *(MEAN_LENGTH_MM[digit] for digit in FINGERS[:3])))
    assert readings[0].digits == FINGERS
    assert all(all(r.digits) for r in readings if r.cost < readings[0].cost + LEAST_LEAD)
