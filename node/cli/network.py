"""Commands that test a peer as IT does."""

import time
from pathlib import Path
from typing import Annotated

import typer

from node.cli.console import EXIT_FAILED, StepBar, complain, err, out, progress_bar
from node.cli.options import Config
from node.settings import load

PeerArgument = Annotated[
    str, typer.Argument(metavar="PEER", help="Name of a peer in the configuration, or AETITLE@host:port.")
]


def echo(peer: PeerArgument, config: Config = None) -> None:
    """Ask a peer whether it is there and knows this node (C-ECHO).

    \b
    Examples:
      calcinode echo pacs --config calcinode.toml
      calcinode echo ORTHANC@127.0.0.1:4242
    """
    settings = load(config)
    from node.bootstrap.network import echoer_of, peer_named

    target = peer_named(settings, peer)
    began = time.perf_counter()
    echoer_of(settings).echo(target)
    milliseconds = (time.perf_counter() - began) * 1000
    out.print(
        f"{target.ae_title} at {target.host}:{target.port} answers {settings.node.ae_title} ({milliseconds:.0f} ms)."
    )


def send(
    peer: PeerArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="DICOM files, in this folder or below it.")],
    config: Config = None,
) -> None:
    """Send a folder of DICOM files to a peer (C-STORE), each series on an association of its own.

    \b
    Examples:
      calcinode send pacs phantom/dicom --config calcinode.toml
      calcinode send CALCINODE@127.0.0.1:11112 /path/to/study
    """
    settings = load(config)
    from node.bootstrap.network import parcels_by_series, peer_named, sender_of
    from node.service.folder import read_folder

    target, sender = peer_named(settings, peer), sender_of(settings)
    refused = []
    began = time.perf_counter()
    with progress_bar() as progress:
        bar = StepBar(progress)
        found = read_folder(folder, bar)
        total = len(found.instances)
        sent = 0
        for parcels in parcels_by_series(found):
            for result in sender.send(target, parcels):
                sent += result.delivered
                if not result.delivered:
                    refused.append(result)
            bar("send", (sent + len(refused)) / total)
    for path, reason in found.skipped[:5]:
        err.print(f"skipped {path}: {reason}", markup=False)
    out.print(f"{sent} of {total} instances sent to {target.name} in {time.perf_counter() - began:.1f} s.")
    if refused:
        complain(f"{len(refused)} instances were not taken; the first: {refused[0].message}")
        raise typer.Exit(EXIT_FAILED)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(echo)
    app.command()(send)
