"""Sums over parts of a hand, derived from its deposits: no sum is kept anywhere."""

from node.domain.findings import Hand, Region, Totals, totals_of


def digit_totals(hand: Hand) -> tuple[tuple[int | None, Totals], ...]:
    """(digit, totals) of the deposits in region ``digit``: 1 to 5, then None where a deposit's digit is uncertain.

    They add up to the totals of region ``digit``; a deposit beside a metacarpal is in the hand, not in a digit.
    """
    inside = [d for d in hand.deposits if d.region is Region.DIGIT]
    digits = [1, 2, 3, 4, 5, *([None] if any(d.digit is None for d in inside) else [])]
    return tuple((digit, totals_of(d for d in inside if d.digit == digit)) for digit in digits)


def region_totals(hand: Hand) -> tuple[tuple[Region | None, Totals], ...]:
    """(region, totals): every region, then None where a deposit's place is uncertain. They add up to the hand's."""
    regions = [*Region, *([None] if any(d.region is None for d in hand.deposits) else [])]
    return tuple((region, totals_of(d for d in hand.deposits if d.region is region)) for region in regions)
