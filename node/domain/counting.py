"""Numbers in sentences."""


def counted(count: int, one: str, more: str = "") -> str:
    """``1 image`` or ``2 images``; ``more`` is the plural where an s does not make it."""
    return f"{count} {one if count == 1 else more or one + 's'}"
