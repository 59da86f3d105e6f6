"""Processes and threads behind executors. Processes are spawned, never forked, and gone when their parent is gone."""

import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.process import parent_process
from typing import Final

SPARE_NICENESS: Final = 10
"""A tenth of a processor is left to a spare thread where others want all of it (Linux, sched-nice-design): the step
that waits for it in the end is not kept for long. With 19 it had been a seventieth, and gained nothing more."""


def one_process(tasks: int) -> ProcessPoolExecutor:
    """An executor of one process, which is started when needed and replaced after ``tasks`` tasks."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=tasks, initializer=_die_with_parent)


def spare_thread() -> ThreadPoolExecutor:
    """An executor of one thread that takes what other threads leave of the processors, and little more."""
    return ThreadPoolExecutor(1, initializer=_give_way)


def kill(executor: ProcessPoolExecutor) -> None:
    """End it at once. It offers no end of a running task (until Python 3.14's kill_workers): its process is killed."""
    for process in dict(getattr(executor, "_processes", None) or {}).values():
        process.kill()
    executor.shutdown(wait=False, cancel_futures=True)


def _give_way() -> None:
    if sys.platform == "linux":  # elsewhere a process has a priority, a thread has none of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), SPARE_NICENESS)


def _die_with_parent() -> None:
    """A worker waits on a pipe that it holds open itself: without this it would outlive a killed parent for ever."""
    threading.Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
