"""Which destinations get the results of a study: declarative rules, never expressions to be evaluated."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from node.service.records import StoredInstance


@dataclass(frozen=True)
class Route:
    """Studies that match all globs go to ``destinations``. Case is ignored; ``*`` matches an absent value too."""

    destinations: tuple[str, ...]
    calling_ae_title: str = "*"
    station_name: str = "*"
    study_description: str = "*"

    def matches(self, one: StoredInstance) -> bool:
        """True where one instance of the study fits every glob."""
        pairs = (
            (one.calling_ae_title, self.calling_ae_title),
            (one.instance.station_name, self.station_name),
            (one.instance.study_description, self.study_description),
        )
        return all(fnmatchcase(value.casefold(), glob.casefold()) for value, glob in pairs)


@dataclass(frozen=True)
class Routing:
    """All routes. Without any, every destination gets every study."""

    destinations: tuple[str, ...]
    routes: tuple[Route, ...] = ()

    def destinations_of(self, study: Sequence[StoredInstance]) -> tuple[str, ...]:
        """Names of the destinations, each once, in the order of the configuration."""
        if not self.routes:
            return self.destinations
        chosen = {name for route in self.routes if any(map(route.matches, study)) for name in route.destinations}
        return tuple(name for name in self.destinations if name in chosen)
