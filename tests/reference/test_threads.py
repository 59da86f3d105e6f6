"""What kernels that run on several threads write does not depend on how many there are."""

from collections.abc import Callable

import numba
import numpy as np
import pytest
from node.analysis.grid.components import components
from node.analysis.grid.filters import brightest, closed, dimmest, displaced, smooth
from node.analysis.grid.neighbours import neighbours_of, on_surface
from node.analysis.grid.spans import mask_between, spans_of, voxels_of
from node.analysis.limb.nearest import nearest_source
from node.kernels.body import refine_body
from node.kernels.closing import grow_labels, label_kept, shrink_grown
from node.kernels.convolve import mix
from node.kernels.displacement import TERMS, displacement_equations
from node.kernels.lookup import CHUNK, look_up, look_up_values
from node.kernels.sampling import lattice_means
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

SHAPE, SPACING = (23, 31, 70), (0.9, 0.5, 0.4)
Arrays = list[NDArray[np.generic]]
RNG = np.random.default_rng(11)
WAVES = gaussian_filter(RNG.normal(0.0, 1.0, SHAPE), 2.0)
LOW = np.rint(300.0 * WAVES / WAVES.std() + RNG.normal(0.0, 20.0, SHAPE)).astype(np.int16)
HIGH = np.rint(LOW * 0.6 + RNG.normal(0.0, 15.0, SHAPE)).astype(np.int16)
LABELS = np.where(LOW > 450, RNG.integers(1, 4, SHAPE), 0).astype(np.int32)
SPANS = np.sort(RNG.integers(0, SHAPE[2] + 1, (*SHAPE[:2], 2)), axis=2).astype(np.int32)
STRIDE = np.array([2, 3, 4])


def mixture() -> Arrays:
    out = np.zeros_like(LOW)
    mix(LOW, HIGH, 0.61, SPANS, out)
    return [out]


def nearest() -> Arrays:
    near = nearest_source(LABELS, SPACING, 3.0, SPANS).found
    return [near.voxels, near.label, near.distance_mm]


def closing() -> Arrays:
    labels, state = LABELS.copy(), np.zeros(SHAPE, np.uint8)
    steps = np.argwhere(np.ones((3, 3, 3))) - 1
    steps = np.ascontiguousarray(steps[np.abs(steps).any(axis=1)])
    for step in (grow_labels, shrink_grown, label_kept):
        step(labels, SPANS, steps, state)
    return [labels, state]


def body() -> Arrays:
    out, coarse = np.zeros(SHAPE, bool), np.ascontiguousarray(LOW[::2, ::3, ::4] > -200)
    refine_body(LOW, -300, coarse, STRIDE, np.zeros(3, np.int64), out)
    return [out]


def means() -> Arrays:
    out = np.empty(-(-np.array(SHAPE) // STRIDE), np.float32)
    lattice_means(LOW, LOW > -300, STRIDE, np.array([1, 2, 2]), out)
    return [out]


def equations() -> Arrays:
    out = np.zeros((SHAPE[0], TERMS, TERMS + 1))
    displacement_equations(LOW, HIGH, SPANS, np.array(SPACING), np.array([0.3, -0.4, 1.2]), 200.0, 3071, out)
    return [out]


def places() -> Arrays:
    wanted = np.arange(3 * CHUNK)
    out = np.empty_like(wanted)
    listed = np.flatnonzero(LOW > 300)
    look_up(listed, wanted, out)
    values = np.empty(len(wanted), np.int32)
    look_up_values(listed, listed.astype(np.int32), wanted, values)
    return [out, values]


def rows() -> Arrays:
    return [spans_of(LOW > 300), voxels_of(LOW > 300, SPANS), mask_between(LOW, -100, 200, HIGH > 0, SPANS)]


def side_by_side() -> Arrays:
    voxels = np.flatnonzero(LOW > -600)
    assert len(voxels) > CHUNK
    return [neighbours_of(voxels, SHAPE), on_surface(voxels, SHAPE)]


def parts() -> Arrays:
    found = components(LOW > 100, SPANS)
    return [found.voxels, found.owner]


def filters() -> Arrays:
    shift = np.array([0.3, -0.4, 1.2])
    extremes = [f(LOW, 1.1, SPACING, SPANS) for f in (brightest, dimmest, closed)]
    return [smooth(LOW, SPACING, SPANS), displaced(LOW, shift, SPANS), *extremes]


KERNELS = [mixture, nearest, closing, body, means, equations, places, rows, side_by_side, parts, filters]


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one thread is all there is")
@pytest.mark.parametrize("written", KERNELS)
def test_one_thread_writes_what_two_write(written: Callable[[], Arrays]) -> None:
    threads = numba.get_num_threads()
    results = []
    try:
        for count in (1, 2):
            numba.set_num_threads(count)
            results.append(written())
    finally:
        numba.set_num_threads(threads)
    for one, two in zip(*results, strict=True):
        assert one.size
        assert one.any()
        assert one.tobytes() == two.tobytes()
