"""The SCTC-style score: nought for nothing, more for more, a sum over regions, the same in any pose; never guessed."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node.analysis.anatomy.naming import name_hand
from node.analysis.anatomy.place import PlaceFinder, find_places
from node.analysis.score.sctc_style import Mineral, sctc_style_score
from node.domain.findings import Laterality, Level, Region, SctcStyleScore
from node.domain.sctc_style import NAME, ScoreWeights
from scipy.spatial.transform import Rotation
from tests.fakes.bone_hand import bone_hand
from tests.fakes.listed import listed
from tests.fakes.turned import FLIPS, ORDERS, Turned, turned

HAND = bone_hand()
BESIDE = ("DP2", "MP4", "PP1", "MC3")
STRAIGHT = ((0, 1, 2), (False, False, False), np.eye(3))


@cache
def upright() -> PlaceFinder:
    return places_of(turned(HAND, *STRAIGHT))


def places_of(hand: Turned) -> PlaceFinder:
    return find_places(name_hand(listed(hand.labels), hand.body, hand.affine), hand.labels, hand.body, hand.affine)


def mineral(name: str, mg: float) -> Mineral:
    index = HAND.beside(name)
    return Mineral(index, np.full(len(index), mg / len(index)))


def score(*minerals: Mineral, places: PlaceFinder | None = None, weights: ScoreWeights | None = None) -> SctcStyleScore:
    found = sctc_style_score(minerals, places or upright(), weights or ScoreWeights())
    assert found is not None
    return found


def test_no_deposit_scores_nought() -> None:
    assert score().total == 0.0
    assert score().regions == ()


def test_too_little_to_be_seen_on_a_radiograph_scores_nought() -> None:
    assert score(mineral("PP1", 0.5)).total == 0.0


@settings(max_examples=20, deadline=None)
@given(mg=st.lists(st.floats(0.0, 200.0), min_size=4, max_size=4), more=st.floats(0.0, 100.0), which=st.integers(0, 3))
def test_more_mineral_never_scores_less(mg: list[float], more: float, which: int) -> None:
    less = score(*map(mineral, BESIDE, mg)).total
    mg[which] += more
    assert score(*map(mineral, BESIDE, mg)).total >= less - 1e-9


def test_it_is_the_sum_over_the_regions_whichever_deposit_comes_first() -> None:
    minerals = [mineral(name, 30.0) for name in BESIDE]
    together = score(*minerals)
    assert together.total == pytest.approx(sum(score(m).total for m in minerals))
    assert score(*minerals[::-1]) == together
    places = {(r.region, r.digit, r.level) for r in together.regions}
    assert places == {
        (Region.DIGIT, 2, Level.DISTAL),
        (Region.DIGIT, 4, Level.MIDDLE),
        (Region.DIGIT, 1, Level.PROXIMAL),
        (Region.HAND, 3, Level.METACARPAL),
    }


def test_weights_and_limits_are_those_that_are_given() -> None:
    minerals = [mineral("DP2", 30.0), mineral("MC3", 30.0)]
    plain = {r.level: r.score for r in score(*minerals).regions}
    heavy = {r.level: r.score for r in score(*minerals, weights=ScoreWeights(distal=5.0, metacarpal=0.0)).regions}
    assert heavy == pytest.approx({Level.DISTAL: 5.0 * plain[Level.DISTAL], Level.METACARPAL: 0.0})
    blind = ScoreWeights(density_limits_mg_mm2=(50.0, 60.0, 70.0))
    assert score(*minerals, weights=blind).total == 0.0


def test_coverage_and_density_stay_in_their_bounds() -> None:
    for region in score(*(mineral(name, 1e4) for name in BESIDE)).regions:
        assert 0.0 < region.coverage_percent <= 100.0
        assert 1.0 <= region.density <= 3.0
        assert 100.0 < region.area_mm2 < 2500.0


@settings(max_examples=4, deadline=None)
@given(order=ORDERS, flips=FLIPS, seed=st.integers(0, 2**31))
def test_pose_axes_and_order_of_slices_do_not_matter(
    order: tuple[int, ...], flips: tuple[bool, ...], seed: int
) -> None:
    hand = turned(HAND, order, flips, Rotation.random(random_state=seed).as_matrix())
    moved = [replace(m, index_zyx=hand.index(m.index_zyx)) for m in (mineral(name, 30.0) for name in BESIDE)]
    expected = score(*(mineral(name, 30.0) for name in BESIDE))
    found = score(*moved, places=places_of(hand))
    assert found.total == pytest.approx(expected.total, rel=0.03)
    assert [(r.digit, r.level) for r in found.regions] == [(r.digit, r.level) for r in expected.regions]


def test_it_is_not_guessed() -> None:
    known = upright()
    unsure = tuple(replace(ray, sure=False) for ray in known.anatomy.rays)
    for change in ({"laterality": Laterality.UNCERTAIN}, {"palmar": None}, {"distal": None}, {"rays": unsure}):
        places = replace(known, anatomy=replace(known.anatomy, **change))
        assert sctc_style_score([mineral("DP2", 30.0)], places, ScoreWeights()) is None


def test_its_name_says_that_it_is_not_the_validated_score() -> None:
    assert "not the validated" in NAME
