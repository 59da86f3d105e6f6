"""The whole analysis on whole phantom hands: what is put in is found, measured and named; nothing else is."""

from dataclasses import replace
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from node.analysis.limits import FLOOR_WORDS
from node.analysis.pipeline import analyse
from node.bootstrap.parts import parameters_of
from node.domain.anatomy import BONE_CODES
from node.domain.errors import Refused
from node.domain.findings import Analysis, Deposit, Laterality, Level, Material, Region
from node.domain.totals import digit_totals, region_totals
from node.domain.volume import EnergyPair, Geometry, Tube, Volume
from node.domain.wording import whereabouts
from node.phantom import Phantom, make
from node.phantom.presets import preset
from node.service.study.parameters import Parameters
from node.settings import Settings
from scipy.ndimage import distance_transform_edt
from scipy.spatial.distance import pdist

pytestmark = pytest.mark.slow


class Read(NamedTuple):
    """A phantom and what the analysis says of it."""

    phantom: Phantom
    analysis: Analysis

    @property
    def found(self) -> tuple[Deposit, ...]:
        return self.analysis.findings.deposits

    def over(self, truth: dict[str, Any]) -> list[Deposit]:
        """The deposits found that share voxels with one that was put in."""
        numbers = np.unique(self.analysis.segments[self.phantom.labels == truth["id"]])
        return [d for d in self.found if d.number in numbers]

    def put_in(self, kind: str) -> list[dict[str, Any]]:
        return [d for d in self.phantom.truth.deposits if d["kind"] == kind and d["volume_mm3"] >= 10.0]


def read(name: str) -> Read:
    phantom = make(preset(name))
    return Read(phantom, analyse(phantom.pair))


@pytest.fixture(scope="module")
def demo() -> Read:
    return read("demo")


@pytest.fixture(scope="module")
def small() -> Read:
    return read("small")


@pytest.fixture(params=["demo", "small"])
def either(request: pytest.FixtureRequest) -> Read:
    return request.getfixturevalue(request.param)


def test_every_deposit_is_found_and_what_is_calcium_is_called_so(either: Read) -> None:
    assert len(either.put_in("HA")) >= 2
    for truth in either.put_in("HA"):
        assert [d.material for d in either.over(truth)] == [Material.CALCIUM], truth["id"]


def test_nothing_is_found_where_nothing_was_put_in(either: Read) -> None:
    put_in = either.phantom.labels > 1000
    for deposit in either.found:
        assert put_in[either.analysis.segments == deposit.number].any(), deposit


def test_what_may_be_missed_is_told_with_every_result(either: Read) -> None:
    for hand in either.analysis.findings.hands:
        assert hand.notes[-1] == FLOOR_WORDS


def test_volumes_are_those_put_in(either: Read) -> None:
    errors = []
    for truth in either.put_in("HA"):
        volume = sum(d.volume_mm3 for d in either.over(truth))
        errors.append(abs(volume / truth["volume_mm3"] - 1.0))
    assert np.median(errors) <= 0.10
    assert max(errors) <= 0.25


def test_masses_are_those_put_in(demo: Read) -> None:
    errors = [abs(sum(d.mass_mg or 0.0 for d in demo.over(t)) / t["mass_mg"] - 1.0) for t in demo.put_in("HA")]
    assert np.median(errors) <= 0.10
    total = sum(t["mass_mg"] for t in demo.put_in("HA"))
    assert demo.analysis.findings.hands[0].totals.mass_mg == pytest.approx(total, rel=0.10)


def test_segments_are_the_voxels_of_the_deposits_reported(either: Read) -> None:
    counts = np.bincount(either.analysis.segments.ravel())
    assert [d.number for d in either.found] == list(range(1, len(counts)))
    voxel_mm3 = either.phantom.pair.geometry.voxel_mm3
    for deposit in either.found:
        assert deposit.volume_mm3 == pytest.approx(counts[deposit.number] * voxel_mm3)
        slices = np.count_nonzero(either.analysis.segments == deposit.number, axis=(1, 2))
        assert slices[deposit.key_slice] == slices.max()
        assert np.linalg.norm(np.subtract(deposit.centroid_lps_mm, centre(either, deposit.number))) < 0.01


