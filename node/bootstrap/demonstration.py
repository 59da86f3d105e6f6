"""The main job once, with a phantom: scanner → node → stand-in PACS, each over real associations."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from node.bootstrap.network import parcels_by_series
from node.bootstrap.observation import is_committed, save_results, views_of
from node.domain.errors import Defect, Transient
from node.domain.job import JobState
from node.domain.peer import Peer
from node.domain.progress import Progress
from node.net.listener import open_listener
from node.net.scu import NetworkSender
from node.net.stand_in_pacs import StandInPacs
from node.phantom.presets import preset as spec_named
from node.service.journal.questions import Story
from node.service.people.why import tell
from node.service.study.folder import Folder, read_folder
from node.service.trial.phantom_cache import kept_study
from node.settings import Settings, load

SCANNER, NODE, PACS = "DEMO_SCANNER", "CALCINODE", "DEMO_PACS"
READY_WITHIN_S: Final = 300.0  # an empty cache: the kernels compile meanwhile
RESULTS_WITHIN_S: Final = 300.0
PAUSE_S: Final = 0.1
_WITHOUT_RESULT = frozenset({JobState.REFUSED, JobState.INCOMPLETE, JobState.IGNORED, JobState.FAILED})

_CONFIGURATION = """\
[node]
ae_title = "{node}"
host = "127.0.0.1"
port = {port}
data_folder = {folder}

[storage]
watermark_mib = 64

[timing]
proof_quiet_s = 1.0
quiet_s = 20.0

[delivery]
first_retry_s = 1.0

[page]
enabled = false

[peers.scanner]
ae_title = "{scanner}"

[peers.pacs]
ae_title = "{pacs}"
host = "127.0.0.1"
port = {pacs_port}
roles = ["sender", "destination"]
"""


@dataclass(frozen=True)
class Demonstration:
    """What happened. ``to_results_s``: from the answer to the last image to the arrival of the last result."""

    truth: dict[str, Any]
    findings: dict[str, Any]
    instances: int
    sending_s: float
    to_results_s: float
    committed: int
    files: tuple[Path, ...]


def demonstrate(preset: str, work: Path, out: Path, progress: Progress) -> Demonstration:
    """Run it in ``work`` (the caller's to delete); results and the node's log go to ``out``.

    Raises Defect or Transient with the reason where no result comes.
    """
    out.mkdir(parents=True, exist_ok=True)
    port, pacs_port = _free_port(), _free_port()
    settings = _settings(work, port, pacs_port)
    pacs = StandInPacs(work / "pacs", pacs_port, PACS, {NODE: ("127.0.0.1", port)})
    with pacs, _Node(work / "calcinode.toml", out / "node.log").running() as node:
        phantom = kept_study(spec_named(preset), progress)
        study = read_folder(phantom / "dicom")
        node.wait_ready(progress)
        began = time.monotonic()
        _send(study, Peer("node", NODE, "127.0.0.1", port), progress)
        sent = time.monotonic()
        job_id = _wait_for_results(settings, study.instances[0].study_instance_uid, node, progress)
        with views_of(settings) as views:
            files = save_results(settings, views, job_id, out)
    return Demonstration(
        truth=json.loads((phantom / "truth" / "truth.json").read_text()),
        findings=json.loads((out / "findings.json").read_text()),
        instances=len(study.instances),
        sending_s=sent - began,
        to_results_s=max(kept.arrived_at for kept in pacs.kept.values()) - sent,
        committed=len(pacs.committed),
        files=files,
    )


def _settings(work: Path, port: int, pacs_port: int) -> Settings:
    names = {"node": NODE, "scanner": SCANNER, "pacs": PACS, "folder": json.dumps(str(work / "state"))}
    config = work / "calcinode.toml"
    config.write_text(_CONFIGURATION.format(port=port, pacs_port=pacs_port, **names))
    return load(config)


def _free_port() -> int:
    with open_listener("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


def _send(study: Folder, node: Peer, progress: Progress) -> None:
    """Each series on an association of its own, at once, as scanners and archives do."""
    sender, series = NetworkSender(SCANNER), parcels_by_series(study)
    progress("C-STORE to the node", 0.0)
    with ThreadPoolExecutor(len(series)) as associations:
        for number, results in enumerate(associations.map(lambda parcels: sender.send(node, parcels), series), start=1):
            for result in results:
                if not result.delivered:
                    raise Defect(f"The node did not take an image: {result.message}")
            progress("C-STORE to the node", number / len(series))


def _wait_for_results(settings: Settings, study: str, node: "_Node", progress: Progress) -> int:
    """The number of the job whose results the PACS has committed to."""
    began = time.monotonic()
    with views_of(settings) as views:
        while (waited := time.monotonic() - began) < RESULTS_WITHIN_S:
            node.check()
            story = views.story(study)
            if is_committed(story):
                return story.revisions[-1].job.id
            if _ended_without_result(story):
                break
            progress("analysis and delivery", waited / (waited + 5.0))
            time.sleep(PAUSE_S)
        raise Defect("\n".join(tell(views, study)), hint=f"The node's log: {node.log}")


def _ended_without_result(story: Story) -> bool:
    return bool(story.revisions) and story.revisions[-1].job.state in _WITHOUT_RESULT


class _Node:
    """``calcinode serve`` as a process of its own."""

    def __init__(self, config: Path, log: Path) -> None:
        self.log = log
        self._command = [sys.executable, "-m", "node", "serve", "--config", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Iterator["_Node"]:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)
        try:
            yield self
        finally:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()

    def check(self) -> None:
        """Raise Transient where the process has ended."""
        if self._process is None or self._process.poll() is not None:
            raise Transient("The node has ended unexpectedly.", hint=f"See its log: {self.log}")

    def wait_ready(self, progress: Progress) -> None:
        """Return when the log says that all parts are ready."""
        began = time.monotonic()
        while b'"node_ready"' not in self.log.read_bytes():
            self.check()
            waited = time.monotonic() - began
            if waited > READY_WITHIN_S:
                raise Transient("The node does not become ready.", hint=f"See its log: {self.log}")
            progress("the node compiles its kernels", waited / (waited + 20.0))
            time.sleep(PAUSE_S)
