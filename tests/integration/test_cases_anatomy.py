"""Names, side, places and acro-osteolysis on the true labels of the development cases."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from node.analysis.anatomy.acro import assess_distal_phalanges
from node.analysis.anatomy.naming import name_hand
from node.analysis.anatomy.place import Place, find_places
from node.domain.anatomy import BONE_NAMES
from node.domain.findings import AcroOsteolysis, Laterality, Level, Region
from scipy import ndimage
from tests.fakes.listed import listed

CASES = Path(__file__).parents[3] / "shared" / "data" / "cases"
PREFIX = {Level.METACARPAL: "MC", Level.PROXIMAL: "PP", Level.MIDDLE: "MP", Level.DISTAL: "DP"}
MARGIN = 30

pytestmark = [
    pytest.mark.cases,
    pytest.mark.skipif(not CASES.is_dir(), reason="the development cases are not beside the checkout"),
]


class Limb(NamedTuple):
    side: str
    bones: np.ndarray
    labels: np.ndarray
    body: np.ndarray
    affine: np.ndarray
    truth: dict[str, Any]


def limbs(case: str) -> Iterator[Limb]:
    """Each hand of a case with a body that is its bones and deposits with 6 mm of flesh around them."""
    stored = np.load(CASES / case / "truth" / "labels.npz")
    table = json.loads((CASES / case / "truth" / "truth.json").read_text())
    for hand in table["hands"]:
        first = 100 if hand["side"] == "left" else 0
        own = [d["id"] for d in table["deposits"] if d["hand"] == hand["side"]]
        labels = stored["labels"]
        inside = ((labels > first) & (labels < first + 100)) | np.isin(labels, own)
        box = ndimage.find_objects(inside.astype(np.int8))[0]
        box = tuple(
            slice(max(0, s.start - MARGIN), min(n, s.stop + MARGIN)) for s, n in zip(box, labels.shape, strict=True)
        )
        affine = stored["affine_lps"].copy()
        affine[:3, 3] += affine[:3, :3] @ np.array([s.start for s in box[::-1]])
        spacing = np.linalg.norm(affine[:3, :3], axis=0)[::-1]
        body = ndimage.distance_transform_edt(~inside[box], sampling=tuple(spacing)) < 6.0
        labels = np.where(inside[box], labels[box], 0).astype(np.int32)
        bones = np.where(labels < 1000, labels % 100, 0).astype(np.int32)
        yield Limb(hand["side"], bones, labels, body, affine, {"hand": hand, "deposits": table["deposits"]})


def region(place: Place) -> str:
    """The place in the words of the truth."""
    if place.compartment == "carpal tunnel":
        return "carpal_tunnel"
    if place.region in (Region.WRIST, Region.FOREARM):
        return str(place.region)
    return f"{PREFIX.get(place.level, '?')}{place.digit}" if place.level else "?"


def case_names() -> list[str]:
    return sorted(p.name for p in CASES.iterdir()) if CASES.is_dir() else []


@pytest.mark.parametrize("case", case_names())
def test_bones_side_places_and_tips_are_those_of_the_truth(case: str) -> None:
    """Every bone, the side, every deposit's region, and which tips are resorbed."""
    for limb in limbs(case):
        anatomy = name_hand(listed(limb.bones), limb.body, limb.affine)
        assert anatomy.bones == {code: BONE_NAMES[code] for code in np.unique(limb.bones) if code}
        assert anatomy.laterality is (Laterality.RIGHT if limb.side == "right" else Laterality.LEFT)
        finder = find_places(anatomy, limb.bones, limb.body, limb.affine)
        for deposit in limb.truth["deposits"]:
            if deposit["hand"] == limb.side:
                place = finder.place(np.argwhere(limb.labels == deposit["id"]))
                assert region(place) in deposit["region_accept"], (deposit["id"], place)
        present = {
            f"DP{d.digit}" for d in assess_distal_phalanges(anatomy) if d.acro_osteolysis is AcroOsteolysis.PRESENT
        }
        assert present == set(limb.truth["hand"]["acro_osteolysis"])