def centre(read: Read, number: int) -> np.ndarray:
    voxels = np.argwhere(read.analysis.segments == number).astype(float)
    return np.asarray(read.phantom.pair.geometry.to_lps_mm(voxels).mean(axis=0))


def test_urate_is_urate_and_never_calcium(demo: Read) -> None:
    (truth,) = demo.put_in("MSU")
    (tophus,) = demo.over(truth)
    assert tophus.material is Material.URATE
    assert tophus.mass_mg is None
    assert tophus.volume_mm3 == pytest.approx(truth["volume_mm3"], rel=0.25)


@pytest.mark.parametrize(("name", "side"), [("demo", Laterality.RIGHT), ("small", Laterality.LEFT)])
def test_the_side_is_right(name: str, side: Laterality, request: pytest.FixtureRequest) -> None:
    (hand,) = request.getfixturevalue(name).analysis.findings.hands
    assert hand.laterality is side


def test_a_hand_without_calcinosis_has_none() -> None:
    """Sesamoids, calcified arteries, skin, nails and tendons are in it."""
    control = read("control")
    assert [d for d in control.found if not d.review] == []
    (hand,) = control.analysis.findings.hands
    assert hand.totals.volume_mm3 == 0.0
    assert hand.laterality is Laterality.RIGHT


def assert_same(first: Analysis, second: Analysis) -> None:
    assert first.findings == second.findings
    assert first.segments.tobytes() == second.segments.tobytes()
    assert first.bones.tobytes() == second.bones.tobytes()


def test_the_same_voxels_give_the_same_bytes_whatever_the_threads(small: Read) -> None:
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        steps: list[tuple[str, float]] = []
        again = analyse(small.phantom.pair, lambda step, share: steps.append((step, share)))
    finally:
        numba.set_num_threads(threads)
    assert_same(again, small.analysis)
    shares = [share for _, share in steps]
    assert shares == sorted(shares), "progress runs forwards"
    assert 0.0 < shares[0] < shares[-1] == 1.0


def reversed_along(pair: EnergyPair, axis: int) -> EnergyPair:
    """The same patient with one axis (z, y, x) of the grid stored the other way round."""
    old = pair.geometry
    affine = old.affine.copy()
    affine[:3, 3] += affine[:3, 2 - axis] * (old.shape[axis] - 1)
    affine[:3, 2 - axis] *= -1.0
    geometry = Geometry(old.shape, old.spacing_mm, affine)
    low, high = (Volume(np.ascontiguousarray(np.flip(v.hu, axis)), geometry) for v in (pair.low, pair.high))
    return replace(pair, low=low, high=high)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_way_the_grid_is_stored_does_not_matter(small: Read, axis: int) -> None:
    turned = analyse(reversed_along(small.phantom.pair, axis))
    (ours,), (theirs,) = small.analysis.findings.hands, turned.findings.hands
    assert theirs.laterality is ours.laterality
    assert theirs.totals.count == ours.totals.count
    assert theirs.totals.volume_mm3 == pytest.approx(ours.totals.volume_mm3, rel=0.02)
    assert theirs.totals.mass_mg == pytest.approx(ours.totals.mass_mg, rel=0.02)
    places = [sorted((d.region, d.digit, d.level, d.material) for d in hand.deposits) for hand in (ours, theirs)]
    assert places[0] == places[1]
    for deposit in ours.deposits:
        apart = [np.linalg.norm(np.subtract(deposit.centroid_lps_mm, d.centroid_lps_mm)) for d in theirs.deposits]
        assert min(apart) < 0.3


