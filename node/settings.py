"""One frozen settings object from one TOML file and the environment (``CALCINODE_NODE__PORT=11112`` and so on).

The environment wins over the file. ``deploy/calcinode.toml`` shows every key with its meaning.
"""

import os
import re
import tomllib
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


def _ae_title(text: str) -> str:
    """PS3.5 6.2, VR AE: at most 16 characters of the default repertoire, no backslash."""
    if not re.fullmatch(r"[ -\[\]-~]{1,16}", text):
        raise ValueError("1 to 16 ASCII characters without a backslash are expected")
    return text


AeTitle = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_ae_title)]
Port = Annotated[int, Field(ge=1, le=65535)]
Glob = str


class SettingsError(ValueError):
    """The configuration cannot be used. The message names the key, what was expected, and the line if it is known."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "calcinode"


class NodeSettings(_Section):
    """This node as its peers see it. ``port`` 0 takes any free port (tests). ``open``: let unknown peers send."""

    ae_title: AeTitle = "CALCINODE"
    host: str = "0.0.0.0"
    port: Annotated[int, Field(ge=0, le=65535)] = 11112
    data_folder: Path = Field(default_factory=_state_folder)
    open: bool = False
    receiver_processes: Annotated[int, Field(ge=1, le=64)] = 2
    max_associations: Annotated[int, Field(ge=1)] = 50


class PeerSettings(_Section):
    """An application entity. ``addresses``: IP addresses or networks it may call from; empty: any."""

    ae_title: AeTitle
    host: str | None = None
    port: Port | None = None
    roles: tuple[Literal["sender", "destination"], ...] = ("sender",)
    addresses: tuple[str, ...] = ()
    commitment: bool = True

    @field_validator("addresses")
    @classmethod
    def _networks(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            ip_network(address, strict=False)  # its message says what is wrong
        return addresses

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if "destination" in self.roles and (self.host is None or self.port is None):
            raise ValueError("a destination needs host and port")
        return self


class RouteSettings(_Section):
    """Studies that match all globs go to ``destinations`` (names of peers). Case is ignored."""

    destinations: Annotated[tuple[str, ...], Field(min_length=1)]
    calling_ae_title: Glob = "*"
    station_name: Glob = "*"
    study_description: Glob = "*"


class StorageSettings(_Section):
    """``journal_url``: SQLAlchemy URL; empty: SQLite in the data folder. ``watermark_mib`` MiB stay free."""

    journal_url: str = ""
    watermark_mib: Annotated[int, Field(ge=0)] = 1024


class TimingSettings(_Section):
    """When a study is complete: seconds without a new image; the same with positive proof; the longest wait."""

    quiet_s: Annotated[float, Field(gt=0)] = 60.0
    proof_quiet_s: Annotated[float, Field(ge=0)] = 3.0
    deadline_s: Annotated[float, Field(gt=0)] = 900.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.proof_quiet_s <= self.quiet_s <= self.deadline_s:
            raise ValueError("proof_quiet_s <= quiet_s <= deadline_s is expected")
        return self


class AnalysisSettings(_Section):
    """``allow_monoenergetic``: accept pairs of virtual monoenergetic series. ``workers`` run side by side."""

    allow_monoenergetic: bool = False
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    timeout_s: Annotated[float, Field(gt=0)] = 900.0
    attempts: Annotated[int, Field(ge=1)] = 3
    tasks_per_worker: Annotated[int, Field(ge=1)] = 50


class DeliverySettings(_Section):
    """Pauses between attempts double from ``first_retry_s`` to ``longest_retry_s``.

    ``enabled`` false: results stay in the data folder on purpose; no peer may be a destination then.
    """

    enabled: bool = True
    first_retry_s: Annotated[float, Field(gt=0)] = 30.0
    longest_retry_s: Annotated[float, Field(gt=0)] = 3600.0
    give_up_after_days: Annotated[float, Field(gt=0)] = 14.0
    commitment_timeout_s: Annotated[float, Field(gt=0)] = 300.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_retry_s > self.longest_retry_s:
            raise ValueError("first_retry_s <= longest_retry_s is expected")
        return self


class ResultsSettings(_Section):
    """``series_number_base``: first of the result's series numbers. ``refusal_notice``: send a picture that says why.

    Both are part of what decides a result's UIDs.
    """

    series_number_base: Annotated[int, Field(ge=1, le=99_000)] = 5001
    refusal_notice: bool = False


Weight = Annotated[float, Field(ge=0, le=1000)]


class SctcStyleScoreSettings(_Section):
    """Weights of the SCTC-style score, which is not the validated score: the published weights were not found.

    ``density_limits_mg_mm2``: mineral in the beam from which a pixel has density 1, 2 and 3. The others: how much
    calcinosis beside a distal, middle or proximal phalanx, a metacarpal or at the wrist counts. All are part of what
    decides a result's UIDs.
    """

    density_limits_mg_mm2: tuple[float, float, float] = (0.1, 1.5, 3.0)
    distal: Weight = 1.0
    middle: Weight = 1.0
    proximal: Weight = 1.0
    metacarpal: Weight = 1.0
    wrist: Weight = 1.0

    @field_validator("density_limits_mg_mm2")
    @classmethod
    def _ascending(cls, limits: tuple[float, float, float]) -> tuple[float, float, float]:
        if not 0.0 < limits[0] < limits[1] < limits[2]:
            raise ValueError("three ascending numbers above 0 are expected")
        return limits


class PageSettings(_Section):
    """The page that shows the queue and the findings. It has no login: ``host`` is this machine alone by default.

    ``port`` 0 takes any free port (tests).
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8085


