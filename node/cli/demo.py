"""The main job once, with a phantom, to see it work."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from node.cli.console import StepBar, out, progress_bar
from node.cli.options import Preset, writable_folder

if TYPE_CHECKING:
    from node.bootstrap.demonstration import Demonstration
    from node.service.trial.comparison import Described


def demo(
    out_folder: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", callback=writable_folder, help="Where results and the node's log go."
        ),
    ] = Path("demo-out"),
    preset: Preset = "demo",
) -> None:
    """Send a phantom study by C-STORE through a real node to a stand-in PACS, and show what was found.

    Everything happens on this machine, on free ports and in a temporary folder. The first run compiles the kernels.

    \b
    Examples:
      calcinode demo
      calcinode demo --preset both_hands --out /tmp/demo
    """
    from node.bootstrap.demonstration import demonstrate
    from node.domain.wording import DISCLAIMER_SENTENCE

    with tempfile.TemporaryDirectory(prefix="calcinode-demo-") as work, progress_bar() as progress:
        done = demonstrate(preset, Path(work), out_folder, StepBar(progress))
    out.print(_table(done))
    out.print(
        f"{done.instances} images sent by C-STORE in {done.sending_s:.1f} s; the results were in the PACS", end=" "
    )
    out.print(f"{done.to_results_s:.1f} s after the last image; it took responsibility for {done.committed} objects.")
    for path in done.files:
        out.print(f"  {path}", markup=False)
    out.print(DISCLAIMER_SENTENCE)


def _table(done: "Demonstration") -> Table:
    from node.service.trial.comparison import compare

    table = Table(title="Deposits: the phantom's truth, and what the node found", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("true place", "material", "mm³", "mg", "found place", "material", "mm³", "mg", "error"):
        table.add_column(heading, justify="right" if heading in ("mm³", "mg", "error") else "left")
    for true, found in compare(done.truth, done.findings):
        error = f"{100 * (found.volume_mm3 / true.volume_mm3 - 1):+.0f} %" if true and found else ""
        absent = ("[red]not found[/]", "", "", "")
        table.add_row(*(_cells(true) if true else ("-", "", "", "")), *(_cells(found) if found else absent), error)
    return table


def _cells(one: "Described") -> tuple[str, str, str, str]:
    mass = "" if one.mass_mg is None else f"{one.mass_mg:.1f}"
    review = " (review)" if one.review else ""
    return f"{one.side} {one.where}", f"{one.material}{review}", f"{one.volume_mm3:.1f}", mass


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(demo)
