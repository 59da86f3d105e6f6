"""Options that several commands share."""

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
