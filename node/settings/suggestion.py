"""What a person may have meant."""

from difflib import get_close_matches


def suggestion(word: str, known: list[str]) -> str:
    """The nearest of the known words, else all of them."""
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(known)) or 'none'}."
