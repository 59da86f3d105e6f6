"""The table of measures: one column of figures for each set of studies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from node.accuracy.figures import PERCENT, Figure, Target, figure
from node.accuracy.measures import MEASURES
from node.accuracy.repeat import repeat_figures
from node.accuracy.score import CaseScore


@dataclass(frozen=True)
class Row:
    """A measure with its figure on each set, by the set's name; sets that have nothing to measure are left out."""

    name: str
    unit: str
    target: Target | None
    figures: Mapping[str, Figure]


def table(sets: Mapping[str, Sequence[CaseScore]], repeats: Mapping[str, Sequence[Sequence[CaseScore]]]) -> list[Row]:
    """Every measure on every set of studies; ``repeats`` holds, by set, the repeat scans of each hand."""
    rows = []
    for measure in MEASURES:
        found = [(name, figure(measure, scores)) for name, scores in sets.items()]
        rows.append(Row(measure.name, measure.unit, measure.target, _measured(found)))
    changes = {name: repeat_figures(hands) for name, hands in repeats.items()}
    return rows + [
        Row(same[0].name, same[0].unit, same[0].target, _measured(zip(changes, same, strict=True)))
        for same in zip(*changes.values(), strict=True)
    ]


def _measured(figures: Iterable[tuple[str, Figure]]) -> dict[str, Figure]:
    return {name: found for name, found in figures if found.value is not None}


def target_words(row: Row) -> str:
    """``≥ 98 %``, ``≤ 0.3 a hand``; empty without a target."""
    if row.target is None:
        return ""
    return f"{'≥' if row.target.at_least else '≤'} {row.target.limit:g} {row.unit}".strip()


def value_words(found: Figure) -> str:
    """``98.2 %``, ``0.87``."""
    return f"{_number(found.value or 0.0, found.unit)} {found.unit if found.unit == PERCENT else ''}".strip()


def interval_words(found: Figure) -> str:
    """``95.1 to 99.4``; empty without an interval."""
    return "" if found.interval is None else " to ".join(_number(bound, found.unit) for bound in found.interval)


def mark(found: Figure) -> str:
    """Whether the target is met."""
    return {True: "✓", False: "✗", None: ""}[found.met]


def _number(value: float, unit: str) -> str:
    return f"{value:.1f}" if unit == PERCENT else f"{value:.2f}"


def markdown(rows: Sequence[Row]) -> str:
    """The table for a document: value (interval), n and mark of every set."""
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    lines = [f"| measure | target | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for row in rows:
        cells = (_cell(row.figures[name]) if name in row.figures else "" for name in names)
        lines.append(f"| {row.name} | {target_words(row)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(found: Figure) -> str:
    interval = interval_words(found)
    return f"{value_words(found)}{f' ({interval})' if interval else ''}, n = {found.n} {mark(found)}".strip()
