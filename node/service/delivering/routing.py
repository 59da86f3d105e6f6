"""Which destinations get the results of a study: declarative rules, never expressions to be evaluated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from node.service.journal.records import StoredInstance

NOT_DELIVERED: Final = "Not delivered:"
"""Begins the sentence that says why results go nowhere."""
KEPT: Final = "Kept here:"
"""Begins the sentence that says why results go nowhere on purpose: it needs nobody."""

_LOOKED_AT: Final[Mapping[str, tuple[str, Callable[[StoredInstance], str]]]] = {
    "calling_ae_title": ("calling AE title", lambda one: one.calling_ae_title),
    "station_name": ("station name", lambda one: one.instance.station_name),
    "study_description": ("study description", lambda one: one.instance.study_description),
}
_SHOWN = 3


@dataclass(frozen=True)
class Route:
    """Studies that match all globs go to ``destinations``. Case is ignored; ``*`` matches an absent value too.

    ``keep``: without destinations on purpose.
    """

    destinations: tuple[str, ...]
    calling_ae_title: str = "*"
    station_name: str = "*"
    study_description: str = "*"
    keep: bool = False

    def matches(self, one: StoredInstance) -> bool:
        """True where one instance of the study fits every glob."""
        return all(
            fnmatchcase(value_of(one).casefold(), getattr(self, key).casefold())
            for key, (_, value_of) in _LOOKED_AT.items()
        )


@dataclass(frozen=True)
class Routing:
    """All routes. Without any, every destination gets every study. ``enabled``: results are to be sent at all."""

    destinations: tuple[str, ...]
    routes: tuple[Route, ...] = ()
    enabled: bool = True

    def destinations_of(self, study: Sequence[StoredInstance]) -> tuple[str, ...]:
        """Names of the destinations, each once, in the order of the configuration."""
        if not self.routes:
            return self.destinations
        chosen = {name for route in self.routes if any(map(route.matches, study)) for name in route.destinations}
        return tuple(name for name in self.destinations if name in chosen)

    def nowhere(self, study: Sequence[StoredInstance]) -> str:
        """Why no destination gets this study, empty where one does. Tells of the study only what the routes look at."""
        if self.destinations_of(study):
            return ""
        if not self.enabled:
            return f"{NOT_DELIVERED} delivery is switched off (delivery.enabled)."
        for number, route in enumerate(self.routes, start=1):
            if route.keep and any(map(route.matches, study)):
                return f"{KEPT} route {number} keeps the results of such studies (keep = true)."
        if not self.destinations:
            return f"{NOT_DELIVERED} no destination is configured."
        told = [self._told(key, study) for key in _LOOKED_AT if any(getattr(r, key) != "*" for r in self.routes)]
        return f"{NOT_DELIVERED} no route matches {', '.join(told) or 'this study'}."

    def _told(self, key: str, study: Sequence[StoredInstance]) -> str:
        name, value_of = _LOOKED_AT[key]
        values = sorted({value_of(one) for one in study})
        return f"{name} {' or '.join(repr(value) for value in values[:_SHOWN])}"


def goes_nowhere(reason: str) -> bool:
    """Whether a job's reason says that its results have no destination."""
    return NOT_DELIVERED in reason or KEPT in reason


def found_only(reason: str) -> str:
    """A job's reason without the sentence that says why its results go nowhere."""
    return reason.partition(f" {NOT_DELIVERED}")[0].partition(f" {KEPT}")[0]
