"""Times for a person."""

from datetime import UTC, datetime


def when(at: datetime) -> str:
    """``2026-11-28 22:04:41``: an aware time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
