"""Options that several commands share."""

import os
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="CALCINODE_CONFIG",
        metavar="FILE",
        help="Configuration (TOML). Without it: defaults and the environment (CALCINODE_NODE__PORT and so on).",
    ),
]

Preset = Annotated[str, typer.Option(help="demo, control, small, both_hands or fist.")]


def writable(path: Path | None) -> Path | None:
    """Callback of an option that names a file to be written: told before the work, not after it."""
    if path is not None and not os.access(path.parent, os.W_OK | os.X_OK):
        raise typer.BadParameter(f"{path}: the folder {path.parent} is not there, or this account cannot write to it.")
    return path


def writable_folder(folder: Path) -> Path:
    """Callback of an option that names a folder, there or to be made: told before the work where it cannot be."""
    above = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        raise typer.BadParameter(f"{folder}: {above} is no folder, or this account cannot write to it.")
    return folder
