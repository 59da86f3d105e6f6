"""Commands that test a peer as IT does."""

import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from node.cli.console import EXIT_FAILED, StepBar, complain, out, progress_bar, tell_skipped
from node.cli.options import Config
from node.domain.counting import counted
from node.settings import AeTitle, load

PeerArgument = Annotated[
    str, typer.Argument(metavar="PEER", help="Name of a peer in the configuration, or AETITLE@host:port.")
]


def _ae_title(text: str | None) -> str | None:
    try:
        return None if text is None else TypeAdapter(AeTitle).validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter(f"'{text}' is no AE title: 1 to 16 ASCII characters without a backslash.") from error


Calling = Annotated[
    str | None,
    typer.Option(
        "--calling", metavar="AETITLE", callback=_ae_title, help="Call as this AE title. Default: the node's own."
    ),
]


def echo(peer: PeerArgument, calling: Calling = None, config: Config = None) -> None:
    """Ask a peer whether it is there and knows this node (C-ECHO).

    \b
    Examples:
      calcinode echo pacs --config calcinode.toml
      calcinode echo ORTHANC@127.0.0.1:4242
      calcinode echo CALCINODE@127.0.0.1:11112 --calling CT_SCANNER
    """
    settings = load(config)
    from node.bootstrap.network import echoer_of, peer_named

    target = peer_named(settings, peer)
    began = time.perf_counter()
    echoer_of(settings, calling).echo(target)
    milliseconds = (time.perf_counter() - began) * 1000
    caller = calling or settings.node.ae_title
    out.print(f"{target.ae_title} at {target.host}:{target.port} answers {caller} ({milliseconds:.0f} ms).")


def send(
    peer: PeerArgument,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="DICOM files, in this folder or below it.")],
    calling: Calling = None,
    config: Config = None,
) -> None:
    """Send a folder of DICOM files to a peer (C-STORE), each series on an association of its own.

    A peer lets in the AE titles that it knows: to test this node, call as one of its senders (--calling).

    \b
    Examples:
      calcinode send pacs phantom/dicom --config calcinode.toml
      calcinode send CALCINODE@127.0.0.1:11112 /path/to/study --calling CT_SCANNER
    """
    settings = load(config)
    from node.bootstrap.network import parcels_by_series, peer_named, sender_of
    from node.service.study.folder import read_folder

    target, sender = peer_named(settings, peer), sender_of(settings, calling)
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
    tell_skipped(found.skipped)
    out.print(f"{sent} of {counted(total, 'image')} sent to {target.name} in {time.perf_counter() - began:.1f} s.")
    if refused:
        complain(f"Not taken: {counted(len(refused), 'image')}; the first: {refused[0].message}")
        raise typer.Exit(EXIT_FAILED)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(echo)
    app.command()(send)