def test_energies_that_contradict_their_tubes_are_refused(small: Read) -> None:
    pair = small.phantom.pair
    swapped = EnergyPair(pair.high, pair.low, pair.low_tube, pair.high_tube)
    with pytest.raises(Refused, match="do not differ as their tube voltages say"):
        analyse(swapped)
    with pytest.raises(Refused, match="do not differ as their tube voltages say"):
        analyse(replace(pair, high=pair.low))


def test_a_pair_of_unknown_tubes_is_refused(small: Read) -> None:
    with pytest.raises(Refused, match="tube voltage"):
        analyse(replace(small.phantom.pair, low_tube=Tube()))


def test_contact_confidence_and_score_hold_together(either: Read) -> None:
    for deposit in either.found:
        assert bool(deposit.touches) == deposit.touches_bone
        assert all(0.0 < share <= 1.0 for share in vars(deposit.confidence_parts).values())
        assert "mousse" not in deposit.shape
    for hand in either.analysis.findings.hands:
        unsure = any("counted in two ways" in limit for limit in hand.limits)
        assert (hand.sctc_style is None) == unsure, "of digits without a number no score is guessed"
        if hand.sctc_style is not None:
            placed = {(d.region, d.digit) for d in hand.deposits}
            assert hand.sctc_style.total > 0.0
            assert {(r.region, r.digit) for r in hand.sctc_style.regions} & placed


WORDS = {
    1001: ("right digit 2 distal, fingertip pad, palmar", "stone", ("DP2",)),
    1002: ("right digit 3 distal, fingertip pad, palmar", "stone", ("DP3",)),
    1003: ("right digit 3 proximal, ulnar, subcutaneous", "stone", ("PP3",)),
    1004: ("right wrist, carpal tunnel", "stone", ("capitate", "hamate")),
    1005: ("right metacarpal 5, dorsoulnar, subcutaneous", "plate", ("MC5",)),
    1006: ("right forearm, volar, deep", "stone", ("radius",)),
    2001: ("right metacarpal 4, palmar, deep", "compact", ("MC4", "MC5")),
}
"""What a reader is told of each deposit of the demo: where, which form, the bones near it."""


def test_each_deposit_has_its_place_form_and_bones_in_words(demo: Read) -> None:
    assert [truth["id"] for truth in demo.phantom.truth.deposits] == list(WORDS)
    for truth in demo.phantom.truth.deposits:
        (found,) = demo.over(truth)
        where, form, bones = WORDS[truth["id"]]
        assert whereabouts(found, Laterality.RIGHT) == where
        assert (found.shape, set(found.bones)) == (form, set(bones))


def test_what_touches_bone_and_which_is_said_and_what_does_not_is_at_its_distance(demo: Read) -> None:
    """The distances are those of the phantom's own surfaces."""
    touching = {truth["id"]: demo.over(truth)[0].touches for truth in demo.phantom.truth.deposits}
    assert touching == {n: ("PP3",) if n == 1003 else () for n in WORDS}
    for truth in demo.phantom.truth.deposits:
        (found,) = demo.over(truth)
        assert found.touches_bone is truth["touching_bone"]
        assert found.distance_to_bone_mm == pytest.approx(truth["min_distance_to_bone_mm"], abs=0.7)


def test_axes_and_depth_below_the_skin_are_those_of_what_was_put_in(demo: Read) -> None:
    geometry = demo.phantom.pair.geometry
    for truth in demo.phantom.truth.deposits:
        (found,) = demo.over(truth)
        index = np.argwhere(demo.phantom.labels == truth["id"])
        longest = float(pdist(geometry.to_lps_mm(index.astype(float))).max()) + 0.5 * min(geometry.spacing_mm)
        assert found.long_axis_mm == pytest.approx(longest, rel=0.2)
        assert 0.5 * min(truth["extent_mm"]) < found.short_axis_mm <= found.long_axis_mm
        first, last = index.min(axis=0) - 30, index.max(axis=0) + 31
        box = tuple(slice(max(a, 0), b) for a, b in zip(first, last, strict=True))
        depth = distance_transform_edt(demo.phantom.pair.low.hu[box] > -300, sampling=geometry.spacing_mm)
        deposit = demo.phantom.labels[box] == truth["id"]
        assert found.distance_to_skin_mm == pytest.approx(float(depth[deposit].min()), abs=0.8)


