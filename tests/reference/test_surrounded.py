"""What of a mask has all its neighbours in it, against scipy's minimum filter."""

import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp
from node.analysis.limb.noise import _surrounded
from scipy import ndimage


@given(mask=hnp.arrays(bool, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6), fill=hnp.from_dtype(np.dtype(bool))))
def test_all_neighbours_that_there_are_count(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(_surrounded(mask), ndimage.minimum_filter(mask.astype(np.uint8), 3) > 0)
