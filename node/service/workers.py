"""Worker processes behind ``concurrent.futures.Executor``, the one seam for scale.

Each worker is an executor of its own: when it dies or hangs, exactly one study is concerned.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing.process import parent_process
from typing import Protocol

from node.service.task import Process, Processed, Task


class Worker(Protocol):
    """Runs one task at a time."""

    def submit(self, process: Process, task: Task) -> Future[Processed]:
        """Start; the future raises what the process raised, or BrokenExecutor where the worker died."""
        ...

    def kill(self) -> None:
        """End it at once, with whatever it is doing. It is not used again."""
        ...


class SpawnedWorker:
    """A process of its own: spawned, never forked; replaced after ``tasks`` studies; gone when its parent is gone.

    ``prepare`` runs there at once, so that the first study does not wait for imports and kernels.
    """

    def __init__(self, tasks: int = 50, prepare: Callable[[], object] | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._executor: Executor = ProcessPoolExecutor(
            max_workers=1, mp_context=context, max_tasks_per_child=tasks, initializer=die_with_parent
        )
        if prepare is not None:
            self._executor.submit(prepare)  # should it fail, the first study says why

    def submit(self, process: Process, task: Task) -> Future[Processed]:
        """Start it in the worker process."""
        return self._executor.submit(process, task)

    def kill(self) -> None:
        """The pool offers no end of a running task (until Python 3.14's kill_workers): its process is killed."""
        processes = dict(getattr(self._executor, "_processes", None) or {})
        for process in processes.values():
            process.kill()
        self._executor.shutdown(wait=False, cancel_futures=True)


def die_with_parent() -> None:
    """A worker waits on a pipe that it holds open itself: without this it would outlive a killed engine for ever."""
    threading.Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
