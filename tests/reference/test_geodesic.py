"""The nearest source inside a mask, against Bellman-Ford relaxation to the fixed point."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from node.kernels.geodesic import BLOCKED, geodesic_nearest

FAR = 2**31 - 1
SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, max_side=5)
AROUND = [s for s in product((-1, 0, 1), repeat=3) if any(s)]


def reference(inside: np.ndarray, steps: np.ndarray, limit: int, sources: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(distance, number) of the nearest source: the smallest pair that any path inside the mask gives."""
    best = {tuple(p): (0, int(sources[tuple(p)])) for p in np.argwhere(sources > 0)}
    changed = True
    while changed:
        changed = False
        for place, (distance, number) in list(best.items()):
            for dz, dy, dx, length in steps.tolist():
                there = (place[0] + dz, place[1] + dy, place[2] + dx)
                if any(not 0 <= c < n for c, n in zip(there, inside.shape, strict=True)) or not inside[there]:
                    continue
                offer = (distance + length, number)
                if offer[0] <= limit and offer < best.get(there, (FAR, 0)):
                    best[there] = offer
                    changed = True
    distance, owner = np.full(inside.shape, FAR, np.int32), np.zeros(inside.shape, np.int32)
    for place, (reach, number) in best.items():
        distance[place], owner[place] = reach, number
    return distance, owner


@settings(max_examples=60, deadline=None)
@given(data=st.data(), limit=st.integers(0, 40), lengths=st.lists(st.integers(1, 9), min_size=26, max_size=26))
def test_distances_and_owners_are_those_of_the_shortest_paths(
    data: st.DataObject, limit: int, lengths: list[int]
) -> None:
    shape = data.draw(SHAPES)
    inside = data.draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 1)))
    sources = data.draw(hnp.arrays(np.int32, shape, elements=st.sampled_from([0, 0, 0, 0, 1, 2, 3])))
    around = np.array(AROUND)
    owner = np.pad(sources, 1)
    distance = np.pad(np.where(inside > 0, limit + 1, BLOCKED), 1, constant_values=BLOCKED).astype(np.int16)
    offset = around @ np.array(owner.strides) // owner.itemsize
    geodesic_nearest(
        offset,
        np.array(lengths),
        limit,
        distance.reshape(-1),
        owner.reshape(-1),
        np.empty(max(lengths) + 1, np.int32),
        np.empty((owner.size, 2), np.int32),
    )
    expected_distance, expected_owner = reference(inside, np.column_stack([around, lengths]), limit, sources)
    unpadded = (slice(1, -1),) * 3
    reached = expected_owner > 0
    np.testing.assert_array_equal(owner[unpadded], expected_owner)
    np.testing.assert_array_equal(distance[unpadded][reached], expected_distance[reached])
