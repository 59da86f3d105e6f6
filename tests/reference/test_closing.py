"""Closing of labelled regions by a small ball against SciPy's binary closing and distances."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.kernels.closing import GROWN, KEPT, grow_labels, label_kept, shrink_grown
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt
from tests.fakes.drawn import SHAPES, SPACINGS, inside, spans_in

LABELS = st.sampled_from([0, 0, 0, 0, 1, 2])


def ball(radius_mm: float, spacing: tuple[float, float, float]) -> NDArray[np.bool_]:
    """All voxels within ``radius_mm`` of the middle one."""
    axes = [np.arange(-int(radius_mm / s), int(radius_mm / s) + 1) * s for s in spacing]
    z, y, x = np.ix_(*axes)
    return np.asarray(z * z + y * y + x * x <= radius_mm**2)


def steps_of(element: NDArray[np.bool_], spacing: tuple[float, float, float]) -> NDArray[np.int64]:
    """int64 (n, 3) to all voxels of a ball, the nearest first, without its middle."""
    steps = np.argwhere(element) - np.array(element.shape) // 2
    distance = np.linalg.norm(steps * np.array(spacing), axis=1)
    return np.ascontiguousarray(steps[np.argsort(distance, kind="stable")][1:])


@settings(max_examples=150, deadline=None)
@given(data=st.data(), spacing=SPACINGS, radius_mm=st.sampled_from([0.2, 0.8, 1.1]))
def test_it_is_scipys_closing_with_the_labels_of_the_nearest(
    data: st.DataObject, spacing: tuple[float, float, float], radius_mm: float
) -> None:
    """Grown into is what spans hold; the border counts as filled; what is labelled keeps its label."""
    shape = data.draw(SHAPES)
    labels, spans = data.draw(hnp.arrays(np.int32, shape, elements=LABELS)), data.draw(spans_in(shape))
    element, known = ball(radius_mm, spacing), labels > 0
    steps, state, closed = steps_of(element, spacing), np.zeros(shape, np.uint8), labels.copy()
    grow_labels(labels, spans, steps, state)
    grown = binary_dilation(known, element) & inside(spans, shape[2])
    np.testing.assert_array_equal(state == GROWN, grown & ~known)
    shrink_grown(labels, spans, steps, state)
    whole = binary_erosion(grown | known, element, border_value=1)
    np.testing.assert_array_equal(state == KEPT, whole & grown & ~known)
    label_kept(closed, spans, steps, state)
    np.testing.assert_array_equal(closed > 0, known | (whole & grown))
    np.testing.assert_array_equal(closed[known], labels[known])
    new = (closed > 0) & ~known
    if new.any():
        nearest = distance_transform_edt(~known, sampling=spacing)
        for n in (1, 2):
            mine = new & (closed == n)
            assert not mine.any() or (labels == n).any()
            own = distance_transform_edt(labels != n, sampling=spacing)
            np.testing.assert_allclose(own[mine], nearest[mine], rtol=1e-9)
