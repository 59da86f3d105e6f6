"""A field of displacements: what it makes of volumes."""

import numpy as np
import pytest
from node.accuracy.field import SLAB, Field
from node.domain.volume import Geometry

CELL_MM = np.array([0.8, 0.7, 0.9])
STRAIN = np.array([[0.1, 0.05, 0.0], [-0.02, -0.2, 0.03], [0.0, 0.04, 0.3]])


@pytest.mark.parametrize("slices", [2, SLAB, SLAB + 1, 3 * SLAB + 5])
def test_a_linear_field_shrinks_everything_by_its_determinant(slices: int) -> None:
    shape = (slices, 5, 6)
    cells = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij")) * CELL_MM.reshape(3, 1, 1, 1)
    moves = np.tensordot(STRAIN, cells, 1).astype(np.float32)
    field = Field(moves, CELL_MM, Geometry(shape, (0.8, 0.7, 0.9), np.diag([0.9, 0.7, 0.8, 1.0])))
    np.testing.assert_allclose(field.volume, np.linalg.det(np.eye(3) + STRAIN), rtol=1e-4)
    everywhere = np.indices(shape).reshape(3, -1).astype(float)
    assert field.shrinkage(everywhere) == pytest.approx(np.linalg.det(np.eye(3) + STRAIN), rel=1e-4)
