"""What ``calcinode accuracy`` prints: the figures of a set, the deposits of a study, and what is wrong in one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

if TYPE_CHECKING:
    from node.accuracy.score import CaseScore
    from node.accuracy.table import Row
    from node.service.trial.accuracy import StudyScore

WORTH_MM3 = 10.0
FAR_OFF = 1.3
"""A deposit from ``WORTH_MM3`` on whose volume is wrong by more than this factor is named as such."""


def figures_table(name: str, rows: list["Row"]) -> Table:
    """The measures on one set of studies."""
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


def deposits_table(done: "StudyScore") -> Table:
    """Every true deposit of a study with what was found of it, and everything false."""
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


def wrong_lines(score: "CaseScore") -> Iterator[str]:
    """What a developer wants to look at first."""
    for d in score.deposits:
        what = f"{d.true.label} {d.true.shape} {d.true.volume_mm3:.1f} mm³ at {d.true.region}"
        what += ", on bone" if d.true.touches_bone else ""
        if not d.overlap.found:
            yield f"missed{', left to a reader' if d.overlap.review else ''}: {what}"
        elif d.listed and not d.listed.place_right:
            yield f"misplaced: {what}, said to be {d.listed.place}"
        elif d.true.volume_mm3 >= WORTH_MM3 and not 1 / FAR_OFF < d.volume_mm3 / d.true.volume_mm3 < FAR_OFF:
            yield f"far off: {what}, measured {d.volume_mm3:.1f} mm³"
    for f in score.false_deposits:
        said = f"said to be {f.place}, confidence {f.confidence:.2f}"
        yield f"false {f.material}: {f.volume_mm3:.1f} mm³ on {f.on}, {said}"
    if score.misplaced.false_urate_mm3 > 0:
        yield f"false urate: {score.misplaced.false_urate_mm3:.1f} mm³"
    yield from (
        f"bone {b.true} of the {b.side} hand called {b.said or 'nothing'}" for b in score.bones if b.said != b.true
    )
    if score.fingertips.missed or score.fingertips.open or score.fingertips.false:
        yield str(score.fingertips)
