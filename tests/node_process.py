"""A real node for the end-to-end tests: ``calcinode serve`` in a process group of its own, as a person starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from tests.peers import free_port

READY_TIMEOUT_S = 180.0  # kernels compile on the first start of an empty cache

QUICK = """
[timing]
proof_quiet_s = 1.0
quiet_s = 8.0
deadline_s = 30.0

[delivery]
first_retry_s = 0.5
longest_retry_s = 2.0
commitment_timeout_s = 10.0
"""


def wait_until(condition: Callable[[], Any], what: str, timeout_s: float = 90.0) -> Any:
    """The first true value of ``condition``; fails when the time is over."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    return pytest.fail(f"waited {timeout_s:.0f} s in vain: {what}")


def calcinode(*arguments: str | Path, timeout_s: float = 180.0) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "node", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)


@dataclass
class NodeProcess:
    """``calcinode serve`` with a configuration in ``folder``. ``peers`` are the lines of its ``[peers.*]`` tables.

    ``roles`` run alone; none: all of them.
    """

    folder: Path
    peers: str
    timing: str = QUICK
    port: int = field(default_factory=free_port)
    page_port: int = field(default_factory=free_port)
    roles: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)

    @property
    def config(self) -> Path:
        return self.folder / "calcinode.toml"

    @property
    def log(self) -> Path:
        return self.folder / "node.log"

    def write_config(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        head = f'[node]\nhost = "127.0.0.1"\nport = {self.port}\ndata_folder = "{self.folder / "state"}"\n'
        rest = f"[storage]\nwatermark_mib = 16\n\n[page]\nport = {self.page_port}\n"
        self.config.write_text(f"{head}\n{rest}{self.timing}\n{self.peers}\n")

    def start(self, *, wait: bool = True) -> Self:
        """Start the node; with ``wait`` return when it says that it is ready."""
        self.write_config()
        offset = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            only = [part for role in self.roles for part in ("--role", role)]
            self.process = subprocess.Popen(
                [sys.executable, "-m", "node", "serve", "--config", str(self.config), *only],
                stdout=log,
                stderr=log,
                env=os.environ | dict(self.environment),
                start_new_session=True,
            )
        if wait:
            wait_until(lambda: self._is_ready(offset), f"the node is ready; see {self.log}", READY_TIMEOUT_S)
        return self

    def _is_ready(self, offset: int) -> bool:
        assert self.process is not None
        text = self.log.read_bytes()[offset:].decode(errors="replace")
        if self.process.poll() is not None:
            pytest.fail(f"the node ended with {self.process.returncode}:\n{text[-3000:]}")
        return "node_ready" in text

    def kill(self) -> None:
        """kill -9 of the node with all its processes, as a power cut does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            code = self.process.wait(60)
        finally:
            if self.process.poll() is None:
                self.kill()
        self.process = None
        return code

    def ask(self, *arguments: str) -> Any:
        """What ``calcinode COMMAND --json`` says about this node."""
        answer = calcinode(*arguments, "--json", "--config", self.config)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.stop()


def sender(ae_title: str = "STORESCU") -> str:
    """Lines of a peer that only sends."""
    return f'[peers.{ae_title.lower()}]\nae_title = "{ae_title}"\n'


def destination(name: str, ae_title: str, port: int, *, commitment: bool = True) -> str:
    """Lines of a peer on this machine that sends and takes results."""
    return (
        f'[peers.{name}]\nae_title = "{ae_title}"\nhost = "127.0.0.1"\nport = {port}\n'
        f'roles = ["sender", "destination"]\ncommitment = {str(commitment).lower()}\n'
    )
