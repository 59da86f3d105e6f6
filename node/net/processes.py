"""Several receiver processes on one listening socket; whichever is idle accepts the next association.

Python threads share one interpreter lock, so one process cannot keep up with several scanners at once.
"""

import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event as ProcessEvent
from typing import Protocol

RESTART_PAUSE_S = 1.0
STOP_TIMEOUT_S = 15.0


class StopSignal(Protocol):
    """A threading or multiprocessing event."""

    def wait(self, timeout: float | None = None) -> bool: ...
    def set(self) -> None: ...
    def is_set(self) -> bool: ...


# Runs in the child until the signal is set; must be importable there (a function of a module, or a partial of one)
Serve = Callable[[socket.socket, StopSignal], None]


@dataclass
class ReceiverProcesses:
    """Keeps ``count`` processes at ``serve``; one that dies is started again."""

    listener: socket.socket
    count: int
    serve: Serve
    restarts: int = 0
    _processes: list[SpawnProcess] = field(default_factory=list)

    def run(self, stop: StopSignal) -> None:
        """Start all, watch them until ``stop`` is set, then let each end its associations."""
        context = multiprocessing.get_context("spawn")
        child_stop = context.Event()
        self._processes = [self._started(child_stop) for _ in range(self.count)]
        while not stop.wait(RESTART_PAUSE_S):
            self._replace_dead(child_stop)
        child_stop.set()
        self._join()

    def _started(self, child_stop: ProcessEvent) -> SpawnProcess:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_child, args=(self.serve, self.listener, child_stop), name="receiver")
        process.start()
        return process

    def _replace_dead(self, child_stop: ProcessEvent) -> None:
        for number, process in enumerate(self._processes):
            if not process.is_alive():
                self.restarts += 1
                self._processes[number] = self._started(child_stop)

    def _join(self) -> None:
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in self._processes:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def _child(serve: Serve, listener: socket.socket, stop: StopSignal) -> None:
    listener.setblocking(False)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serve(listener, stop)


def _end_with_parent() -> None:
    """An orphan would hold the port: end at once when the parent is gone. What was answered is durable already."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
