"""Commands that work on one study without the network."""

import time
from pathlib import Path
from typing import Annotated

import typer

from node.cli.console import EXIT_REFUSED, StepBar, complain, out, progress_bar, tell_skipped
from node.cli.options import Config
from node.cli.tables import findings_table
from node.settings import load


def analyse(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The study's DICOM files, in this folder or below.")],
    out_folder: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the results go.")],
    config: Config = None,
) -> None:
    """Analyse one study from a folder: seg.dcm, sr.dcm, overlay.dcm, overlay.png and findings.json.

    Exit code 0 for a result (complete or partial), 3 where the study is out of scope (the reasons are printed and
    stand in findings.json), 4 where the analysis failed.

    \b
    Examples:
      calcinode analyse /path/to/study --out results
      calcinode analyse study --out results --config calcinode.toml
    """
    settings = load(config)
    from node.bootstrap.parts import parameters_of
    from node.domain.wording import DISCLAIMER_SENTENCE
    from node.service.study.analyse import analyse_folder

    began = time.perf_counter()
    with progress_bar() as progress:
        done = analyse_folder(folder, out_folder, parameters_of(settings), StepBar(progress))
    tell_skipped(done.skipped)
    result = done.result
    if result.outcome == "refused":
        complain("\n".join(result.reasons), f"Details: {out_folder / 'findings.json'}")
        raise typer.Exit(EXIT_REFUSED)
    out.print(findings_table(result.findings))
    for reason in result.reasons:
        out.print(f"{result.outcome.value}: {reason}", markup=False)
    for note in (note for hand in result.findings.hands for note in hand.notes):
        out.print(note, markup=False)
    out.print(f"{time.perf_counter() - began:.1f} s; {', '.join(path.name for path in done.files)} in {out_folder}")
    out.print(DISCLAIMER_SENTENCE)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(analyse)
