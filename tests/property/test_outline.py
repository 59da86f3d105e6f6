"""The outline of a mask: closed, on pixel borders, and it encloses exactly the part it goes round."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from node.dicom.objects.outline import outline
from numpy.typing import NDArray
from scipy import ndimage


def area(polygon: NDArray[np.float64]) -> float:
    """Signed area by the shoelace formula, positive clockwise on the screen (row axis down)."""
    x, y = polygon.T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def largest_filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, _ = ndimage.label(mask)
    part = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    # a hole is what the outside cannot reach, also not across corners
    return np.asarray(ndimage.binary_fill_holes(part, np.ones((3, 3), bool)))


@settings(max_examples=300, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_it_encloses_the_largest_part(mask: NDArray[np.bool_]) -> None:
    if not mask.any():
        with pytest.raises(ValueError, match="at least one pixel"):
            outline(mask)
        return
    polygon = outline(mask)
    filled = largest_filled(mask)
    assert (polygon[0] == polygon[-1]).all()
    assert (polygon == np.rint(polygon)).all()
    steps = np.diff(polygon, axis=0)
    assert ((steps == 0).sum(axis=1) == 1).all(), "a step is along a row or a column"
    assert area(polygon) == filled.sum()
    rows, columns = np.nonzero(filled)
    assert polygon.min(axis=0).tolist() == [columns.min(), rows.min()]
    assert polygon.max(axis=0).tolist() == [columns.max() + 1, rows.max() + 1]


def test_one_pixel_is_a_square() -> None:
    mask = np.zeros((3, 4), bool)
    mask[1, 2] = True
    assert outline(mask).tolist() == [[2, 1], [3, 1], [3, 2], [2, 2], [2, 1]]
