"""The command that runs the node."""

from typing import Annotated

import typer

from node.cli.console import EXIT_USAGE, complain
from node.cli.options import Config
from node.domain.errors import Refused
from node.settings import load


def serve(
    config: Config = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="Run this part alone: receiver, engine, courier or page. May be given several times."),
    ] = None,
) -> None:
    """Run the node: receive, analyse, deliver, show. Ends in order on SIGTERM or Ctrl-C.

    The log goes to stderr as JSON lines; "node_ready" says that all parts are ready, kernels included.
    Exit code 2 where it cannot start: the port is taken, or the data folder cannot be used.

    \b
    Examples:
      calcinode serve --config calcinode.toml
      calcinode serve --config calcinode.toml --role receiver
    """
    settings = load(config)
    from node.bootstrap.locks import RoleName
    from node.bootstrap.serving import serve

    try:
        roles = [RoleName(name) for name in role or RoleName]
    except ValueError as error:
        raise typer.BadParameter(f"{error}; known: {', '.join(RoleName)}", param_hint="--role") from error
    try:
        serve(settings, roles)
    except Refused as refusal:
        complain(refusal.message, refusal.hint)
        raise typer.Exit(EXIT_USAGE) from refusal


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(serve)
