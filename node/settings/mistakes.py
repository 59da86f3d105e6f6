"""What is wrong with a configuration, said so that a person can mend it."""

import os
import re
from typing import Any

from node.settings.peers import PeerSettings, RouteSettings
from node.settings.section import Section
from node.settings.suggestion import suggestion
from node.settings.whole import Settings


class SettingsError(ValueError):
    """The configuration cannot be used. The message names the key, what was expected, and the line if it is known."""


def explain(error: Any, name: str, text: str) -> str:
    """One error of pydantic as a sentence: place, key, what was expected. ``text`` is that of the file ``name``."""
    location = tuple(error["loc"])
    key = ".".join(str(part) for part in location) or "configuration"
    line = _line_of(location, text)
    variable = "CALCINODE_" + "__".join(str(part) for part in location).upper()
    if variable in {key.upper() for key in os.environ}:
        where = f"environment variable {variable}"  # it wins over the file
    else:
        where = f"{name}, line {line}" if line else name
    if error["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        return f"{where}: unknown key '{key}'; {suggestion(str(location[-1]), known)}"
    if error["type"] == "missing":
        return f"{where}: the key '{key}' is missing."
    message = str(error["msg"]).removeprefix("Value error, ")
    told = f"{where}: {key} = {error['input']!r}: {message}" if location else f"{where}: {message}"
    return told if told.endswith((".", "?")) else f"{told}."


def _known_keys(section: tuple[int | str, ...]) -> list[str]:
    if not section:
        return list(Settings.model_fields)
    lists: dict[str, type[Section]] = {"peers": PeerSettings, "routes": RouteSettings}
    model = lists.get(str(section[0]))
    if model is None:
        annotation = Settings.model_fields[str(section[0])].annotation
        model = annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None
    return list(model.model_fields) if model else []


def _line_of(location: tuple[int | str, ...], text: str) -> int | None:
    """The line of a key within its table, else the table's own."""
    names = [str(part) for part in location if isinstance(part, str)]
    if not names:
        return None
    table, keys, headers = "", list[int](), list[int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = found[1].replace('"', "")
            headers += [number] if table in (".".join(names[:-1]), ".".join(names)) else []
        elif re.match(rf"\s*\"?{re.escape(names[-1])}\"?\s*=", line) and table == ".".join(names[:-1]):
            keys.append(number)
    index = next((part for part in location if isinstance(part, int)), -1)
    lines = keys or headers
    return lines[min(index, len(lines) - 1)] if lines else None
