"""The equations of a displacement against NumPy, and what their solution says of known displacements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.analysis.limb.limbs import Limb
from node.analysis.limb.registration import find_shift
from node.domain.volume import Geometry
from node.kernels.displacement import TERMS, displacement_equations
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from tests.fakes.drawn import images, inside, spans_in

SIDES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=5, max_side=8)
SPACING = np.array([0.9, 0.5, 0.4])
EDGE = 400.0
CLIPPED = 2500


def reference(
    low: NDArray[np.int16], high: NDArray[np.int16], spans: NDArray[np.int32], moved: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A'A and A'b of each slice: NumPy's gradients around the nearest voxel, SciPy's linear interpolation."""
    margin = 2 + int(np.abs(np.floor(moved)).max())
    gradient = np.stack(np.gradient(high.astype(float), *SPACING))
    near = tuple(
        np.clip(np.arange(n) + m, 0, n - 1) for n, m in zip(low.shape, np.rint(moved).astype(int), strict=True)
    )
    gradient = gradient[:, *np.ix_(*near)]
    used = inside(spans, low.shape[2]) & (np.abs(gradient).sum(axis=0) > EDGE) & (low < CLIPPED)
    known = np.zeros(low.shape, bool)
    known[margin:-margin, margin:-margin, margin:-margin] = True
    used &= known
    result = np.zeros((low.shape[0], TERMS, TERMS + 1))
    for z in range(low.shape[0]):
        place = np.argwhere(used[z])
        if len(place) == 0:
            continue
        at = np.column_stack([np.full(len(place), z), place])
        value = map_coordinates(high.astype(float), (at + moved).T, order=1)
        v = low[tuple(at.T)] / 1000.0
        slopes = [-g[tuple(at.T)] / 1000.0 for g in gradient]
        rows = np.column_stack([np.ones(len(at)), v, v**2, v**3, *slopes, value / 1000.0])
        result[z] = rows[:, :TERMS].T @ rows
    return result


@settings(max_examples=100, deadline=None)
@given(data=st.data(), moved=hnp.arrays(np.float64, 3, elements=st.floats(-2.5, 2.5)))
def test_equations_are_those_of_numpy(data: st.DataObject, moved: NDArray[np.float64]) -> None:
    """Voxels near the border, where the moved image is not known, do not count."""
    shape = data.draw(SIDES)
    low, high, spans = data.draw(images(shape)), data.draw(images(shape)), data.draw(spans_in(shape))
    equations = np.zeros((shape[0], TERMS, TERMS + 1))
    displacement_equations(low, high, spans, SPACING, moved, EDGE, CLIPPED, equations)
    np.testing.assert_allclose(equations, reference(low, high, spans, moved), rtol=1e-9, atol=1e-6)


def blobs(shape: tuple[int, ...], shift_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Soft-edged balls of bone in tissue, 0 … 1, displaced by ``shift_mm``."""
    centres = np.array([[9.0, 6.0, 6.0], [15.0, 12.0, 7.0], [12.0, 8.0, 13.0]])
    axes = np.ix_(*(np.arange(n) * s - t for n, s, t in zip(shape, SPACING, shift_mm, strict=True)))
    total = np.zeros(shape)
    for centre in centres:
        radius = np.sqrt(sum((a - c) ** 2 for a, c in zip(axes, centre, strict=True)))
        total += 1.0 / (1.0 + np.exp((radius - 2.5) / 0.35))
    return np.asarray(total)


@pytest.mark.parametrize(
    "shift_mm", [(0.0, 0.0, 0.0), (0.11, -0.07, 0.05), (-0.45, 0.25, 0.2), (0.7, 0.6, -0.9), (-1.1, 0.0, 0.8)]
)
def test_a_known_displacement_is_recovered_to_a_fraction_of_a_voxel(shift_mm: tuple[float, float, float]) -> None:
    shape = (28, 40, 50)
    still, moved = blobs(shape, np.zeros(3)), blobs(shape, np.array(shift_mm))
    low, high = np.rint(40.0 + 2400.0 * still).astype(np.int16), np.rint(40.0 + 1050.0 * moved).astype(np.int16)
    geometry = Geometry(shape, tuple(SPACING.tolist()), np.diag([*SPACING[::-1], 1.0]))
    limb = Limb(low, high, np.ones(shape, bool), geometry, (0, 0, 0), ((False, False),) * 3)
    assert find_shift(limb) / SPACING == pytest.approx(shift_mm / SPACING, abs=0.03)
