"""The command that scores the analysis against truth."""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.accuracy_tables import deposits_table, figures_table, wrong_lines
from node.cli.console import StepBar, out, progress_bar
from node.cli.options import writable

if TYPE_CHECKING:
    from node.accuracy.table import Row
    from node.service.trial.accuracy import Study, StudyScore


def accuracy(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Cases with truth: one, or a folder of them.")
    ] = None,
    suite: Annotated[
        bool, typer.Option("--suite", help="Score the random phantoms too (without DIR: always).")
    ] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Score DIR's cases with other noise, kernel, grid, side, size, build.")
    ] = False,
    mixed: Annotated[
        int, typer.Option(min=0, metavar="N", help="Score each of DIR's cases with N random mixtures of such changes.")
    ] = 0,
    posed: Annotated[
        int, typer.Option(min=0, metavar="N", help="Score each of DIR's cases in N random other poses.")
    ] = 0,
    count: Annotated[int, typer.Option(min=0, help="How many random phantoms; every other one is hard.")] = 40,
    seeds: Annotated[str, typer.Option(help="Only these seeds of the random phantoms: 3,8,20-24.")] = "",
    only: Annotated[str, typer.Option(help="Only the studies whose name holds this text.")] = "",
    jobs: Annotated[int, typer.Option(min=1, help="Studies scored at once, each in a process of its own.")] = 1,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", callback=writable, help="Every deposit's score as JSON."),
    ] = None,
    markdown_file: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", callback=writable, help="The table for a document."),
    ] = None,
    deposits: Annotated[bool, typer.Option("--deposits", help="Print every deposit and everything false.")] = False,
    wrong: Annotated[
        bool, typer.Option("--wrong", help="Print what is missed, false or misplaced, a line each.")
    ] = False,
) -> None:
    """Score the analysis against exact truth: cases from a folder, and a suite of random phantoms.

    Prints one table: each measure with its target, value, 95 % confidence interval and mark. Phantoms are kept in the
    user's cache folder; making them takes minutes, once.

    \b
    Examples:
      calcinode accuracy ../shared/data/cases --changed --mixed 8 --posed 4 --jobs 2
      calcinode accuracy --count 40 --jobs 2 --out accuracy.json
      calcinode accuracy --seeds 3,8,100-110 --wrong
    """
    from node.accuracy.table import markdown
    from node.service.trial.accuracy import score_all, suite_studies, table_of

    studies = _cases(folder, changed, mixed, posed)
    if suite or seeds or folder is None:
        studies += suite_studies(count, _numbers(seeds))
    chosen = [study for study in studies if only in study.name]
    if not chosen:
        raise typer.BadParameter(f"No study is left to score: of {len(studies)} none has '{only}' in its name.")
    with progress_bar() as progress:
        scores = score_all(chosen, jobs, StepBar(progress))
    for score in scores:
        _print_study(score, deposits, wrong)
    rows = table_of(scores)
    _print_tables(rows)
    _tell_failures(scores)
    _tell_how_to_read(scores, bool(changed or mixed or posed))
    if out_file:
        out_file.write_text(json.dumps([_record(s) for s in scores], indent=1, ensure_ascii=False), encoding="utf-8")
    if markdown_file:
        markdown_file.write_text(markdown(rows), encoding="utf-8")


def _cases(folder: Path | None, changed: bool, mixed: int, posed: int) -> list["Study"]:
    """Those of ``folder``, and each after every change, ``mixed`` combinations of them, and in ``posed`` poses."""
    from node.service.trial.accuracy import case_studies, changed_studies, mixed_studies, posed_studies

    if (changed or mixed or posed) and folder is None:
        option = "--changed" if changed else "--mixed" if mixed else "--posed"
        raise typer.BadParameter("It changes the cases of DIR: name one.", param_hint=option)
    studies = case_studies(folder) if folder else []
    altered = (changed_studies(studies) if changed else []) + mixed_studies(studies, mixed)
    return studies + altered + posed_studies(studies, posed)


def _numbers(text: str) -> list[int]:
    """``3,8,20-24`` as numbers."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not (first.strip().isdigit() and (last or first).strip().isdigit()):
            raise typer.BadParameter(f"'{part}' is no seed.", param_hint="--seeds")
        found += range(int(first), int(last or first) + 1)
    return found


def _print_study(done: "StudyScore", deposits: bool, wrong: bool) -> None:
    if deposits:
        out.print(deposits_table(done))
    for line in wrong_lines(done.score) if wrong else ():
        out.print(f"{done.score.case}: {line}", markup=False)


def _print_tables(rows: list["Row"]) -> None:
    for name in dict.fromkeys(n for row in rows for n in row.figures):
        out.print(figures_table(name, rows))


def _tell_failures(scores: list["StudyScore"]) -> None:
    for done in scores:
        if done.score.outcome == "refused":
            out.print(f"no result: {done.score.case}: {'; '.join(done.score.reasons)}", markup=False)


def _tell_how_to_read(scores: list["StudyScore"], changed: bool) -> None:
    out.print(f"Analysis of a study: median {median(score.seconds for score in scores):.1f} s.")
    out.print("95 % intervals: rates Wilson, counts a hand Poisson, medians and means bootstrap over studies.")
    out.print("Errors of volume, mass and outline are those of found deposits.")
    if changed:
        out.print("Changed cases are versions of the same few hands: their true intervals are wider.")


def _record(done: "StudyScore") -> dict[str, Any]:
    return {"group": done.study.group, "hand": done.study.hand, "seconds": round(done.seconds, 2)} | asdict(done.score)


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(accuracy)
