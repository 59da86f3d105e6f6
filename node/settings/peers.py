"""Who may send, and where results go."""

from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from node.settings.section import AeTitle, Port, Section

Glob = str


class PeerSettings(Section):
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


class RouteSettings(Section):
    """Studies that match all globs go to ``destinations`` (names of peers). Case is ignored.

    ``keep`` instead of destinations: they go nowhere, on purpose, unless another route sends them.
    """

    destinations: tuple[str, ...] = ()
    keep: bool = False
    calling_ae_title: Glob = "*"
    station_name: Glob = "*"
    study_description: Glob = "*"

    @property
    def conditions(self) -> dict[str, str]:
        """The globs that not every study matches, by key."""
        globs = ("calling_ae_title", "station_name", "study_description")
        return {key: getattr(self, key) for key in globs if getattr(self, key) != "*"}

    @model_validator(mode="after")
    def _leads_somewhere_or_keeps(self) -> Self:
        if self.keep and self.destinations:
            raise ValueError("a route has destinations, or it keeps (keep = true), and not both")
        if not (self.keep or self.destinations):
            raise ValueError("a route needs destinations; where results shall stay here on purpose: keep = true")
        return self


class DeliverySettings(Section):
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
