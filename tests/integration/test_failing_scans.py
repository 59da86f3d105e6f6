"""Scans that are in the way of the analysis: for each, what a reader expects (docs/analysis.md, section 3)."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from node.analysis.pipeline import analyse
from node.dicom.synthetic.ct_identity import StudyIdentity
from node.dicom.synthetic.ct_writer import SeriesStyle, write_series
from node.domain.errors import Refused
from node.domain.findings import AcroOsteolysis, Laterality, Level, Material, Outcome, Region
from node.domain.volume import EnergyPair, Geometry, Volume
from node.phantom import Deposit, make
from node.phantom.attenuation import METAL_HU
from node.service.study.analyse import analyse_folder
from node.service.study.parameters import Parameters
from pydicom import dcmread
from scipy.ndimage import shift
from tests.fakes.failures import Read, plain, plain_phantom, read, whole_hand
from tests.fakes.other_parts import foot, head
from tests.fakes.painted import Painted
from tests.fakes.rods import ball

pytestmark = pytest.mark.slow


def moved(motion_mm: tuple[float, float, float]) -> Painted:
    """The hand after it moved (x, y, z) between the energies."""
    spec = whole_hand()
    return Painted(make(replace(spec, imaging=replace(spec.imaging, motion_mm=motion_mm))))


def test_motion_below_the_limit_is_mended_and_said() -> None:
    """A millimetre between the exposures: no deposit comes of the double contours, and the reader is told."""
    found = read(moved((0.8, 0.3, 0.5)))
    assert found.deposits == ()
    assert found.analysis.findings.outcome is Outcome.PARTIAL
    assert found.says("displaced by 1.", "mended")
    assert [d.acro_osteolysis for d in found.hand.digits] == [AcroOsteolysis.ABSENT] * 5


def test_a_deposit_is_measured_in_spite_of_motion_below_the_limit() -> None:
    """Found once, not as its double contours, with the material, volume and mass that it has."""
    spec = replace(whole_hand(), deposits=(Deposit("pulp2", 70.0, 600.0),))
    phantom = make(replace(spec, imaging=replace(spec.imaging, motion_mm=(0.8, 0.3, 0.5))))
    found, (truth,) = Read(phantom, analyse(phantom.pair)), phantom.truth.deposits
    (deposit,) = found.deposits
    assert found.over(phantom.labels == truth["id"]) == [deposit]
    assert (deposit.material, deposit.digit, deposit.level) == (Material.CALCIUM, 2, Level.DISTAL)
    assert deposit.volume_mm3 == pytest.approx(truth["volume_mm3"], rel=0.15)
    assert deposit.mass_mg == pytest.approx(truth["mass_mg"], rel=0.15)


@pytest.mark.parametrize("motion_mm", [(2.0, 1.5, 0.5), (0.0, 0.0, 9.0)])
def test_motion_beyond_the_limit_is_refused(motion_mm: tuple[float, float, float]) -> None:
    """The energies of a voxel are then of two places, and say nothing of its material."""
    with pytest.raises(Refused, match="displaced") as refused:
        read(moved(motion_mm))
    assert "repeat the scan" in refused.value.hint


def test_fingers_that_moved_by_themselves_are_refused() -> None:
    """The palm lay still, so the whole is displaced by little; the fingers cannot be read."""
    painted = plain()
    knuckles = round(float(painted.geometry.to_index_zyx(painted.at("PP3", 0.1)[None])[0, 0]))
    step = 1.5 / painted.geometry.spacing_mm[2]
    painted.high[knuckles:] = shift(painted.high[knuckles:], (0.0, 0.0, step), order=1, cval=-1000.0)
    with pytest.raises(Refused, match="moved against each other"):
        read(painted)


@pytest.mark.parametrize(("pair", "mg_cc"), [("70/Sn150(0.6)", 1300.0), ("80/140", 1700.0)])
def test_clipping(pair: str, mg_cc: float) -> None:
    """A stone brighter than can be stored, beside bone that is clipped too: calcium, apart, its mass a lower bound."""
    spec = whole_hand()
    painted = Painted(make(replace(spec, imaging=replace(spec.imaging, pair=pair))))
    assert painted.calcium(mg_cc)[0] > 3071.0
    stone = painted.paint(ball(painted.at("PP3", 0.5, (0.0, -9.5, 0.0)), 3.0), painted.calcium(mg_cc))
    found = read(painted)
    (deposit,) = found.deposits
    assert found.over(stone) == [deposit]
    assert (deposit.material, deposit.review) == (Material.CALCIUM, False)
    assert deposit.volume_mm3 == pytest.approx(found.volume_mm3(stone), rel=0.15)
    assert deposit.mass_mg is not None
    assert deposit.mass_mg < found.volume_mm3(stone) * mg_cc / 1000.0
    assert found.says("3071 HU", "lower bound")
    assert found.named("PP3") > 0.95


def streaks(painted: Painted, centre: np.ndarray, hu: float) -> None:
    """Bright and dark rays from metal, in its slices, fading over a centimetre; a little weaker at the high energy."""
    index = painted.geometry.to_index_zyx(centre[None])[0]
    axes = [
        (np.arange(n) - i) * s for n, i, s in zip(painted.low.shape, index, painted.geometry.spacing_mm, strict=True)
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    away = np.maximum(np.hypot(y, x), 3.0)
    added = hu * np.cos(6.0 * np.arctan2(y, x)) * (3.0 / away) * np.exp(-away / 12.0 - 0.5 * (z / 1.5) ** 2)
    inside = painted.low > -300.0
    painted.low += np.where(inside, added, 0.0)
    painted.high += np.where(inside, 0.85 * added, 0.0)


@cache
def metal() -> tuple[Read, np.ndarray, np.ndarray]:
    """A bead of metal with its streaks beside a proximal phalanx, and a deposit farther along the finger."""
    painted = plain()
    centre = painted.at("PP4", 0.3, (0.0, -8.0, 0.0))
    bead = painted.paint(ball(centre, 1.5), METAL_HU)
    streaks(painted, centre, 500.0)
    deposit = painted.paint(ball(painted.at("PP4", 0.8, (0.0, -9.0, 0.0)), 2.5), painted.calcium(600.0))
    return read(painted), bead, deposit


def test_metal_is_no_deposit_nor_are_its_streaks() -> None:
    """Bright at both energies alike, streaks plot with urate: nothing of them is counted."""
    found, bead, deposit = metal()
    assert found.segmented(bead) == 0.0
    assert [d.material for d in found.deposits].count(Material.URATE) == 0
    assert found.sure == found.over(deposit)


def test_metal_is_said_and_does_not_hide_what_is_far_from_it() -> None:
    """A limit says that its surroundings are not assessed; a deposit a centimetre away is found as ever."""
    found, _, mask = metal()
    assert found.analysis.findings.outcome is Outcome.PARTIAL
    assert found.says("metal", "5 mm")
    (deposit,) = found.over(mask)
    assert deposit.material is Material.CALCIUM


def cropped(pair: EnergyPair, first: tuple[int, int, int], last: tuple[int, int, int]) -> EnergyPair:
    """A part of the scan, so many voxels (z, y, x) less at the beginning and at the end of each axis."""
    old = pair.geometry
    part = tuple(slice(a, n - b) for a, b, n in zip(first, last, old.shape, strict=True))
    affine = old.affine.copy()
    affine[:3, 3] = old.to_lps_mm(np.array([first], float))[0]
    images = [np.ascontiguousarray(v.hu[part]) for v in (pair.low, pair.high)]
    geometry = Geometry(images[0].shape, old.spacing_mm, affine)
    low, high = (Volume(i, geometry) for i in images)
    return replace(pair, low=low, high=high)


CUTS = {
    "thumb": ((0, 0, 0), (0, 0, 55), "at a side"),
    "little finger": ((0, 0, 40), (0, 0, 0), "at a side"),
    "fingertips": ((0, 0, 0), (40, 0, 0), "within the hand"),
    "wrist": ((60, 0, 0), (0, 0, 0), "within the hand"),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_part_outside_of_the_field_of_view(name: str) -> None:
    """The reader is told that something is missing, and a bone seen from its cut is no deposit."""
    first, last, words = CUTS[name]
    found = Read(plain_phantom(), analyse(cropped(plain_phantom().pair, first, last)))
    assert found.analysis.findings.outcome is Outcome.PARTIAL
    assert found.says(words)
    assert not found.hand.covered
    assert found.sure == []
    assert found.hand.laterality in (Laterality.LEFT, Laterality.UNCERTAIN)
    assert AcroOsteolysis.PRESENT not in [d.acro_osteolysis for d in found.hand.digits]


@pytest.mark.parametrize("name", ["thumb", "wrist"])
def test_what_is_in_the_field_of_view_is_found_all_the_same(name: str) -> None:
    """A deposit far from the cut has its material and volume; its digit is given or left open, never another."""
    first, last, words = CUTS[name]
    phantom = make(replace(whole_hand(), deposits=(Deposit("pulp3", 70.0, 600.0),)))
    analysis = analyse(cropped(phantom.pair, first, last))
    (deposit,) = [d for d in analysis.findings.deposits if not d.review]
    (truth,) = phantom.truth.deposits
    assert deposit.centroid_lps_mm == pytest.approx(truth["centroid_lps"], abs=1.0)
    assert deposit.material is Material.CALCIUM
    assert deposit.volume_mm3 == pytest.approx(truth["volume_mm3"], rel=0.2)
    assert deposit.digit in (3, None)
    assert any(words in limit for hand in analysis.findings.hands for limit in hand.limits)


def test_the_end_of_the_forearm_is_no_limit() -> None:
    """Every scan of a hand ends somewhere in the forearm."""
    analysis = analyse(plain_phantom().pair)
    assert (analysis.findings.outcome, analysis.findings.reasons) == (Outcome.COMPLETE, ())
    assert [hand.covered for hand in analysis.findings.hands] == [True]


def test_a_deposit_at_the_end_of_the_scan_is_a_lower_bound() -> None:
    """Half of a stone in the forearm is in the scan: the reader is told that its volume is not all."""
    spec = replace(whole_hand(forearm_mm=30.0), deposits=(Deposit("forearm_volar", 150.0, 500.0),))
    phantom = make(spec)
    where = phantom.truth.deposits[0]["centroid_lps"]
    middle = round(float(phantom.pair.geometry.to_index_zyx(np.array([where]))[0, 0]))
    whole = Read(phantom, analyse(phantom.pair))
    assert not whole.says("lower bound")
    half = Read(phantom, analyse(cropped(phantom.pair, (middle, 0, 0), (0, 0, 0))))
    assert half.analysis.findings.outcome is Outcome.PARTIAL
    assert half.says("A deposit reaches the end of the scan", "lower bounds")
    assert sum(d.volume_mm3 for d in half.deposits) < 0.8 * sum(d.volume_mm3 for d in whole.deposits)


def test_long_voxels_are_refused() -> None:
    """In slices of 3 mm fingertips have no marrow, and would be taken for deposits."""
    pair = plain_phantom().pair
    step = round(3.0 / pair.geometry.spacing_mm[0])
    affine = pair.geometry.affine.copy()
    affine[:3, 2] *= step
    low, high = (np.ascontiguousarray(v.hu[::step]) for v in (pair.low, pair.high))
    grid = Geometry(low.shape, (step * pair.geometry.spacing_mm[0], *pair.geometry.spacing_mm[1:]), affine)
    with pytest.raises(Refused, match="at most 2 mm") as refused:
        analyse(replace(pair, low=Volume(low, grid), high=Volume(high, grid)))
    assert "1 mm or less" in refused.value.hint


def test_a_forearm_without_a_hand() -> None:
    """Calcinosis of the forearm is found and placed there; its side cannot be known."""
    spec = replace(whole_hand(forearm_mm=90.0), deposits=(Deposit("forearm_volar", 150.0, 500.0),))
    phantom = make(spec)
    wrist = phantom.pair.geometry.to_index_zyx(Painted(phantom).at("radius", 0.93)[None])[0, 0]
    beyond = phantom.pair.geometry.shape[0] - round(float(wrist))
    found = Read(phantom, analyse(cropped(phantom.pair, (0, 0, 0), (beyond, 0, 0))))
    assert found.hand.laterality is Laterality.UNCERTAIN
    assert found.says("No finger or metacarpal was recognised")
    (deposit,) = found.deposits
    assert deposit.material is Material.CALCIUM
    assert deposit.volume_mm3 == pytest.approx(phantom.truth.deposits[0]["volume_mm3"], rel=0.15)
    assert (deposit.region, deposit.digit, deposit.level) == (Region.FOREARM, None, Level.RADIUS_ULNA)


def test_a_foot() -> None:
    """Five rays, but none of a hand: no side, no digit, no fingertip is asserted, and its bones are no deposits."""
    findings = analyse(foot()).findings
    (hand,) = findings.hands
    assert findings.outcome is Outcome.PARTIAL
    assert any("No finger or metacarpal was recognised" in limit for limit in hand.limits)
    assert hand.laterality is Laterality.UNCERTAIN
    assert {d.acro_osteolysis for d in hand.digits} == {AcroOsteolysis.UNDETERMINED}
    assert {d.distal_phalanx_length_mm for d in hand.digits} == {None}
    assert hand.deposits == (), "not even for review"


def test_a_head_is_refused() -> None:
    """Out of scope: the reason says what is wrong, the hint what to look at."""
    with pytest.raises(Refused, match="a hand or forearm was expected") as refused:
        analyse(head())
    assert "body part" in refused.value.hint


def written(pair: EnergyPair, folder: Path) -> Path:
    """A study as a scanner writes it."""
    tubes = pair.low_tube, pair.high_tube
    for number, (volume, tube) in enumerate(zip((pair.low, pair.high), tubes, strict=True), start=3):
        style = SeriesStyle(str(number), number, "Hand DE", tube)
        write_series(volume, StudyIdentity(seed="other parts"), style, folder / str(number))
    return folder


def test_a_head_in_files_is_refused_and_said(tmp_path: Path) -> None:
    """Nothing for the PACS; findings.json says what was found, what was expected and what to do."""
    result = analyse_folder(written(head(), tmp_path / "in"), tmp_path / "out", Parameters())
    assert [path.name for path in result.files] == ["findings.json"]
    document = json.loads(result.files[0].read_text())
    assert (document["outcome"], document["hands"]) == ("refused", [])
    (reason,) = document["reasons"]
    assert "a hand or forearm was expected" in reason
    assert "body part" in reason


def test_a_foot_in_files_is_partial_and_said(tmp_path: Path) -> None:
    """A report that asserts nothing, without a Segmentation."""
    result = analyse_folder(written(foot(), tmp_path / "in"), tmp_path / "out", Parameters())
    assert {path.name for path in result.files} == {"sr.dcm", "overlay.dcm", "overlay.png", "findings.json"}
    document = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert document["outcome"] == "partial"
    assert "No finger or metacarpal was recognised" in " ".join(document["reasons"])
    (hand,) = document["hands"]
    assert (hand["laterality"], hand["deposits"], hand["sctc_style_score"]) == ("uncertain", [], None)
    report = dcmread(tmp_path / "out" / "sr.dcm")
    assert report.CompletionFlag == "PARTIAL"
    for side in ("'Right'", "'Left'", "'Absent'"):
        assert side not in str(report)
