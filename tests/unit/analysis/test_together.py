"""Steps at the same time give what they give one after the other, and their errors come through."""

import threading

import numba
import numpy as np
import pytest
from node.analysis.grid.spans import spans_of
from node.analysis.grid.together import both, each
from node.kernels import jit


@pytest.fixture(params=["omp", "workqueue", ""])
def layer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """numba's threading layers: one that may be called from two threads, one that must not, none chosen yet."""
    monkeypatch.setattr(jit, "_layer", lambda: request.param)
    return str(request.param)


def test_results_come_in_order(layer: str) -> None:
    assert both(lambda: "first", lambda: 2) == ("first", 2)
    assert each(lambda n: n * n, range(20)) == [n * n for n in range(20)]
    assert each(str, []) == []


def test_the_first_error_comes_through_when_both_steps_have_ended(layer: str) -> None:
    ended = threading.Event()

    def fails() -> None:
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        both(fails, ended.set)
    assert ended.is_set() == (layer == "omp")
    with pytest.raises(ValueError, match="first"):
        both(ended.set, fails)
    with pytest.raises(ZeroDivisionError):
        each(lambda n: 1 // n, (1, 0))


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one thread is all there is")
def test_two_threads_work_where_the_layer_allows_it(layer: str) -> None:
    met = threading.Barrier(2)

    def meets() -> bool:
        try:
            met.wait(5.0 if layer == "omp" else 0.05)
        except threading.BrokenBarrierError:
            return False
        return True

    assert both(meets, meets) == ((layer == "omp",) * 2)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one thread is all there is")
def test_with_one_thread_steps_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "_layer", lambda: "omp")
    here = threading.get_ident()
    numba.set_num_threads(1)
    try:
        assert each(lambda _: threading.get_ident(), range(3)) == [here] * 3
    finally:
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


def test_the_layer_is_what_numba_says_it_is() -> None:
    spans_of(np.ones((2, 2, 2), bool))
    assert jit._layer() == numba.threading_layer()
