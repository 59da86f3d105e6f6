"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.console import EXIT_USAGE, complain
from node.settings import Settings, SettingsError, load

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


def settings_from(config: Path | None) -> Settings:
    """The settings; ends the command with exit code 2 and what is wrong with them."""
    try:
        return load(config)
    except SettingsError as error:
        complain(str(error), "deploy/calcinode.toml shows every key with its meaning and default.")
        raise typer.Exit(EXIT_USAGE) from error
