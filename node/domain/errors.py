"""The tree of errors. Retry policy reads the type only; a person reads the message and the hint."""


class NodeError(Exception):
    """Root of all errors that this node raises on purpose.

    ``message`` says what was wrong and what was expected, ``hint`` what the reader can do about it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Refused(NodeError):
    """The input is out of scope. Trying again gives the same answer; the user is told why."""


class Unusable(Refused):
    """What a person named cannot be used: a folder that is not there, or that cannot be written."""


class Transient(NodeError):
    """Something outside failed for now (a peer is down, the disk is full). Worth another try."""


class Defect(NodeError):
    """Our own fault. Logged with its trace, counted against the job's attempts."""
