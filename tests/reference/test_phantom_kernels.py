"""The phantom's kernels against slow NumPy and SciPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from node.kernels import phantom_blur, phantom_field, phantom_union
from node.phantom.render import psf_weights
from node.phantom.solid import BAND_MM, Rows, box, cone, ellipsoid, lattice, moved, rotation, sample, translation
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, map_coordinates

SIZES = st.floats(1.0, 6.0)
ANGLES = st.floats(-180.0, 180.0)
PLACES = st.floats(-4.0, 4.0)


def local(row: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = row[1:13].reshape(3, 4)
    return points @ matrix[:, :3].T + matrix[:, 3]


def slow_distance(row: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of points (n, 3) to one primitive, written for reading."""
    q = local(row, points)
    sizes = row[13:17]
    if row[0] == phantom_union.ELLIPSOID:
        k0 = np.linalg.norm(q / sizes[:3], axis=1)
        k1 = np.linalg.norm(q / sizes[:3] ** 2, axis=1)
        return np.where(k0 < 1e-6, -sizes[:3].min(), k0 * (k0 - 1.0) / np.maximum(k1, 1e-12))
    if row[0] == phantom_union.BOX:
        w = np.abs(q) - (sizes[:3] - sizes[3])
        return np.linalg.norm(np.maximum(w, 0.0), axis=1) + np.minimum(w.max(axis=1), 0.0) - sizes[3]
    length, first, last, flat = sizes
    t = np.clip(q[:, 2] / length, 0.0, 1.0)
    v = np.stack([q[:, 0], q[:, 1] / flat, q[:, 2] - t * length], axis=1)
    size = np.linalg.norm(v, axis=1)
    ny = v[:, 1] / np.maximum(size, 1e-12)
    return (size - (first + t * (last - first))) / np.sqrt(1.0 - ny**2 + (ny / flat) ** 2)


def slow_union(rows: Rows, points: NDArray[np.float64], band: float, *, by_sphere: bool = False) -> NDArray[np.float64]:
    """``by_sphere``: a primitive whose bounding sphere is farther than what was found so far has no say.

    The distances are approximations that may fall short of the true one, so this is part of what is computed.
    """
    best = np.full(len(points), band)
    for row in rows:
        value, blend = slow_distance(row, points), row[17]
        h = np.maximum(blend - np.abs(best - value), 0.0) / blend if blend > 0 else np.zeros_like(best)
        joined = np.minimum(best, value) - h * h * blend / 4
        reach = best + blend + row[21]
        apart = (reach <= 0.0) | (np.linalg.norm(points - row[18:21], axis=1) > reach)
        best = np.where(apart, best, joined) if by_sphere else joined
    return best


@st.composite
def solids(draw: st.DrawFn) -> Rows:
    """Up to three primitives of any kind, joined smoothly, anywhere."""
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        blend = draw(st.sampled_from([0.0, 1.0, 3.0]))
        a, b, c = draw(SIZES), draw(SIZES), draw(SIZES)
        kind = draw(st.sampled_from(["cone", "ellipsoid", "box"]))
        if kind == "cone":
            row = cone((0, 0, 0), (0, 0, a + 2.0), (b, c), blend, draw(st.floats(0.5, 1.0)))
        elif kind == "ellipsoid":
            row = ellipsoid((0, 0, 0), (a, b, c), blend)
        else:
            row = box((0, 0, 0), (a, b, c), 0.5, blend)
        turn = rotation(0, draw(ANGLES)) @ rotation(1, draw(ANGLES)) @ rotation(2, draw(ANGLES))
        rows.append(moved(row, translation(draw(PLACES), draw(PLACES), draw(PLACES)) @ turn))
    return np.vstack(rows)


@settings(max_examples=40, deadline=None)
@given(rows=solids())
def test_the_painted_union_is_that_of_every_point(rows: Rows) -> None:
    frame, shape = lattice(np.full(3, -12.0), np.full(3, 12.0), 1.7)
    index = np.indices(shape).reshape(3, -1)[::-1].T
    points = index @ frame[:3, :3].T + frame[:3, 3]
    expected = slow_union(rows, points, BAND_MM).reshape(shape)
    painted = sample(rows, frame, shape)
    near = expected < BAND_MM - 3.5
    assert np.allclose(painted[near], expected[near], atol=1e-4)
    assert np.all(painted[~near] >= BAND_MM - 3.6)


@settings(max_examples=40, deadline=None)
@given(rows=solids(), seed=st.integers(0, 2**20))
def test_distances_at_points_are_those_of_the_reference(rows: Rows, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-10.0, 10.0, (200, 3))
    found = np.empty(200)
    phantom_union.distances_at(rows, points, found)
    assert np.allclose(found, slow_union(rows, points, 1e3, by_sphere=True), atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    field=arrays(np.float32, (4, 5, 6), elements=st.floats(-50, 50, width=32)),
    where=st.tuples(st.floats(0.0, 3.0), st.floats(0.0, 4.0), st.floats(0.0, 5.0)),
)
def test_trilinear_is_that_of_scipy(field: NDArray[np.float32], where: tuple[float, float, float]) -> None:
    flat = np.concatenate([np.zeros(7, np.float32), field.ravel()])
    found = phantom_field.trilinear(flat, 7, 4, 5, 6, *where, np.float32(99.0))
    expected = map_coordinates(field.astype(float), np.array(where)[:, None], order=1)[0]
    assert abs(found - expected) < 1e-3
    assert phantom_field.trilinear(flat, 7, 4, 5, 6, -0.01, 1.0, 1.0, np.float32(99.0)) == 99.0


@settings(max_examples=40, deadline=None)
@given(
    volume=arrays(np.float32, (4, 7, 9), elements=st.floats(-1000, 3000, width=32)),
    sigma=st.floats(0.2, 2.5),
    edge=st.sampled_from([0.0, 0.3]),
)
def test_blur_is_that_of_scipy(volume: NDArray[np.float32], sigma: float, edge: float) -> None:
    weights = psf_weights(sigma, edge)
    assert abs(float(weights.sum()) - 1.0) < 1e-5
    plane, scratch, deep = (np.empty((7, 9), np.float32) for _ in range(3))
    phantom_blur.blur_plane(volume[1], weights, scratch, plane)
    expected = volume[1].astype(float)
    for axis in (0, 1):
        expected = correlate1d(expected, weights.astype(float), axis, mode="nearest")
    assert np.allclose(plane, expected, atol=0.05)
    phantom_blur.blur_depth(volume, weights, 2, deep)
    expected = correlate1d(volume.astype(float), weights.astype(float), 0, mode="nearest")[2]
    assert np.allclose(deep, expected, atol=0.05)
