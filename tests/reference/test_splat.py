"""The projection kernel against a slow one in NumPy, and the conservation of what it adds up."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.kernels.splat import BONE_FLOOR_HU, SOFT_FLOOR_HU, splat_hu
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def reference(
    hu: NDArray[np.int16], projection: Floats, half_space: Floats, bone_weight: float, shape: tuple[int, int]
) -> Floats:
    image = np.zeros(shape)
    for index, value in np.ndenumerate(hu):
        place = np.array([*index, 1.0])
        if value < SOFT_FLOOR_HU or half_space @ place < 0:
            continue
        weight = (value + 1000) / 1000 + bone_weight * max(0, value - BONE_FLOOR_HU) / 1000
        row, column = projection @ place
        r, c = int(np.floor(row)), int(np.floor(column))
        if not (0 <= r < shape[0] - 1 and 0 <= c < shape[1] - 1):
            continue
        for dr, wr in ((0, 1 - (row - r)), (1, row - r)):
            for dc, wc in ((0, 1 - (column - c)), (1, column - c)):
                image[r + dr, c + dc] += weight * wr * wc
    return image


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_it_equals_the_reference(seed: int) -> None:
    generator = np.random.default_rng(seed)
    hu = generator.integers(-1024, 3072, generator.integers(1, 6, 3)).astype(np.int16)
    projection = generator.normal(0, 1.5, (2, 4)) + np.array([0, 0, 0, 4.0])
    half_space = generator.normal(0, 1, 4)
    image = np.zeros((9, 8))
    splat_hu(hu, projection, half_space, 2.5, image)
    np.testing.assert_allclose(image, reference(hu, projection, half_space, 2.5, (9, 8)), rtol=1e-12, atol=1e-12)


def test_what_lies_inside_is_conserved() -> None:
    hu = np.full((3, 4, 5), 100, np.int16)
    image = np.zeros((20, 20))
    splat_hu(hu, np.array([[1.3, 0.2, 0.1, 5.0], [0.1, 0.7, 1.1, 6.0]]), np.array([0.0, 0.0, 0.0, 1.0]), 2.5, image)
    assert np.isclose(image.sum(), hu.size * 1.1)
