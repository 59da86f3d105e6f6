"""Real peers for the tests: DCMTK's tools and Orthanc, each on its own free port and in its own folder.

A missing program skips the test, and fails it under ``CALCINODE_REQUIRE_PEERS=1`` (as ``make test`` sets it).
Debian's DCMTK and Orthanc stall 40-55 ms a C-STORE without ``TCP_NODELAY=1``, so every peer gets it.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

START_TIMEOUT_S = 30.0

# Orthanc 1.10.1 fails at SendToModality() on a series; the REST route works. CT only, else our results loop.
AUTO_ROUTE_CT = """
function OnStableSeries(series_id, tags, metadata)
   if tags['Modality'] == 'CT' then
      RestApiPost('/modalities/NODE/store', '{"Resources":["' .. series_id .. '"],"Synchronous":false}')
   end
end
"""


def require(program: str) -> str:
    """The path of ``program``; without it the test is skipped, or fails where peers are required.

    This Python's own environment comes last: it has dcmqi's, but also pynetdicom's with the names of DCMTK's.
    """
    own = str(Path(sys.executable).parent)
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder != own]
    found = shutil.which(program, path=os.pathsep.join([*folders, "/usr/sbin", "/usr/local/sbin", own]))
    if found is None:
        if os.environ.get("CALCINODE_REQUIRE_PEERS") == "1":
            pytest.fail(f"{program} is not installed, and CALCINODE_REQUIRE_PEERS=1 forbids to skip")
        pytest.skip(f"{program} is not installed")
    return found


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    """The environment that every peer gets."""
    return os.environ | {"TCP_NODELAY": "1"}


def run(program: str, *arguments: str | Path, timeout_s: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run a peer's tool to its end; the caller looks at ``returncode`` and the output (stderr joined to stdout)."""
    command = [require(program), *map(str, arguments)]
    return subprocess.run(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout_s,
        check=False,
    )


def wait_for_port(
    port: int, process: subprocess.Popen[bytes] | None = None, timeout_s: float = START_TIMEOUT_S
) -> None:
    """Return when ``port`` answers; fail when ``process`` ends before or the time is over."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            pytest.fail(f"peer {process.args!r} ended with {process.returncode} before it listened on {port}")
        with socket.socket() as probe:
            probe.settimeout(1.0)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on port {port} after {timeout_s} s")


@dataclass
class Peer:
    """A peer program that runs until ``stop``; a context manager. Output goes to ``<folder>/peer.log``."""

    folder: Path
    ae_title: str = "PEER"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def command(self) -> Sequence[str | Path]:
        raise NotImplementedError

    def start(self) -> Self:
        """Start the program and return when it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [str(part) for part in self.command()]
        with (self.folder / "peer.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment(), stdout=log, stderr=subprocess.STDOUT)
        wait_for_port(self.port, self.process)
        return self

    def stop(self) -> None:
        """End the program; what it stored stays in its folder, so that it can be started again."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self) -> None:
        """End the program at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log(self) -> str:
        return (self.folder / "peer.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()  # Orthanc takes seconds to end gracefully


@dataclass
class StoreScp(Peer):
    """DCMTK's storescp: takes every class and syntax, writes into ``<folder>/received``."""

    ae_title: str = "STORESCP"
    options: tuple[str, ...] = ("-pm", "+xa")

    @property
    def received_folder(self) -> Path:
        return self.folder / "received"

    def received(self) -> list[Path]:
        """The files that arrived, sorted by name."""
        return sorted(path for path in self.received_folder.glob("*") if path.is_file())

    def command(self) -> Sequence[str | Path]:
        self.received_folder.mkdir(exist_ok=True)
        return [
            require("storescp"),
            *self.options,
            "-aet",
            self.ae_title,
            "-od",
            self.received_folder,
            str(self.port),
        ]


@dataclass
class Orthanc(Peer):
    """Orthanc with a configuration of its own.

    ``modalities`` names the peers that it knows: ``{"NODE": ("CALCINODE", "127.0.0.1", 11112)}``. ``lua`` is the text
    of a script (see ``AUTO_ROUTE_CT``, which needs a modality named NODE); ``options`` overrides any other entry.
    """

    ae_title: str = "ORTHANC"
    modalities: Mapping[str, tuple[str, str, int]] = field(default_factory=dict)
    lua: str = ""
    stable_age_s: int = 1
    plugins: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    http_port: int = field(default_factory=free_port)

    def configuration(self) -> dict[str, Any]:
        """What is written to ``<folder>/orthanc.json``."""
        return {
            "Name": "test",
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "storage"),
            "Plugins": list(self.plugins),
            "LuaScripts": [str(self.folder / "script.lua")] if self.lua else [],
            "HttpPort": self.http_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomAet": self.ae_title,
            "DicomPort": self.port,
            "DicomCheckCalledAet": False,
            "DicomAlwaysAllowEcho": True,
            "DicomAlwaysAllowStore": True,
            "UnknownSopClassAccepted": True,
            "OverwriteInstances": True,
            "StableAge": self.stable_age_s,
            "ConcurrentJobs": 2,
            "DicomModalities": {name: list(peer) for name, peer in self.modalities.items()},
            **self.options,
        }

    def command(self) -> Sequence[str | Path]:
        (self.folder / "storage").mkdir(exist_ok=True)
        if self.lua:
            (self.folder / "script.lua").write_text(self.lua)
        configuration = self.folder / "orthanc.json"
        configuration.write_text(json.dumps(self.configuration(), indent=1))
        return [require("Orthanc"), configuration]

    def start(self) -> Self:
        super().start()
        wait_for_port(self.http_port, self.process)
        return self

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Ask the REST interface; JSON answers are decoded, others come as bytes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "")
        return json.loads(content) if is_json else content

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def post(self, path: str, body: object) -> Any:
        return self.request("POST", path, body)

    def instances(self) -> list[dict[str, Any]]:
        """Main tags of all instances: ``ID`` and ``MainDicomTags`` of each."""
        return list(self.get("/instances?expand"))

    def sop_instance_uids(self) -> list[str]:
        """The UIDs of all instances, sorted; a doubled one appears twice."""
        return sorted(entry["MainDicomTags"]["SOPInstanceUID"] for entry in self.instances())

    def series(self, modality: str = "") -> list[dict[str, Any]]:
        """All series, or those of one modality (CT, SEG, SR, OT...)."""
        found = list(self.get("/series?expand"))
        return [entry for entry in found if not modality or entry["MainDicomTags"].get("Modality") == modality]