def test_confidence_is_lower_where_there_is_a_doubt_and_says_which(demo: Read) -> None:
    """Contact with bone lowers it, so does urate's faint contrast; a free deposit of calcium is all but sure."""
    for truth in demo.phantom.truth.deposits:
        (found,) = demo.over(truth)
        parts = found.confidence_parts
        assert (parts.bone_contact < 1.0) is found.touches_bone
        assert (parts.contrast_to_noise < 0.9) is (truth["kind"] == "MSU")
        assert parts.material > 0.99
        if truth["kind"] == "HA" and not found.touches_bone:
            assert found.confidence > 0.95


def test_sums_of_digits_and_regions_are_those_put_in(demo: Read) -> None:
    (hand,) = demo.analysis.findings.hands
    digits, regions = dict(digit_totals(hand)), dict(region_totals(hand))
    volume = {truth["id"]: truth["volume_mm3"] for truth in demo.phantom.truth.deposits}
    assert {d: t.count for d, t in digits.items() if t.count} == {2: 1, 3: 2}
    assert digits[2].volume_mm3 == pytest.approx(volume[1001], rel=0.2)
    assert digits[3].volume_mm3 == pytest.approx(volume[1002] + volume[1003], rel=0.2)
    assert {r: t.count for r, t in regions.items()} == {
        Region.DIGIT: 3,
        Region.HAND: 1,
        Region.WRIST: 1,
        Region.FOREARM: 1,
    }
    assert regions[Region.WRIST].volume_mm3 == pytest.approx(volume[1004], rel=0.2)
    assert regions[Region.HAND].urate_volume_mm3 == pytest.approx(volume[2001], rel=0.25)


def test_the_score_follows_the_weights_that_a_site_sets() -> None:
    """From the settings to the score of the whole analysis: twice the weight, twice the score of those regions."""
    settings = Settings.model_validate({"sctc_style_score": {"distal": 2.0, "proximal": 0.0}})
    spec = preset("small")
    whole = make(replace(spec, hands=(replace(spec.hands[0], digits=(1, 2, 3, 4, 5)),)))
    weights = Parameters().score_weights, parameters_of(settings).score_weights
    usual, heavy = (analyse(whole.pair, weights=w).findings for w in weights)
    scores = [{r.level: r.score for r in f.hands[0].sctc_style.regions} for f in (usual, heavy)]
    assert {Level.DISTAL, Level.PROXIMAL} <= set(scores[0])
    assert scores[1][Level.DISTAL] == pytest.approx(2.0 * scores[0][Level.DISTAL])
    assert scores[1].get(Level.PROXIMAL, 0.0) == 0.0
    assert usual.deposits == heavy.deposits, "nothing but the score hangs on them"


def test_a_coarse_scan_keeps_its_bones_and_says_that_it_is_coarse() -> None:
    """Slices of 2 mm hide the marrow of fingertips: they are bone by their place, not deposits."""
    spec = preset("demo")
    phantom = make(replace(spec, grid=replace(spec.grid, spacing_mm=(2.0, 0.4, 0.4), slice_thickness_mm=2.0)))
    coarse = Read(phantom, analyse(phantom.pair))
    tips = {BONE_CODES[f"DP{digit}"] for digit in range(1, 6)}
    assert tips <= set(np.unique(coarse.analysis.bones).tolist())
    for truth in coarse.put_in("HA"):
        (found,) = coarse.over(truth)
        assert found.material is Material.CALCIUM
        assert found.volume_mm3 == pytest.approx(truth["volume_mm3"], rel=0.2)
    known = {d.number for truth in phantom.truth.deposits for d in coarse.over(truth)}
    assert all(d.review for d in coarse.found if d.number not in known)
    assert any("2.0 mm" in limit for limit in coarse.analysis.findings.hands[0].limits)
