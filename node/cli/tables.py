"""Tables of findings, for a person at a terminal."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table

from node.dicom.objects.findings_json import rounded_findings
from node.domain.findings import Deposit, Findings, Laterality, Totals
from node.domain.hand_wording import score_words
from node.domain.wording import SIDE_WORDS, percent_words, whereabouts


def findings_table(findings: Findings) -> Table:
    """One row a deposit, and the sums of each hand, in the digits of ``findings.json``."""
    findings = rounded_findings(findings)
    if not findings.deposits:
        return Table("No deposit found", box=None)
    table = Table(title="Deposits", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("no.", "hand", "where", "material"):
        table.add_column(heading)
    for heading in ("mm³", "mg", "HU", "ratio", "sure"):
        table.add_column(heading, justify="right")
    table.add_column("review")
    for hand in findings.hands:
        side = SIDE_WORDS[hand.laterality] or "uncertain"
        for deposit in sorted(hand.deposits, key=lambda d: d.number):
            table.add_row(
                str(deposit.number), side, _where(deposit, hand.laterality), deposit.material, *_figures(deposit)
            )
        for words, volume_mm3, mass in _sums(hand.totals):
            table.add_row("", side, words, "", f"{volume_mm3:.1f}", mass, style="bold")
        table.add_row("", side, score_words(hand))
    return table


def _sums(totals: Totals) -> Iterator[tuple[str, float, str]]:
    """(words, mm³, mg) of what is counted, of urate, and of what is left to a reader."""
    yield f"mineral, {totals.count} in all", totals.volume_mm3, f"{totals.mass_mg:.1f}"
    if totals.urate_volume_mm3:
        yield "urate", totals.urate_volume_mm3, ""
    if totals.review_count:
        yield f"for review, {totals.review_count} not counted", totals.review_volume_mm3, ""


def _where(deposit: Deposit, laterality: Laterality) -> str:
    """In the words of the report, less the side, which has its own column."""
    words = whereabouts(deposit, laterality).removeprefix(f"{SIDE_WORDS[laterality]} ")
    return f"{words}, on bone" if deposit.touches_bone else words


def _figures(deposit: Deposit) -> tuple[str, ...]:
    mass = "" if deposit.mass_mg is None else f"{deposit.mass_mg:.1f}"
    ratio = "" if deposit.ratio is None else f"{deposit.ratio:.2f}"
    review = "yes" if deposit.review else ""
    return (
        f"{deposit.volume_mm3:.1f}",
        mass,
        f"{deposit.mean_low_hu:.0f}",
        ratio,
        percent_words(deposit.confidence),
        review,
    )
