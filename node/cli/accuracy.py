"""The command that scores the analysis against truth."""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from node.cli.console import StepBar, out, progress_bar

if TYPE_CHECKING:
    from node.accuracy.table import Row
    from node.service.accuracy import StudyScore


def accuracy(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Cases with truth: one, or a folder of them.")
    ] = None,
    suite: Annotated[
        bool, typer.Option("--suite/--no-suite", help="Score the random phantoms too (default without DIR).")
    ] = False,
    count: Annotated[int, typer.Option(min=0, help="How many random phantoms; every other one is hard.")] = 40,
    seeds: Annotated[str, typer.Option(help="Only these seeds of the random phantoms: 3,8,20-24.")] = "",
    only: Annotated[str, typer.Option(help="Only the studies whose name holds this text.")] = "",
    jobs: Annotated[int, typer.Option(min=1, help="Studies scored at once, each in a process of its own.")] = 1,
    out_file: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Every deposit's score as JSON.")
    ] = None,
    markdown_file: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="The table for a document.")
    ] = None,
    deposits: Annotated[bool, typer.Option("--deposits", help="Print every deposit and everything false.")] = False,
) -> None:
    """Score the analysis against exact truth: cases from a folder, and a suite of random phantoms.

    Prints one table: each measure with its target, value, 95 % confidence interval and mark. Phantoms are kept in the
    user's cache folder; making them takes minutes, once.

    \b
    Examples:
      calcinode accuracy ../shared/data/cases
      calcinode accuracy --count 40 --jobs 2 --out accuracy.json
      calcinode accuracy --seeds 3,8 --deposits
    """
    from node.accuracy.table import markdown
    from node.service.accuracy import case_studies, score_all, suite_studies, table_of

    studies = case_studies(folder) if folder else []
    if suite or seeds or folder is None:
        studies += suite_studies(count, _numbers(seeds))
    studies = [study for study in studies if only in study.name]
    if not studies:
        raise typer.BadParameter("No study is left to score.", param_hint="--only")
    with progress_bar() as progress:
        scores = score_all(studies, jobs, StepBar(progress))
    if deposits:
        for score in scores:
            out.print(_deposits_table(score))
    rows = table_of(scores)
    for name in dict.fromkeys(n for row in rows for n in row.figures):
        out.print(_figures_table(name, rows))
    _tell_failures(scores)
    if out_file:
        out_file.write_text(json.dumps([_record(s) for s in scores], indent=1, ensure_ascii=False), encoding="utf-8")
    if markdown_file:
        markdown_file.write_text(markdown(rows), encoding="utf-8")
    out.print(f"Analysis of a study: median {median(score.seconds for score in scores):.1f} s.")
    out.print("95 % intervals: rates Wilson, counts a hand Poisson, medians and means bootstrap over studies.")


def _numbers(text: str) -> list[int]:
    """``3,8,20-24`` as numbers."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not (first.strip().isdigit() and (last or first).strip().isdigit()):
            raise typer.BadParameter(f"'{part}' is no seed.", param_hint="--seeds")
        found += range(int(first), int(last or first) + 1)
    return found


def _figures_table(name: str, rows: list["Row"]) -> Table:
    from node.accuracy.table import interval_words, mark, target_words, value_words

    table = Table(title=f"Accuracy: {name}", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("measure", "target", "value", "95 % interval", "n", ""):
        table.add_column(heading, justify="right" if heading in ("value", "95 % interval", "n") else "left")
    for row in rows:
        if name in row.figures:
            found = row.figures[name]
            style = "red" if found.met is False else None
            cells = (value_words(found), interval_words(found), str(found.n), mark(found))
            table.add_row(row.name, target_words(row), *cells, style=style)
    return table


def _deposits_table(done: "StudyScore") -> Table:
    score = done.score
    table = Table(title=f"{done.study.group} {score.case}: {score.outcome}, {done.seconds:.1f} s", box=SIMPLE_HEAD)
    for heading in ("label", "kind", "shape", "true mm³", "found mm³", "Dice", "true mg", "mg", "true place", "said"):
        table.add_column(heading, justify="right" if "m" in heading or heading == "Dice" else "left")
    for d in score.deposits:
        state = "" if d.overlap.found else " review" if d.overlap.review else " MISSED"
        mass = "" if d.mass_mg is None else f"{d.mass_mg:.1f}"
        dice = "" if d.overlap.dice is None else f"{d.overlap.dice:.2f}"
        said = f"{d.listed.place}{'' if d.listed.place_right else ' WRONG'}" if d.listed else ""
        place = f"{d.true.region}{' on bone' if d.true.touches_bone else ''}"
        figures = (f"{d.true.volume_mm3:.1f}", f"{d.volume_mm3:.1f}{state}", dice, f"{d.true.mass_mg:.1f}", mass)
        table.add_row(str(d.true.label), d.true.kind, d.true.shape, *figures, place, said)
    for f in score.false_deposits:
        table.add_row("-", f.material, "FALSE", "", f"{f.volume_mm3:.1f}", "", "", "", f"on {f.on}", f.place)
    return table


def _tell_failures(scores: list["StudyScore"]) -> None:
    for done in scores:
        if done.score.outcome == "refused":
            out.print(f"no result: {done.score.case}: {'; '.join(done.score.reasons)}", markup=False)


def _record(done: "StudyScore") -> dict[str, Any]:
    return {"group": done.study.group, "hand": done.study.hand, "seconds": round(done.seconds, 2)} | asdict(done.score)


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(accuracy)
