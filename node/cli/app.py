"""The application: its commands, its version, and the one place where errors become exit codes."""

from typing import Annotated

import typer

from node import __version__
from node.cli import accuracy, demo, installation, network, phantom, queue, serving, study
from node.cli.console import report

app = typer.Typer(
    name="calcinode",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"calcinode {__version__}")
        raise typer.Exit


@app.callback()
def calcinode(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Finds and measures soft-tissue calcinosis in dual-energy CT of the hands, and returns SEG and SR to the PACS.

    Investigational software: not for primary diagnosis; results are unverified until a physician signs.

    \b
    Exit codes: 0 done; 2 wrong command or configuration; 3 refused, incomplete or ignored; 4 failed.
    """


for _group in (serving, study, demo, phantom, accuracy, network, queue, installation):
    _group.register(app)


def main() -> int:
    """Run the command line; return the exit code."""
    try:
        app(prog_name="calcinode")
    except Exception as error:  # noqa: BLE001  (the outermost boundary: no person shall read a trace)
        return report(error)
    return 0
