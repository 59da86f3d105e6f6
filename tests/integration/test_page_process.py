"""The page as a process of its own: it stays light, it ends in order, and a port that is taken is told."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.node_process import NodeProcess, calcinode, sender, wait_until
from tests.peers import free_port

SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from node.bootstrap.page import page
from node.bootstrap.parts import data_folder, database_of
from node.bootstrap.supervisor import Supervisor
from node.net.listener import open_listener
from node.settings import NodeSettings, Settings
from node.store.schema import migrate

def spied(settings, listener, path, stop, ready):
    page(settings, listener, stop, ready)
    path.write_text("\\n".join(sys.modules))

if __name__ == "__main__":
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(node=NodeSettings(data_folder=folder / "state"))
    data_folder(settings)
    migrate(database_of(settings))
    Supervisor({"page": partial(spied, settings, open_listener("127.0.0.1", port), folder / "modules")}).run()
"""
HEAVY = ("numba", "llvmlite", "scipy", "highdicom", "pydicom", "pynetdicom")
OURS = ("node.kernels", "node.analysis", "node.render", "node.phantom", "node.dicom")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[NodeProcess]:
    """``calcinode serve --role page`` alone."""
    with NodeProcess(tmp_path / "node", sender("KNOWN"), roles=("page",)) as process:
        yield process


def answer(port: int, address: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{address}", timeout=30) as response:
        content: bytes = response.read()
    return content


def test_the_page_loads_neither_compiler_nor_dicom(tmp_path: Path) -> None:
    script, port = tmp_path / "spy.py", free_port()
    script.write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, str(script), str(tmp_path), str(port)])
    wait_until(lambda: is_answering(port), "the page answers")
    assert b"No study has been grouped yet." in answer(port, "/")
    process.terminate()
    assert process.wait(60) == 0
    modules = set((tmp_path / "modules").read_text().split())
    assert "uvicorn" in modules
    assert not modules & {*HEAVY, *OURS}


def is_answering(port: int) -> bool:
    try:
        return json.loads(answer(port, "/health"))["status"] in ("ok", "degraded")
    except OSError:
        return False


def test_it_runs_alone_and_ends_in_order(page: NodeProcess) -> None:
    assert is_answering(page.page_port)
    assert json.loads(answer(page.page_port, "/api/status"))["instances"] == 0
    idle = HTTPConnection("127.0.0.1", page.page_port, timeout=30)
    idle.request("GET", "/")
    idle.getresponse().read()  # and keeps the connection, as browsers do
    assert page.stop() == 0
    idle.close()
    assert not is_answering(page.page_port)


def test_what_was_looked_at_is_not_logged(page: NodeProcess) -> None:
    with pytest.raises(OSError, match="404"):
        answer(page.page_port, "/studies/1.2.840.4711")
    assert page.stop() == 0
    log = page.log.read_text()
    assert '"page_listening"' in log
    assert "4711" not in log


def test_a_port_that_is_taken_is_told(page: NodeProcess, tmp_path: Path) -> None:
    other = NodeProcess(tmp_path / "other", sender("KNOWN"), page_port=page.page_port)
    other.write_config()
    taken = calcinode("serve", "--config", other.config)
    assert taken.returncode == 2
    assert f"Cannot listen on 127.0.0.1, port {page.page_port}: another program already does." in taken.stderr


def test_a_page_that_is_switched_off(tmp_path: Path) -> None:
    environment = {"CALCINODE_PAGE__ENABLED": "false", "CALCINODE_NODE__DATA_FOLDER": str(tmp_path)}
    command = [sys.executable, "-m", "node", "serve", "--role", "page"]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "The page is switched off." in done.stderr
    assert "Set page.enabled = true" in done.stderr


def test_check_config_warns_of_a_page_for_everybody(tmp_path: Path) -> None:
    node = NodeProcess(tmp_path / "node", sender("KNOWN"))
    node.write_config()
    here = calcinode("check-config", "--config", node.config).stdout
    assert f"page          on 127.0.0.1, port {node.page_port}" in here
    assert "no login" not in here
    node.config.write_text(node.config.read_text().replace("[page]\n", '[page]\nhost = "0.0.0.0"\n'))
    assert (
        "the page has no login and listens beyond this machine"
        in calcinode("check-config", "--config", node.config).stdout
    )
