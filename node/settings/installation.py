"""The node on its machine: its name in the network, its folder, its page, its log."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from node.settings.section import AeTitle, FreePort, Section


def _state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "calcinode"


class NodeSettings(Section):
    """This node as its peers see it. ``open``: let unknown peers send."""

    ae_title: AeTitle = "CALCINODE"
    host: str = "0.0.0.0"
    port: FreePort = 11112
    data_folder: Path = Field(default_factory=_state_folder)
    open: bool = False
    receiver_processes: Annotated[int, Field(ge=1, le=64)] = 2
    max_associations: Annotated[int, Field(ge=1)] = 50


class StorageSettings(Section):
    """``journal_url``: SQLAlchemy URL; empty: SQLite in the data folder. ``watermark_mib`` MiB stay free."""

    journal_url: str = ""
    watermark_mib: Annotated[int, Field(ge=0)] = 1024


class PageSettings(Section):
    """The page that shows the queue and the findings. It has no login: ``host`` is this machine alone by default."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: FreePort = 8085


class LogSettings(Section):
    """``format``: JSON lines, or text for a person at a terminal."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"
