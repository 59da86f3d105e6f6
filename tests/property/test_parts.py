"""Parts of labelled voxels: an even sample of each label, its volume, and whether the border cuts it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.analysis.anatomy import parts
from node.analysis.anatomy.parts import LEAST_VOXELS, measure_parts
from tests.fakes.listed import listed

AFFINE = np.array([[0.0, 0.0, 0.6, 5.0], [0.4, 0.0, 0.0, -7.0], [0.0, -0.3, 0.0, 2.0], [0.0, 0.0, 0.0, 1.0]])
LABELS = hnp.arrays(
    np.int32, hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=7), elements=st.integers(0, 4)
)


@given(labels=LABELS, samples=st.integers(2, 30))
def test_each_label_is_one_part_with_every_nth_voxel_in_scan_order(labels: np.ndarray, samples: int) -> None:
    before, parts.SAMPLES = parts.SAMPLES, samples
    try:
        found = measure_parts(listed(labels), AFFINE)
    finally:
        parts.SAMPLES = before
    counts = np.bincount(labels.reshape(-1), minlength=5)
    assert [p.label for p in found] == [n for n in range(1, 5) if counts[n] >= LEAST_VOXELS]
    for part in found:
        places = np.argwhere(labels == part.label)
        sample = places[:: max(1, len(places) // samples)]
        np.testing.assert_allclose(part.points, sample[:, ::-1] @ AFFINE[:3, :3].T + AFFINE[:3, 3])
        np.testing.assert_allclose(part.volume_mm3, len(places) * 0.6 * 0.4 * 0.3)
        assert part.cut == (any(places.min(axis=0) == 0) or any(places.max(axis=0) == np.array(labels.shape) - 1))
