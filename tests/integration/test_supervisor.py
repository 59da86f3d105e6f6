"""The supervisor with real processes: readiness, restarts, orderly ends, and a supervisor that is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
import os, sys, signal
from functools import partial
from pathlib import Path
from node.bootstrap.supervisor import Supervisor
from node.domain.errors import Refused

def steady(folder, name, stop, ready):
    with (folder / name).open("a") as starts:
        starts.write(f"{os.getpid()}\\n")
    ready()
    stop.wait()
    (folder / f"{name}.ended").touch()

def broken(stop, ready):
    raise Refused("Port 104 is taken.", hint="Choose another.")

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    roles = {name: partial(steady, folder, name) for name in ("a", "b")}
    if "broken" in sys.argv:
        roles["c"] = broken
    try:
        Supervisor(roles, on_ready=(folder / "ready").touch).run()
    except Refused as error:
        print(error)
        sys.exit(3)
"""


@pytest.fixture
def supervised(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    script = tmp_path / "roles.py"
    script.write_text(SCRIPT)

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(tmp_path), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    return start


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


def pids(folder: Path, role: str) -> list[int]:
    path = folder / role
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_ends_its_roles_in_order_on_sigterm(supervised: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = supervised()
    wait_until((tmp_path / "ready").exists, "both roles are ready")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert (tmp_path / "a.ended").exists()
    assert (tmp_path / "b.ended").exists()


def test_starts_anew_what_was_killed(supervised: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    process = supervised()
    wait_until((tmp_path / "ready").exists, "both roles are ready")
    os.kill(pids(tmp_path, "a")[0], signal.SIGKILL)
    wait_until(lambda: len(pids(tmp_path, "a")) == 2, "the killed role runs again")
    assert len(pids(tmp_path, "b")) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_roles_end_when_their_supervisor_is_killed(
    supervised: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = supervised()
    wait_until((tmp_path / "ready").exists, "both roles are ready")
    process.kill()
    process.wait()
    wait_until((tmp_path / "a.ended").exists, "the orphan ends in order")
    wait_until((tmp_path / "b.ended").exists, "the orphan ends in order")


def test_a_role_that_cannot_start_ends_the_node_with_its_message(
    supervised: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = supervised("broken")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert output.strip() == "Port 104 is taken. Choose another."
    wait_until(lambda: not any(alive(p) for r in "ab" for p in pids(tmp_path, r)), "nothing is left running")
