"""All sections together, from the environment before the file, and what must hold between them."""

from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from node.settings.installation import LogSettings, NodeSettings, PageSettings, StorageSettings
from node.settings.peers import DeliverySettings, PeerSettings, RouteSettings
from node.settings.studies import AnalysisSettings, ResultsSettings, SctcStyleScoreSettings, TimingSettings
from node.settings.suggestion import suggestion


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
        known = self.destinations
        for route in self.routes:
            for name in route.destinations:
                if name not in known:
                    raise ValueError(f"routes: '{name}' is not a destination; {suggestion(name, list(known))}")
        return self

    @model_validator(mode="after")
    def _delivered_or_kept(self) -> Self:
        if self.destinations and not self.delivery.enabled:
            raise ValueError(f"delivery.enabled is false, but {', '.join(self.destinations)} is named as a destination")
        return self

    @property
    def destinations(self) -> dict[str, PeerSettings]:
        """The peers that results go to, by name."""
        return {name: peer for name, peer in self.peers.items() if "destination" in peer.roles}

    @property
    def journal_url(self) -> str:
        """SQLAlchemy URL of the journal."""
        return self.storage.journal_url or f"sqlite:///{self.node.data_folder.absolute()}/journal.db"
