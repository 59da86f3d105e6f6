"""Images per second into the node, beside DCMTK's storescp in the same run.

    python -m tests.bench.bench_intake [--images 600] [--rounds 3] [--associations 1 4] [--processes 2]

``storescu`` sends CT images of 512 x 512 (0.5 MB each) to every receiver in turn, with ``TCP_NODELAY=1`` for DCMTK;
medians of the rounds, the rounds interleaved. ``node`` stores as in service: blob and folder synced, header read,
journal row committed before each answer. ``nothing`` is the same receiver without a store: what the network costs.
storescp syncs nothing.
"""

import argparse
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node.net.access import AccessRules
from node.net.listener import open_listener
from node.net.scp import Receiver
from node.service.ports import Closing, CommitmentReport, Contact, IntakeOutcome, Received
from tests.fakes.ct_files import write_ct_files
from tests.peers import StoreScp, environment, free_port, require, wait_for_port


class _Nothing:
    """All ports of a receiver that keeps nothing."""

    def accept(self, received: Received) -> IntakeOutcome:
        return IntakeOutcome.STORED

    def association_opened(self, contact: Contact) -> None: ...

    def association_closed(self, association_id: str, closing: Closing) -> None: ...

    def peer_rejected(self, contact: Contact, reason: str) -> None: ...

    def commitment_reported(self, report: CommitmentReport) -> bool:
        return False


def serve_nothing(folder: Path, listener: socket.socket, stop: threading.Event) -> None:
    """A receiver process without a store."""
    sink = _Nothing()
    (folder / f"ready-{os.getpid()}").touch()
    Receiver(AccessRules("NODE", open_to_all=True), sink, sink, sink).serve(listener, stop)


@contextmanager
def _nothing(folder: Path, processes: int) -> Iterator[int]:
    """Receiver processes without a store, on one listener as in service."""
    folder.mkdir()
    context, listener = multiprocessing.get_context("spawn"), open_listener("127.0.0.1", 0)
    stop = context.Event()
    children = [context.Process(target=serve_nothing, args=(folder, listener, stop)) for _ in range(processes)]
    for child in children:
        child.start()
    while len(list(folder.glob("ready-*"))) < processes:
        time.sleep(0.1)
    yield int(listener.getsockname()[1])
    stop.set()
    for child in children:
        child.join()
    listener.close()


@contextmanager
def _node(folder: Path, processes: int) -> Iterator[int]:
    """``calcinode serve --role receiver`` with its journal and blobs in ``folder``."""
    folder.mkdir()
    port, config, log = free_port(), folder / "calcinode.toml", folder / "node.log"
    head = f'host = "127.0.0.1"\nport = {port}\nopen = true\nae_title = "NODE"\nreceiver_processes = {processes}'
    config.write_text(f'[node]\n{head}\ndata_folder = "{folder / "state"}"\n')
    command = [sys.executable, "-m", "node", "serve", "--role", "receiver", "--config", str(config)]
    with log.open("wb") as output:
        node = subprocess.Popen(command, stdout=output, stderr=output)
    while "node_ready" not in log.read_text():
        if node.poll() is not None:
            raise SystemExit(log.read_text())
        time.sleep(0.1)
    yield port
    node.terminate()
    node.wait()


@contextmanager
def receiver(kind: str, folder: Path, processes: int) -> Iterator[int]:
    """A running receiver of one kind with an empty store; yields its port."""
    if kind == "storescp":
        with StoreScp(folder / kind) as peer:
            yield peer.port
    else:
        with (_nothing if kind == "nothing" else _node)(folder / kind, processes) as port:
            yield port
    shutil.rmtree(folder / kind, ignore_errors=True)


def measure(port: int, folders: list[Path], images: int) -> float:
    """Images per second of one storescu a folder, all at once."""
    wait_for_port(port)
    command = [require("storescu"), "-aec", "NODE", "+sd", "127.0.0.1", str(port)]
    begin = time.perf_counter()
    senders = [subprocess.Popen([*command, str(folder)], env=environment()) for folder in folders]
    if any(sender.wait() for sender in senders):
        raise SystemExit("a storescu failed")
    return images / (time.perf_counter() - begin)


def main() -> None:
    """Print images per second and the ratio to storescp, for each number of associations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--associations", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--receivers", nargs="+", default=["storescp", "node", "nothing"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for count in options.associations:
            share = options.images // count
            folders = [Path(name, f"ct-{count}-{index}") for index in range(count)]
            for folder in folders:
                write_ct_files(folder, share, size=512)
            rates: dict[str, list[float]] = {kind: [] for kind in options.receivers}
            for _ in range(options.rounds):
                for kind, measured in rates.items():
                    with receiver(kind, Path(name), options.processes) as port:
                        measured.append(measure(port, folders, share * count))
            _report(count, rates)
            for folder in folders:
                shutil.rmtree(folder)


def _report(count: int, rates: dict[str, list[float]]) -> None:
    base = statistics.median(next(iter(rates.values())))
    for kind, measured in rates.items():
        median = statistics.median(measured)
        single = " ".join(f"{rate:.0f}" for rate in measured)
        print(
            f"{count} associations  {kind:10s} {median:6.0f} images/s  ratio {median / base:.2f}  ({single})",
            flush=True,
        )


if __name__ == "__main__":
    main()
