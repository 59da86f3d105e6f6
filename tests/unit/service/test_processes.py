"""Threads behind executors."""

import os
import sys
import threading

import pytest
from node.service.processes import SPARE_NICENESS, spare_thread


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux alone")
def test_a_spare_thread_gives_way_and_no_other_does() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    with spare_thread() as pool:
        assert pool.submit(priority).result() == SPARE_NICENESS > before
    assert priority() == before
