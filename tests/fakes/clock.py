"""A clock that a test turns."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still until it is told to advance."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Now."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Turn it forward."""
        self.now += timedelta(seconds=seconds)
