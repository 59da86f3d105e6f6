"""Calcium per HU at any tube voltage, material from two energies, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.deposit.material import SlopeScale, classify, is_mineral
from node.analysis.deposit.measure import Measures
from node.analysis.limb.noise import Anchors
from node.analysis.mineral.physics import MSU_SLOPE, Scale, beyond_words, hu_per_mg_cc, model_slope, scale_of
from node.analysis.pipeline import analyse
from node.domain.errors import Refused
from node.domain.findings import Material
from node.domain.volume import EnergyPair, Geometry, Tube, Volume

LOW, HIGH, TIN = Tube(80), Tube(140), Tube(140, 0.4)
ANCHORS = Anchors(47.0, 42.0, 22.0, 18.0, 0.6, 45.0, 15.0)
SLOPES = SlopeScale(2.31, MSU_SLOPE)
SLOPES_WITHOUT_TIN = SlopeScale(1.51, MSU_SLOPE)


@pytest.mark.parametrize(
    ("low", "high"), [(LOW, TIN), (Tube(70), Tube(150, 0.6)), (Tube(100), TIN), (Tube(90), Tube(150, None))]
)
@pytest.mark.parametrize("hardening", [0, 1])
def test_the_slope_of_bone_tells_the_hardening_where_tin_is_used(low: Tube, high: Tube, hardening: int) -> None:
    """docs, section 4: k and slope behind 4 and behind 15 cm of water; a slope is known to 5 %, so it tells in part."""
    k = hu_per_mg_cc(low)[hardening], hu_per_mg_cc(high)[hardening]
    scale, usual = scale_of(low, high, k[0] / k[1]), scale_of(low, high, model_slope(low, high))
    assert (scale.low, scale.high) == pytest.approx(k, rel=0.055)
    assert abs(scale.low / k[0] - 1.0) < 0.75 * abs(usual.low / k[0] - 1.0)


def test_published_figures_are_met_at_the_usual_pair() -> None:
    assert hu_per_mg_cc(LOW) == pytest.approx((2.43, 2.03), abs=0.01)
    assert hu_per_mg_cc(TIN) == pytest.approx((1.05, 1.00), abs=0.01)
    assert model_slope(LOW, HIGH) == pytest.approx(1.51, abs=0.01)
    assert 2.04 < model_slope(LOW, TIN) < 2.31


def test_a_slope_that_says_nothing_leaves_the_usual_hardening() -> None:
    """At 80/140 the slope of HA hardly depends on the hardening: noise in it must not move the mass."""
    scales = [scale_of(LOW, HIGH, slope) for slope in (1.40, 1.51, 1.65)]
    for scale in scales:
        assert (scale.low, scale.high) == pytest.approx((2.2325, 1.48375), rel=0.02)


def test_the_scale_stays_between_the_two_hardenings_whatever_the_slope() -> None:
    for slope in np.linspace(0.5, 5.0, 19):
        scale = scale_of(LOW, TIN, float(slope))
        assert 2.03 <= scale.low <= 2.435
        assert 0.995 <= scale.high <= 1.0525


def test_monoenergetic_images_know_no_hardening() -> None:
    assert scale_of(Tube(kev=50), Tube(kev=100), 2.64) == Scale(2.2525, 0.8525)


@pytest.mark.parametrize(
    ("tube", "below", "above"),
    [(Tube(120), Tube(135), Tube(100)), (Tube(85), Tube(90), Tube(80)), (Tube(kev=60), Tube(kev=70), Tube(kev=50))],
)
def test_voltages_between_the_listed_ones_lie_between_them(tube: Tube, below: Tube, above: Tube) -> None:
    for less, own, more in zip(*map(hu_per_mg_cc, (below, tube, above)), strict=True):
        assert less < own < more
    scale = scale_of(tube, TIN, model_slope(tube, TIN))
    assert hu_per_mg_cc(tube)[1] <= scale.low <= hu_per_mg_cc(tube)[0]


def test_between_listed_energies_calcium_fades_by_a_power_of_the_energy() -> None:
    """A straight line between 50 and 70 keV would be 6 % too bright at 60."""
    low, middle, high = (hu_per_mg_cc(Tube(kev=energy))[0] for energy in (50, 59.16, 70))
    assert middle == pytest.approx(np.sqrt(low * high), rel=1e-3)


@pytest.mark.parametrize("tube", [Tube(100, 0.4), Tube(kev=190), Tube(50)])
def test_a_reader_is_told_of_a_voltage_that_no_table_reaches(tube: Tube) -> None:
    (words,) = beyond_words(LOW, tube)
    assert str(tube) in words


def test_usual_voltages_are_known() -> None:
    assert beyond_words(*(Tube(kv) for kv in (70, 80, 90, 100, 120, 135, 140, 150)), TIN, Tube(150, 0.6)) == ()
    assert beyond_words(Tube(kev=40), Tube(kev=140)) == ()


def test_an_unknown_tube_is_refused_with_what_to_send() -> None:
    with pytest.raises(Refused, match="tube voltage") as refused:
        scale_of(Tube(), TIN, 2.3)
    assert "KVP" in str(refused.value.hint)


def measures(low_hu: float, high_hu: float, radius_mm: float = 3.0, depth_mm: float = 8.0) -> Measures:
    """A ball in muscle with a contrast at either energy."""
    voxels = np.argwhere(np.ones((9, 9, 9), bool))
    return Measures(
        voxels=voxels,
        centroid_lps_mm=(0.0, 0.0, 0.0),
        volume_mm3=4.0 / 3.0 * np.pi * radius_mm**3,
        mass_mg=0.0,
        mean_low_hu=low_hu + ANCHORS.soft_low_hu,
        mean_high_hu=high_hu + ANCHORS.soft_high_hu,
        sd_low_hu=22.0,
        max_low_hu=low_hu + 100.0,
        contrast_low_hu=low_hu,
        contrast_high_hu=high_hu,
        slope=low_hu / high_hu,
        long_axis_mm=2 * radius_mm,
        short_axis_mm=2 * radius_mm,
        distance_to_skin_mm=depth_mm,
        distance_to_bone_mm=None,
        touches_bone=False,
        key_slice=0,
        shape="stone",
        radius_mm=radius_mm,
        depth_mm=depth_mm,
    )


@pytest.mark.parametrize("mg_cc", [80.0, 200.0, 800.0])
def test_hydroxyapatite_is_calcium_at_any_concentration(mg_cc: float) -> None:
    material, ratio = classify(measures(2.435 * mg_cc, 1.0525 * mg_cc), SLOPES, ANCHORS, tin=True)
    assert material is Material.CALCIUM
    assert ratio > 3.0


@pytest.mark.parametrize("share", [0.2, 0.35, 0.5])
def test_a_deep_body_of_urate_is_urate(share: float) -> None:
    """MSU of 20 to 50 % by volume (docs, section 4)."""
    material, ratio = classify(measures(544.0 * share, 526.0 * share), SLOPES, ANCHORS, tin=True)
    assert material is Material.URATE
    assert ratio < -3.0


def test_half_way_between_the_two_nothing_is_claimed() -> None:
    slope = 2.0 * SLOPES.calcium * SLOPES.urate / (SLOPES.calcium + SLOPES.urate)
    assert classify(measures(200.0, 200.0 / slope), SLOPES, ANCHORS, tin=True)[0] is Material.INDETERMINATE


@pytest.mark.parametrize(
    "found",
    [
        measures(200.0, 194.0, radius_mm=0.9),  # nail, a thin sheet
        measures(200.0, 194.0, depth_mm=1.5),  # skin
        measures(35.0, 54.0),  # tendon
        measures(900.0, 880.0),  # brighter than any tophus
    ],
)
def test_what_plots_with_urate_and_is_no_tophus_is_indeterminate(found: Measures) -> None:
    assert classify(found, SLOPES, ANCHORS, tin=True)[0] is Material.INDETERMINATE


def test_a_pale_sheet_that_leans_to_urate_is_nail_and_a_body_is_left_to_a_reader() -> None:
    """The nail of a noisy scan."""
    noisy = replace(ANCHORS, noise_low_hu=40.0, noise_high_hu=40.0)
    sheet, body = (replace(measures(166.0, 153.0, radius_mm=r), voxels=np.zeros((90, 3), np.int64)) for r in (0.9, 3.0))
    for found, believed in ((sheet, False), (body, True)):
        assert classify(found, SLOPES_WITHOUT_TIN, noisy, tin=False)[0] is Material.INDETERMINATE
        assert is_mineral(found, SLOPES_WITHOUT_TIN, noisy, tin=False) is believed


def scan(hu: np.ndarray) -> EnergyPair:
    spacing = (1.0, 0.8, 0.8)
    volume = Volume(hu.astype(np.int16), Geometry(hu.shape, spacing, np.diag([0.8, 0.8, 1.0, 1.0])))
    return EnergyPair(volume, volume, LOW, TIN)


def test_air_and_a_table_are_no_limb() -> None:
    air = np.full((40, 60, 60), -1000)
    table = air.copy()
    table[:, 50:56] = 120  # carbon fibre with its foam: large, without bone
    pins = air.copy()
    pins[:, 30:32, 30:32] = 3000  # bright, but no limb around
    for hu in (air, table, pins):
        with pytest.raises(Refused, match="No limb"):
            analyse(scan(hu))
