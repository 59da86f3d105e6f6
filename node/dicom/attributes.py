"""Reading attribute values without trusting them: an empty, absent or malformed value is None or empty text."""

import contextlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

Lookup = Callable[[str], Any]
"""Value of an attribute by keyword, or None: of a dataset, or of one frame of a multi-frame dataset."""
_TEXT_VRS: Final = frozenset({"AS", "CS", "DA", "DS", "DT", "IS", "LO", "SH", "TM", "UI"})


def lookup_of(dataset: Dataset) -> Lookup:
    """Attributes of the dataset itself."""

    def lookup(keyword: str) -> Any:
        tag = _tag(keyword)
        if tag is None or tag not in dataset:
            return None
        value = _plain_value(dataset, tag)
        if value is None:
            value = _converted_value(dataset, tag)
        return None if value == "" else value

    return lookup


@cache
def _tag(keyword: str) -> BaseTag | None:
    number_ = tag_for_keyword(keyword)
    return None if number_ is None else BaseTag(number_)


def _plain_value(dataset: Dataset, tag: BaseTag) -> Any:
    """Value of an element that pydicom has not converted yet, text for numbers too; None where it takes pydicom.

    A header has some seventy attributes of which we ask thirty: this is a third of the time of reading it.
    """
    raw: Any = dataset.get_item(tag)
    if not isinstance(raw, RawDataElement) or raw.value is None or not raw.is_little_endian:
        return None
    vr = raw.VR or dictionary_VR(tag)
    if vr == "US" and len(raw.value) == 2:
        return int.from_bytes(raw.value, "little")
    if vr not in _TEXT_VRS or not raw.value.isascii() or b"\x1b" in raw.value:
        return None
    value = raw.value.decode("ascii").strip(" \0")
    return value.split("\\") if "\\" in value else value


def _converted_value(dataset: Dataset, tag: BaseTag) -> Any:
    with contextlib.suppress(ValueError, TypeError, NotImplementedError, KeyError):
        value = dataset[tag].value
        return value.strip() if isinstance(value, str) else value
    return None


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
