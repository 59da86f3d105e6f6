"""Where a deposit is said to be, in the region names of the truth (``DP2``, ``MC4``, ``wrist``, ``carpal_tunnel``)."""

from typing import Final

from node.domain.findings import Deposit, Level, Region

_SEGMENTS: Final = {Level.DISTAL: "DP", Level.MIDDLE: "MP", Level.PROXIMAL: "PP", Level.METACARPAL: "MC"}
_DIGITS: Final = range(1, 6)


def said_regions(deposit: Deposit) -> frozenset[str]:
    """The regions that a deposit's place may mean; several where digit or level is left open, none without a place."""
    if deposit.region is None:
        return frozenset()
    if "carpal tunnel" in (deposit.compartment or "").lower().replace("_", " "):
        return frozenset({"carpal_tunnel"})
    if deposit.region is Region.WRIST or deposit.level is Level.CARPAL:
        return frozenset({"wrist"})
    if deposit.region is Region.FOREARM or deposit.level is Level.RADIUS_ULNA:
        return frozenset({"forearm"})
    return _on_a_ray(deposit)


def _on_a_ray(deposit: Deposit) -> frozenset[str]:
    rays = [deposit.digit] if deposit.digit else list(_DIGITS)
    if deposit.level in _SEGMENTS:
        return frozenset(f"{_SEGMENTS[deposit.level]}{ray}" for ray in rays)
    if deposit.digit:
        parts = ("DP", "MP", "PP") if deposit.region is Region.DIGIT else ("MC",)
        return frozenset(f"{part}{deposit.digit}" for part in parts)
    return frozenset(f"MC{ray}" for ray in rays) if deposit.region is Region.HAND else frozenset()


def said_ray(deposit: Deposit) -> int | None:
    """The digit that a deposit's place names, if it lies on a ray at all."""
    return deposit.digit if any(ray_of(region) for region in said_regions(deposit)) else None


def ray_of(region: str) -> int | None:
    """2 of ``DP2``; None for a region that is on no ray."""
    return int(region[2]) if region[:2] in _SEGMENTS.values() else None


def place_is_right(said: frozenset[str], accepted: tuple[str, ...]) -> bool:
    """Whether a place is one of those accepted. A place needs its digit: one that leaves it open is not right."""
    return bool(said & set(accepted)) and len({ray_of(region) for region in said} - {None}) <= 1


def words(deposit: Deposit) -> str:
    """The place as the findings tell it."""
    parts = (deposit.region, deposit.digit, deposit.level, deposit.compartment)
    return " ".join(str(part) for part in parts if part is not None) or "uncertain"
