"""Values of the journal as JSON: the commands' ``--json`` and the page's interface say the same."""

from typing import Any, Final

from pydantic import TypeAdapter

_ANYTHING: Final[TypeAdapter[Any]] = TypeAdapter(Any)


def as_json(value: object) -> bytes:
    """``value`` (dataclasses of ``questions`` and ``records``, or sequences of them) as UTF-8; times as ISO 8601."""
    return _ANYTHING.dump_json(value, indent=1)
