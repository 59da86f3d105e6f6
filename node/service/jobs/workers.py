"""Worker processes behind ``concurrent.futures.Executor``, the one seam for scale.

Each worker is an executor of its own: when it dies or hangs, exactly one study is concerned.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from node.service.jobs.task import Process, Processed, Task
from node.service.processes import kill, one_process


class Worker(Protocol):
    """Runs one task at a time."""

    def submit(self, process: Process, task: Task) -> Future[Processed]:
        """Start; the future raises what the process raised, or BrokenExecutor where the worker died."""
        ...

    def kill(self) -> None:
        """End it at once, with whatever it is doing. It is not used again."""
        ...


class SpawnedWorker:
    """A process of its own, replaced after ``tasks`` studies.

    ``prepare`` runs there at once, so that the first study does not wait for imports and kernels.
    """

    def __init__(self, tasks: int = 50, prepare: Callable[[], object] | None = None) -> None:
        self._executor = one_process(tasks)
        if prepare is not None:
            self._executor.submit(prepare)  # should it fail, the first study says why

    def submit(self, process: Process, task: Task) -> Future[Processed]:
        """Start it in the worker process."""
        return self._executor.submit(process, task)

    def kill(self) -> None:
        """Its process ends with whatever it is doing."""
        kill(self._executor)
