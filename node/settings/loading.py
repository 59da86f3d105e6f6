"""Settings from a file and the environment."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from node.settings.mistakes import SettingsError, explain
from node.settings.whole import Settings


def load(path: Path | None = None) -> Settings:
    """Settings from ``path`` (None: no file) and the environment. Raises SettingsError with all that is wrong."""
    text = "" if path is None else _read(path)
    name = "the environment" if path is None else str(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not valid TOML: {error}.") from error
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError("\n".join(explain(e, name, text) for e in error.errors())) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The configuration {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The configuration {path} is not UTF-8 text: {error.reason}.") from error
