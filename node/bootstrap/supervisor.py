"""Runs the roles of the node, each in a spawned process of its own, and starts anew what dies.

A role that fails before it was ready for the first time ends the node with its message (a port in use, a folder
that cannot be written): starting it again would only hide the reason. Later a role that dies is started again after
a pause that grows. SIGTERM and SIGINT end the roles in an orderly way; what does not end in time is killed, which
the journal survives. A role whose supervisor dies ends by itself.
"""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Final

import structlog

from node.domain.errors import Defect, NodeError, Refused, Transient

Ready = Callable[[], None]
Role = Callable[[threading.Event, Ready], None]
"""A role runs until the event is set; it calls ``ready`` once, when it can do its work."""

GRACE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 60.0
STEADY_S: Final = 60.0
"""A role that ran for so long starts anew at once."""
WATCH_S: Final = 0.5

_SPAWN = get_context("spawn")
_ERRORS: Final[Mapping[str, type[NodeError]]] = {t.__name__: t for t in (Refused, Transient, Defect)}


@dataclass
class _Child:
    name: str
    role: Role
    process: BaseProcess | None = None
    messages: Connection | None = None
    ready: bool = False
    started: float = 0.0
    failures: int = 0
    start_after: float = 0.0
    error: NodeError | None = field(default=None)

    def start(self, now: float) -> None:
        receiving, sending = _SPAWN.Pipe(duplex=False)
        process = _SPAWN.Process(target=_run_child, args=(self.role, sending), name=self.name)
        process.start()
        sending.close()
        self.process, self.messages, self.started, self.ready = process, receiving, now, False

    def listen(self) -> None:
        """Take in what the child said: that it is ready, or why it failed."""
        while self.messages is not None and self.messages.poll():
            try:
                message = self.messages.recv()
            except EOFError:
                self.messages = None
                return
            if message == "ready":
                self.ready = True
            else:
                kind, text, hint = message
                self.error = _ERRORS.get(kind, Defect)(text, hint=hint)


class Supervisor:
    """Starts, watches and ends the roles. ``on_ready`` is called once, when all of them are ready."""

    def __init__(self, roles: Mapping[str, Role], on_ready: Callable[[], None] | None = None) -> None:
        self._children = [_Child(name, role) for name, role in roles.items()]
        self._on_ready = on_ready
        self._stop = threading.Event()
        self._was_ready = False
        self._log = structlog.get_logger()

    def run(self) -> None:
        """Return after an orderly end. Raises the error of a role that could not start."""
        handlers = {s: signal.signal(s, self._ask_to_stop) for s in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._look_after(child, time.monotonic())
                self._announce()
                self._wait()
        finally:
            self._end_all()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _look_after(self, child: _Child, now: float) -> None:
        if child.process is None:
            if now >= child.start_after:
                child.start(now)
            return
        child.listen()
        if child.process.is_alive():
            return
        code = child.process.exitcode
        child.process.join()
        child.listen()
        child.process = None
        if not self._was_ready and not child.ready:
            raise child.error or Defect(f"The {child.name} {_ended(code)} before it was ready.")
        child.failures = 1 if now - child.started > STEADY_S else child.failures + 1
        pause = min(2.0 ** (child.failures - 1), LONGEST_PAUSE_S) - 1.0
        child.start_after = now + pause
        reason = str(child.error or _ended(code))
        self._log.error("role_died", died=child.name, exit_code=code, restart_after_s=pause, reason=reason)
        child.error = None

    def _announce(self) -> None:
        if not self._was_ready and all(child.ready for child in self._children):
            self._was_ready = True
            self._log.info("node_ready", roles=[child.name for child in self._children])
            if self._on_ready:
                self._on_ready()

    def _wait(self) -> None:
        watched: list[Connection | int] = []
        for child in self._children:
            if child.process is not None:
                watched.append(child.process.sentinel)
            if child.messages is not None and not child.ready:
                watched.append(child.messages)
        if watched:
            wait(watched, timeout=WATCH_S)
        else:
            self._stop.wait(WATCH_S)

    def _end_all(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_S
        for process in running:
            process.join(max(deadline - time.monotonic(), 0.0))
            if process.is_alive():
                self._log.warning("role_killed", killed=process.name)
                process.kill()
                process.join()


def _ended(code: int | None) -> str:
    """How a process ended that did not say why; a negative exit code is the signal that killed it."""
    if code is None or code >= 0:
        return f"ended with code {code}"
    return f"was ended by signal {-code} ({signal.strsignal(-code)})"


def _run_child(role: Role, messages: Connection) -> None:
    """Body of a role's process."""
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor passes it on
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True, name="parent-watch").start()
    try:
        role(stop, lambda: messages.send("ready"))
    except NodeError as error:
        messages.send((type(error).__name__, error.message, error.hint))
        raise SystemExit(1) from error


def _stop_with_parent(stop: threading.Event) -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        stop.set()
