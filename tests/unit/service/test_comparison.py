"""Truth beside findings: each deposit is matched once, the nearest first; what is missed or invented shows."""

from typing import Any

from node.service.trial.comparison import compare


def true(region: str, x: float, volume: float = 30.0, kind: str = "HA") -> dict[str, Any]:
    return {
        "region": region,
        "kind": kind,
        "volume_mm3": volume,
        "mass_mg": 10.0,
        "hand": "right",
        "centroid_lps": [x, 0, 0],
    }


def found(digit: int | None, x: float, volume: float = 30.0) -> dict[str, Any]:
    return {
        "region": "digit" if digit else None,
        "digit": digit,
        "level": "distal" if digit else None,
        "material": "calcium",
        "volume_mm3": volume,
        "mass_mg": 9.0,
        "centroid_lps_mm": [x, 0, 0],
        "review": False,
    }


def findings(*deposits: dict[str, Any]) -> dict[str, Any]:
    return {"hands": [{"laterality": "R", "deposits": list(deposits)}]}


def test_each_found_deposit_goes_to_its_nearest_true_one() -> None:
    rows = compare({"deposits": [true("DP1", 0), true("DP2", 20)]}, findings(found(2, 20.5), found(1, 0.5)))
    assert [(t.where, f.where) for t, f in rows if t and f] == [
        ("DP1", "digit 1 distal"),
        ("DP2", "digit 2 distal"),
    ]


def test_missed_and_invented_deposits_have_rows_of_their_own() -> None:
    rows = compare({"deposits": [true("DP1", 0), true("DP2", 20)]}, findings(found(1, 0.5), found(None, 90)))
    assert [(t.where if t else None, f.where if f else None) for t, f in rows] == [
        ("DP1", "digit 1 distal"),
        ("DP2", None),
        (None, "uncertain"),
    ]


def test_one_found_deposit_does_not_count_for_two_true_ones() -> None:
    rows = compare({"deposits": [true("DP1", 0), true("DP1", 3)]}, findings(found(1, 2.5)))
    assert [found is not None for _, found in rows] == [False, True]


def test_large_deposits_may_have_centroids_farther_apart() -> None:
    far = 12.0
    assert compare({"deposits": [true("carpus", 0, 4000)]}, findings(found(None, far, 3000)))[0][1] is not None
    assert compare({"deposits": [true("carpus", 0, 4)]}, findings(found(None, far, 3)))[0][1] is None
