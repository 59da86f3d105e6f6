"""Places in an ascending list, against numpy's binary search, and what stands there."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from node.kernels.lookup import CHUNK, look_up, look_up_values


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


@settings(max_examples=300, deadline=None)
@given(numbers=NUMBERS, wanted=NUMBERS, kind=st.sampled_from([np.int32, np.float32]))
def test_values_are_those_of_the_numbers_that_are_there(numbers: np.ndarray, wanted: np.ndarray, kind: type) -> None:
    ascending = np.unique(numbers)
    values = np.arange(1, len(ascending) + 1).astype(kind)
    found = np.full(len(wanted), -1, kind)
    look_up_values(ascending, values, wanted, found)
    there = dict(zip(ascending.tolist(), values.tolist(), strict=True))
    assert found.tolist() == [there.get(number, 0) for number in wanted.tolist()]
