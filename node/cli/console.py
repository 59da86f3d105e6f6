"""How commands speak: plain words on stdout, ``error:`` and ``hint:`` on stderr, progress bars where it takes time.

Exit codes (also in the README):

====  ==========================================================================================
0     done: a result exists, or what was asked for was shown
2     the command or the configuration is wrong: a folder that is not there, or cannot be written
3     refused, incomplete or ignored: the input is out of scope, or what was asked for is not there
4     failed: our own fault, or a peer that could not be reached
====  ==========================================================================================
"""

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from node.domain.errors import NodeError, Refused, Unusable
from node.settings import SettingsError

EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_FAILED = 4

SHOWN_SKIPPED = 5

WIDTH_OF_A_FILE = 120  # where stdout is no terminal, tables are not squeezed into 80 columns
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def complain(message: str, hint: str = "") -> None:
    """Print an error that a person can act on."""
    err.print("[bold red]error:[/] ", end="")
    err.print(message, markup=False)
    if hint:
        err.print("[bold]hint:[/] ", end="")
        err.print(hint, markup=False)


def exit_code_of(error: NodeError) -> int:
    """The exit code that goes with an error of ours."""
    if isinstance(error, Unusable):
        return EXIT_USAGE
    return EXIT_REFUSED if isinstance(error, Refused) else EXIT_FAILED


def report(error: Exception) -> int:
    """Print ``error`` and return the exit code. A trace only for what nobody foresaw, and only when asked for."""
    if isinstance(error, NodeError):
        complain(error.message, error.hint)
        return exit_code_of(error)
    if isinstance(error, SettingsError):
        complain(str(error), "deploy/calcinode.toml shows every key with its meaning and default.")
        return EXIT_USAGE
    if os.environ.get("CALCINODE_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
    complain(
        f"{type(error).__name__}: {error}",
        "This is a fault of Calcinode. Set CALCINODE_DEBUG=1 to see where, and report it without patient data.",
    )
    return EXIT_FAILED


def tell_skipped(skipped: Sequence[tuple[Path, str]]) -> None:
    """Print the first files that could not be read, with the reason, and how many more there are."""
    for path, reason in skipped[:SHOWN_SKIPPED]:
        err.print(f"skipped {path}: {reason}", markup=False)
    if len(skipped) > SHOWN_SKIPPED:
        err.print(f"… and {len(skipped) - SHOWN_SKIPPED} more files skipped", markup=False)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress display on stderr; silent where stderr is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield progress


class StepBar:
    """Adapts ``progress(step, fraction)`` of the use cases to one bar: a step's name, and how far it is (0 to 1)."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=1.0)

    def __call__(self, step: str, fraction: float) -> None:
        self._progress.update(self._task, description=step, completed=min(max(fraction, 0.0), 1.0))
