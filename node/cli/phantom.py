"""The command that makes synthetic studies."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from node.cli.console import StepBar, out, progress_bar
from node.cli.options import Preset, writable_folder

if TYPE_CHECKING:
    from node.phantom import PhantomSpec
    from node.service.trial.phantom import StudySummary


def phantom(
    out_folder: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", callback=writable_folder, help="Where dicom/ and truth/ go.")
    ],
    preset: Preset = "demo",
    pair: Annotated[str | None, typer.Option(help='Energy pair, such as "80/140" or "100/Sn140(0.4)".')] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed: other noise and textures.")] = None,
    random: Annotated[
        int | None, typer.Option(metavar="SEED", help="Instead of a preset: anatomy, pose and deposits of this seed.")
    ] = None,
    hard: Annotated[bool, typer.Option("--hard", help="With --random: a difficult one.")] = False,
    healthy: Annotated[bool, typer.Option("--control", help="With --random: no deposit, many look-alikes.")] = False,
    syntax: Annotated[
        str, typer.Option(help="explicit, implicit, deflated, jpeg-ls, jpeg2000, jpeg-lossless or rle.")
    ] = "explicit",
    order: Annotated[str, typer.Option(help="Order of the slices: ascending, descending or shuffled.")] = "ascending",
    intercept: Annotated[int, typer.Option(help="Rescale Intercept.")] = -1024,
    signed: Annotated[bool, typer.Option("--signed", help="Signed stored values.")] = False,
    padding: Annotated[bool, typer.Option("--padding", help="Mark the corners as padding.")] = False,
    mixed: Annotated[bool, typer.Option("--mixed", help="Add a mixed (F_0.5) series.")] = False,
    topogram: Annotated[bool, typer.Option("--topogram", help="Add a topogram.")] = False,
    dose: Annotated[bool, typer.Option("--dose", help="Add a dose report.")] = False,
) -> None:
    """Make a synthetic dual-energy study of hands, as a scanner writes it, with its exact truth.

    \b
    Examples:
      calcinode phantom --out phantom
      calcinode phantom --out hard --random 8 --hard
      calcinode phantom --out gout --preset fist --pair "100/Sn140(0.4)" --syntax jpeg-ls --mixed --topogram
    """
    from node.service.trial.phantom import StudyOptions, write_study

    if random is None and (hard or healthy):
        raise typer.BadParameter("It goes with --random SEED.", param_hint="--hard, --control")
    spec = _spec(preset, random, hard, healthy)
    if seed is not None:
        spec = replace(spec, seed=seed)
    if pair is not None:
        spec = replace(spec, imaging=replace(spec.imaging, pair=pair))
    options = StudyOptions(
        transfer_syntax=syntax,
        order=order,
        intercept=intercept,
        signed=signed,
        padding=padding,
        mixed=mixed,
        topogram=topogram,
        dose=dose,
    )
    with progress_bar() as progress:
        summary = write_study(spec, out_folder, options, StepBar(progress))
    out.print(_table(summary, f"Deposits of {spec.name}"))
    out.print(f"{len(summary.files)} images in {summary.folder / 'dicom'}, truth in {summary.truth}")


def _spec(preset: str, random: int | None, hard: bool, healthy: bool) -> "PhantomSpec":
    from node.phantom.presets import preset as spec_named
    from node.phantom.randomise import random_control, random_spec

    if random is None:
        return spec_named(preset)
    return random_control(random, hard) if healthy else random_spec(random, hard)


def _table(summary: "StudySummary", title: str) -> Table:
    table = Table("no.", "kind", "where", "shape", "mm³", "mg", title=title)
    for deposit in summary.deposits:
        mass = "" if deposit.get("mass_mg") is None else f"{deposit['mass_mg']:.1f}"
        texts = (str(deposit[key]) for key in ("id", "kind", "region", "shape"))
        table.add_row(*texts, f"{deposit['volume_mm3']:.1f}", mass)
    return table


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(phantom)
