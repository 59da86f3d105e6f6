"""Threads of a kernel that wait do not take the processors from other work: OpenMP itself is asked how they wait."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("numba.np.ufunc.omppool", reason="numba found no OpenMP on this machine")

CALLS_A_PARALLEL_KERNEL = (
    "import numpy; from node.analysis.grid.spans import spans_of; spans_of(numpy.ones((2, 2, 2), bool))"
)


@pytest.mark.parametrize(("asked", "told"), [(None, "PASSIVE"), ("active", "ACTIVE")])
def test_they_sleep_unless_the_environment_says_otherwise(asked: str | None, told: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {"OMP_DISPLAY_ENV": "true", "NUMBA_THREADING_LAYER": "omp"}
    environment |= {} if asked is None else {"OMP_WAIT_POLICY": asked}
    ran = subprocess.run(
        [sys.executable, "-c", CALLS_A_PARALLEL_KERNEL], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert f"OMP_WAIT_POLICY = '{told}'" in ran.stderr
