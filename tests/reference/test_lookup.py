"""Places in an ascending list, against numpy's binary search."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.kernels.lookup import CHUNK, look_up


def places(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    found = np.full(len(wanted), -1)
    look_up(ascending, wanted, found)
    return found


NUMBERS = st.lists(st.integers(-50, 50), max_size=60).map(lambda numbers: np.array(numbers, np.int64))


@settings(max_examples=300, deadline=None)
@given(numbers=NUMBERS, wanted=NUMBERS, ordered=st.booleans())
def test_places_are_those_of_a_binary_search(numbers: np.ndarray, wanted: np.ndarray, ordered: bool) -> None:
    ascending = np.sort(numbers)
    wanted = np.sort(wanted) if ordered else wanted
    np.testing.assert_array_equal(places(ascending, wanted), np.searchsorted(ascending, wanted))


def test_so_they_are_in_several_chunks() -> None:
    random = np.random.default_rng(5)
    ascending = np.sort(random.integers(0, 10**7, 200_000))
    wanted = np.sort(random.integers(-5, 10**7 + 5, 3 * CHUNK + 7))
    np.testing.assert_array_equal(places(ascending, wanted), np.searchsorted(ascending, wanted))