class LogSettings(_Section):
    """``format``: JSON lines, or text for a person at a terminal."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


class Settings(BaseSettings):
    """All settings. Without ``routes`` every destination gets every study."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="CALCINODE_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    node: NodeSettings = NodeSettings()
    peers: dict[str, PeerSettings] = {}
    routes: tuple[RouteSettings, ...] = ()
    storage: StorageSettings = StorageSettings()
    timing: TimingSettings = TimingSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    results: ResultsSettings = ResultsSettings()
    sctc_style_score: SctcStyleScoreSettings = SctcStyleScoreSettings()
    delivery: DeliverySettings = DeliverySettings()
    page: PageSettings = PageSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file, which ``load`` hands in."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        known = [name for name, peer in self.peers.items() if "destination" in peer.roles]
        for route in self.routes:
            for name in route.destinations:
                if name not in known:
                    raise ValueError(f"routes: '{name}' is not a destination; {_suggestion(name, known)}")
        return self

    @model_validator(mode="after")
    def _delivered_or_kept(self) -> Self:
        named = [name for name, peer in self.peers.items() if "destination" in peer.roles]
        if named and not self.delivery.enabled:
            raise ValueError(f"delivery.enabled is false, but {', '.join(named)} is named as a destination")
        return self

    @property
    def journal_url(self) -> str:
        """SQLAlchemy URL of the journal."""
        return self.storage.journal_url or f"sqlite:///{self.node.data_folder.absolute()}/journal.db"


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
        raise SettingsError("\n".join(_explain(e, name, text) for e in error.errors())) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"The configuration {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The configuration {path} is not UTF-8 text: {error.reason}.") from error


def _explain(error: Any, name: str, text: str) -> str:
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
        return f"{where}: unknown key '{key}'; {_suggestion(str(location[-1]), known)}"
    if error["type"] == "missing":
        return f"{where}: the key '{key}' is missing."
    message = str(error["msg"]).removeprefix("Value error, ")
    told = f"{where}: {key} = {error['input']!r}: {message}" if location else f"{where}: {message}"
    return told if told.endswith((".", "?")) else f"{told}."


def _suggestion(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(known)) or 'none'}."


def _known_keys(section: tuple[int | str, ...]) -> list[str]:
    if not section:
        return list(Settings.model_fields)
    lists: dict[str, type[_Section]] = {"peers": PeerSettings, "routes": RouteSettings}
    model = lists.get(str(section[0]))
    if model is None:
        annotation = Settings.model_fields[str(section[0])].annotation
        model = annotation if isinstance(annotation, type) and issubclass(annotation, _Section) else None
    return list(model.model_fields) if model else []


def _line_of(location: tuple[int | str, ...], text: str) -> int | None:
    """The line of a key: the one within its table, else the first of its name, else the table's own."""
    names = [str(part) for part in location if isinstance(part, str)]
    if not names:
        return None
    table, candidates, header = "", [], None
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = found[1].replace('"', "")
            header = number if table == ".".join(names[:-1]) or table == ".".join(names) else header
        elif re.match(rf"\s*\"?{re.escape(names[-1])}\"?\s*=", line) and table == ".".join(names[:-1]):
            candidates.append(number)
    index = next((part for part in location if isinstance(part, int)), 0)
    return candidates[min(index, len(candidates) - 1)] if candidates else header
