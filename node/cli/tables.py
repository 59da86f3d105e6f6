"""Tables of findings, for a person at a terminal."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from node.domain.findings import Deposit, Findings, Laterality
from node.domain.hand_wording import score_words
from node.domain.wording import SIDE_WORDS, whereabouts


def findings_table(findings: Findings) -> Table:
    """One row a deposit, one a hand with its totals."""
    table = Table(title="Deposits" if findings.deposits else "No deposit found", box=SIMPLE_HEAD, pad_edge=False)
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
        totals = hand.totals
        mass = f"{totals.mass_mg:.1f}"
        table.add_row("", side, f"total of {totals.count}", "", f"{totals.volume_mm3:.1f}", mass, style="bold")
        table.add_row("", side, score_words(hand))
    return table


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
        f"{deposit.confidence:.2f}",
        review,
    )
