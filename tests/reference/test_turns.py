"""The order in which slices are taken: each once, and any run of them spread over all."""

import numpy as np
import pytest
from node.kernels.turns import step_over


def test_each_slice_has_its_turn() -> None:
    for count in range(1, 700):
        assert sorted(n * step_over(count) % count for n in range(count)) == list(range(count))


@pytest.mark.parametrize("threads", [2, 3, 4, 8])
def test_the_share_of_each_thread_is_spread_over_the_limb(threads: int) -> None:
    count = 400
    order = np.arange(count) * step_over(count) % count
    for share in np.array_split(order, threads):
        assert np.diff(np.sort(share)).max() <= 3 * threads
