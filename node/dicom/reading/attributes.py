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

from node.dicom.reading.quick_header import QuickHeader

Lookup = Callable[[str], Any]
"""Value of an attribute by keyword, or None: of a dataset, or of one frame of a multi-frame dataset."""
_TEXT_VRS: Final = frozenset({"AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UI"})


def lookup_of(dataset: Dataset) -> Lookup:
    """Attributes of the dataset itself."""

    def lookup(keyword: str) -> Any:
        tag = _tag(keyword)
        if tag not in dataset:
            return None
        value = _plain_value(dataset, tag)
        if value is None:
            value = _converted_value(dataset, tag)
        return None if value == "" else value

    return lookup


def lookup_in(header: QuickHeader) -> Lookup:
    """The same attributes as ``lookup_of``, of a header that was read without pydicom."""

    def lookup(keyword: str) -> Any:
        tag, vr = _plain_tag(keyword)
        element = header.elements.get(tag)
        if element is None:
            return None
        value = _plain(element[0] or vr, element[1])
        if value is None:
            with contextlib.suppress(ValueError, TypeError, NotImplementedError, KeyError):
                value = header.converted(tag)
                value = value.strip() if isinstance(value, str) else value
        return None if value == "" else value

    return lookup


@cache
def _plain_tag(keyword: str) -> tuple[int, str]:
    """Tag and VR of a keyword. Raises KeyError for one that DICOM does not know."""
    number_ = tag_for_keyword(keyword)
    if number_ is None:
        raise KeyError(keyword)
    return number_, dictionary_VR(number_)


@cache
def _tag(keyword: str) -> BaseTag:
    return BaseTag(_plain_tag(keyword)[0])


def _plain_value(dataset: Dataset, tag: BaseTag) -> Any:
    """Value of an element that pydicom has not converted yet, text for numbers too; None where it takes pydicom.

    A header has some seventy attributes of which we ask thirty: this is a third of the time of reading it.
    """
    raw: Any = dataset.get_item(tag)
    if not isinstance(raw, RawDataElement) or raw.value is None or not raw.is_little_endian:
        return None
    return _plain(raw.VR or dictionary_VR(tag), raw.value)


def _plain(vr: str, raw: bytes) -> Any:
    """Value of plain text, or of one unsigned short."""
    if vr == "US" and len(raw) == 2:
        return int.from_bytes(raw, "little")
    if vr not in _TEXT_VRS or not raw.isascii() or b"\x1b" in raw:
        return None
    value = raw.decode("ascii").strip(" \0")
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
    return not isinstance(value, str) and isinstance(value, MultiValue | list | tuple)
