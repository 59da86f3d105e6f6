"""Reading attribute values without trusting them: an empty, absent or malformed value is None or empty text."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

Lookup = Callable[[str], Any]
"""Value of an attribute by keyword, or None: of a dataset, or of one frame of a multi-frame dataset."""


def lookup_of(dataset: Dataset) -> Lookup:
    """Attributes of the dataset itself."""

    def lookup(keyword: str) -> Any:
        with contextlib.suppress(ValueError, TypeError, NotImplementedError, KeyError):
            value = dataset.get(keyword)
            return None if value is None or (isinstance(value, str) and not value.strip()) else value
        return None

    return lookup


def text(value: Any) -> str:
    """The value as stripped text; several values joined with a backslash as DICOM writes them."""
    if value is None:
        return ""
    return "\\".join(text(v) for v in value) if _is_multiple(value) else str(value).strip("\0 ")


def texts(value: Any) -> tuple[str, ...]:
    """Each value as text."""
    if value is None:
        return ()
    return tuple(text(v) for v in value) if _is_multiple(value) else (text(value),)


def number(value: Any) -> float | None:
    """The first value as a float, or None."""
    if _is_multiple(value):
        value = value[0] if len(value) else None
    with contextlib.suppress(ValueError, TypeError):
        return float(value)
    return None


def whole(value: Any) -> int | None:
    """The first value as an int, or None."""
    found = number(value)
    return None if found is None or found != found else int(found)


def numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """Exactly ``count`` floats, or None."""
    if not _is_multiple(value) or len(value) != count:
        return None
    with contextlib.suppress(ValueError, TypeError):
        return tuple(float(v) for v in value)
    return None


def items(value: Any) -> Sequence[Dataset]:
    """Items of a sequence; none where the sequence is absent."""
    return () if value is None or isinstance(value, str) else tuple(v for v in value if isinstance(v, Dataset))


def _is_multiple(value: Any) -> bool:
    return isinstance(value, MultiValue | list | tuple)
