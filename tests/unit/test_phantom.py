"""The phantom against what is known of it: analytic volumes, tabulated HU, symmetry, and its own truth."""

from dataclasses import replace

import numpy as np
import pytest
from node.domain.errors import Refused
from node.kernels.phantom_bodies import FAT, MUSCLE, SKIN, TENDON
from node.phantom import Deposit, Finger, Grid, Hand, Imaging, Phantom, PhantomSpec, Place, Shape, Side, make
from node.phantom import render as rendering
from node.phantom.attenuation import attenuation, pairs, parse_tube, tube_text
from node.phantom.presets import PRESETS, preset
from node.phantom.randomise import random_control, random_spec, repeat_scan
from node.phantom.solid import cone, ellipsoid, lattice, sample
from node.phantom.spec import RELAXED, Splint, Substance
from node.phantom.suites import HARD, suite

FINGER = Hand(digits=(2,), forearm_mm=4.0, sesamoids=())
COARSE = Grid(spacing_mm=(1.2, 0.8, 0.8), slice_thickness_mm=1.2, margin_mm=4.0)
SHARP = Imaging(psf_mm=0.0, noise_hu=(0.0, 0.0), clip_hu=(-1024, 32767))
PULP = Deposit(Place("PP2", 0.5, 0.0, gap_mm=1.5), 60.0, 500.0, Shape.SPHERE, texture=0.0)
MATRIX = replace(PULP, concentration_mg_cc=1e-3)


def finger(**changes: object) -> PhantomSpec:
    """One finger, coarse, without noise and in-plane blur."""
    return replace(PhantomSpec(hands=(FINGER,), grid=COARSE, imaging=SHARP), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def with_matrix() -> Phantom:
    """The same body as with the sphere, its matrix without mineral."""
    return make(finger(deposits=(MATRIX,)))


@pytest.fixture(scope="module")
def with_sphere() -> Phantom:
    return make(finger(deposits=(PULP,)))


def test_figures_are_those_of_the_table() -> None:
    figures = attenuation("80/Sn140(0.4)")
    assert figures.hu["cortical bone"] == (2781.0, 1301.0)
    assert figures.calcium_slope == pytest.approx((2.435, 1.0525), abs=0.01)
    # MSU 50 % by volume is 850 mg/cc
    assert np.multiply(figures.urate_slope, 850.0) == pytest.approx((272.0, 263.0), abs=1.0)
    assert len(pairs()) == 11
    assert attenuation("80/140", 15).hu["muscle"] != ()


@pytest.mark.parametrize(
    ("text", "words"), [("80", "80 kV"), ("Sn140(0.4)", "140 kV + 0.4 mm Sn"), ("keV50", "50 keV")]
)
def test_tubes_are_read_and_written(text: str, words: str) -> None:
    assert tube_text(parse_tube(text)) == words


def test_unknown_pair_is_refused_with_the_list() -> None:
    with pytest.raises(Refused, match=r"80/140"):
        attenuation("90/120")


def test_volumes_of_primitives_are_analytic() -> None:
    ball = ellipsoid((0, 0, 0), (5.0, 3.0, 4.0))
    capsule = cone((0, 0, -5), (0, 0, 5), (3.0, 3.0))
    for rows, expected in ((ball, 4 / 3 * np.pi * 60.0), (capsule, np.pi * 9 * 10 + 4 / 3 * np.pi * 27)):
        frame, shape = lattice(np.full(3, -9.0), np.full(3, 9.0), 0.19)
        inside = np.count_nonzero(sample(rows, frame, shape) < 0) * 0.19**3
        assert inside == pytest.approx(expected, rel=0.01)


def test_a_sphere_has_the_volume_and_mass_that_were_asked_for(with_sphere: Phantom) -> None:
    truth = with_sphere.truth.deposits[0]
    assert truth["volume_mm3"] == pytest.approx(60.0, rel=0.005)
    assert truth["mass_mg"] == pytest.approx(60.0 * 0.5, rel=0.005)
    diameter = (6.0 * 60.0 / np.pi) ** (1 / 3)
    assert truth["extent_mm"] == pytest.approx([diameter] * 3, abs=0.4)
    # the CT voxels that hold at least half of it cover it about once
    assert truth["voxels_ct_grid"] * with_sphere.pair.geometry.voxel_mm3 == pytest.approx(60.0, rel=0.15)


def test_pixels_hold_the_mass_of_the_truth_at_both_energies(with_matrix: Phantom, with_sphere: Phantom) -> None:
    figures = attenuation("80/Sn140(0.4)")
    voxel_cc = with_matrix.pair.geometry.voxel_mm3 / 1000.0
    for e, name in enumerate(("low", "high")):
        added = getattr(with_sphere.pair, name).hu.astype(float) - getattr(with_matrix.pair, name).hu
        mass = added.sum() * voxel_cc / figures.calcium_slope[e]
        assert mass == pytest.approx(with_sphere.truth.deposits[0]["mass_mg"], rel=0.03)


def test_blur_conserves_mass() -> None:
    blurred = replace(SHARP, psf_mm=0.7)
    without, with_it = (make(finger(deposits=d, imaging=blurred)) for d in ((MATRIX,), (PULP,)))
    added = (with_it.pair.low.hu.astype(float) - without.pair.low.hu).sum() * without.pair.geometry.voxel_mm3 / 1000.0
    assert added / attenuation("80/Sn140(0.4)").calcium_slope[0] == pytest.approx(30.0, rel=0.03)


def test_every_tissue_has_its_tabulated_hu() -> None:
    spec = finger(hands=(replace(FINGER, forearm_mm=20.0),), grid=replace(COARSE, spacing_mm=(0.6, 0.4, 0.4)))
    hands = (rendering_scene(spec),)
    figures = attenuation(spec.imaging.pair)
    geometry = rendering.fit_geometry(spec.grid, hands)
    drawn = rendering.render(hands, geometry, spec.grid, spec.imaging, figures.table(), 1, (0.0, 0.0, 0.0))
    for code, name in ((SKIN, "skin"), (MUSCLE, "muscle"), (TENDON, "tendon")):
        values = drawn.hu[:, drawn.classes == code]
        assert values.shape[1] > 20
        assert pytest.approx(np.tile(figures.hu[name], (values.shape[1], 1)), abs=0.01) == values.T
    fat = drawn.hu[:, drawn.classes == FAT]
    assert np.all(fat.mean(axis=1) - np.array(figures.hu["adipose"]) < 15.0)
    assert fat.min(axis=1) == pytest.approx(figures.hu["adipose"], abs=0.01)
    assert drawn.hu[0].max() == pytest.approx(figures.hu["cortical bone"][0], abs=1.0)
    assert drawn.hu[0].min() == -1000.0


def rendering_scene(spec: PhantomSpec) -> rendering.HandScene:
    from node.phantom.scene import build_hand

    return build_hand(spec, 0, 0.6)


def test_a_left_hand_is_the_mirror_of_a_right_one() -> None:
    right, left = (make(finger(deposits=(PULP,), hands=(replace(FINGER, side=s),))) for s in (Side.RIGHT, Side.LEFT))
    mirrored = left.labels[:, :, ::-1].astype(int)
    mirrored[(mirrored > 100) & (mirrored < 200)] -= 100
    assert mirrored.shape == right.labels.shape
    assert np.mean(mirrored != right.labels) < 1e-4
    ours, theirs = right.truth.deposits[0], left.truth.deposits[0]
    assert theirs["centroid_lps"] == pytest.approx([-ours["centroid_lps"][0], *ours["centroid_lps"][1:]], abs=0.01)
    assert (ours["aspect"], ours["hand"], theirs["hand"]) == (theirs["aspect"], "right", "left")


def test_laterality_follows_from_the_geometry() -> None:
    """sign[(d x p) . r] is +1 for a right and -1 for a left hand, whatever its rotation (docs/analysis.md)."""
    for side, expected in ((Side.RIGHT, 1.0), (Side.LEFT, -1.0)):
        spec = finger(hands=(replace(FINGER, side=side, rotation=(20.0, -140.0, 65.0)),))
        axes = rendering_scene(spec).to_lps[:3, :3]
        radial, palmar, distal = axes[:, 0], -axes[:, 1], axes[:, 2]
        assert np.sign(np.cross(distal, palmar) @ radial) == expected


def test_the_same_spec_gives_the_same_voxels_whatever_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = finger(deposits=(PULP,), imaging=Imaging(), grid=COARSE)
    first = make(spec)
    monkeypatch.setattr(rendering, "workers", lambda: 3)
    again = make(spec)
    other = make(replace(spec, seed=2))
    assert np.array_equal(first.pair.low.hu, again.pair.low.hu)
    assert np.array_equal(first.pair.high.hu, again.pair.high.hu)
    assert first.truth.table == again.truth.table
    assert not np.array_equal(first.pair.low.hu, other.pair.low.hu)


def test_noise_has_the_asked_deviation_at_each_energy() -> None:
    noisy = make(finger(imaging=replace(SHARP, noise_hu=(24.0, 15.0))))
    air = noisy.pair.low.hu[:, :3, :3]
    assert air.std() == pytest.approx(20.0, abs=8.0)  # air clips at -1024
    clean = make(finger())
    inside = clean.pair.low.hu > -500
    for e, (name, sigma) in enumerate((("low", 24.0), ("high", 15.0))):
        difference = getattr(noisy.pair, name).hu[inside].astype(float) - getattr(clean.pair, name).hu[inside]
        assert difference.std() == pytest.approx(sigma, rel=0.05), e
        assert abs(difference.mean()) < 1.0


@pytest.mark.parametrize(("gap_mm", "touching"), [(-0.6, True), (0.0, True), (2.0, False)])
def test_contact_with_bone_is_told(gap_mm: float, touching: bool) -> None:
    deposit = replace(PULP, place=Place("PP2", 0.5, 180.0, gap_mm=gap_mm))
    truth = make(finger(deposits=(deposit,))).truth.deposits[0]
    assert truth["touching_bone"] is touching
    assert truth["min_distance_to_bone_mm"] == pytest.approx(max(gap_mm, 0.0), abs=0.35)


def test_a_deposit_smaller_than_a_voxel_keeps_one() -> None:
    deposit = replace(PULP, volume_mm3=0.05)
    made = make(finger(deposits=(deposit,)))
    assert np.count_nonzero(made.labels == 1001) == 1


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_keeps_to_its_volume(shape: Shape) -> None:
    deposit = replace(PULP, shape=shape, place=Place("MC2", 0.5, 0.0, gap_mm=3.0), volume_mm3=90.0)
    truth = make(finger(deposits=(deposit,))).truth.deposits[0]
    assert 0.6 * 90.0 <= truth["volume_mm3"] <= 90.5
    assert truth["region"] == "MC2"


def test_urate_is_nearly_grey_and_calcium_is_not() -> None:
    urate = replace(PULP, substance=Substance.URATE, volume_mm3=200.0)
    stone = replace(PULP, volume_mm3=200.0)
    records = [make(finger(deposits=(d,))).truth.deposits[0] for d in (urate, stone)]
    assert [r["id"] for r in records] == [2001, 1001]
    ratios = [r["mean_hu_low"] / r["mean_hu_high"] for r in records]
    assert ratios[0] < 1.15 < 1.8 < ratios[1]


def test_resorption_shortens_the_distal_phalanx() -> None:
    counts = []
    for lost in ((), ((2, 0.4),)):
        made = make(finger(hands=(replace(FINGER, resorbed=lost),)))
        counts.append(np.ptp(np.argwhere(made.labels == 42)[:, 0]))
    assert counts[1] < 0.8 * counts[0]
    assert made.truth.table["hands"][0]["acro_osteolysis"] == {"DP2": {"lost_fraction": 0.4}}


def test_flexion_brings_the_fingertip_to_the_palm() -> None:
    bent = (*RELAXED[:1], Finger(80.0, 90.0, 60.0), *RELAXED[2:])
    tips = [
        rendering_scene(finger(hands=(h,))).bones["DP2"].point(1.0) for h in (FINGER, replace(FINGER, fingers=bent))
    ]
    assert tips[1][2] < tips[0][2] - 40.0
    assert tips[1][1] < tips[0][1] - 15.0


def test_motion_shifts_the_high_energy_only(with_matrix: Phantom, with_sphere: Phantom) -> None:
    shaken = replace(SHARP, motion_mm=(0.6, -0.4, 0.3))
    moved, moved_matrix = (make(finger(imaging=shaken, deposits=(d,))) for d in (PULP, MATRIX))
    assert np.array_equal(moved.pair.low.hu, with_sphere.pair.low.hu)
    geometry = with_sphere.pair.geometry
    centres = []
    for one, without in ((with_sphere, with_matrix), (moved, moved_matrix)):
        added = one.pair.high.hu.astype(float) - without.pair.high.hu
        where = np.argwhere(added > 0)
        index = np.average(where, axis=0, weights=added[added > 0])
        centres.append(geometry.to_lps_mm(index[None])[0])
    assert centres[1] - centres[0] == pytest.approx([0.6, -0.4, 0.3], abs=0.06)


def test_oblique_planes_hold_the_same_deposit(with_sphere: Phantom) -> None:
    tilted = make(finger(deposits=(PULP,), grid=replace(COARSE, tilt=(6.0, 4.0, -15.0))))
    ours, theirs = with_sphere.truth.deposits[0], tilted.truth.deposits[0]
    assert theirs["centroid_lps"] == pytest.approx(ours["centroid_lps"], abs=1e-6)
    where = tilted.pair.geometry.to_lps_mm(np.argwhere(tilted.labels == 1001).astype(float)).mean(axis=0)
    assert where == pytest.approx(theirs["centroid_lps"], abs=0.4)


def test_bones_do_not_touch_each_other() -> None:
    made = rendering_scene(PhantomSpec(hands=(Hand(),), grid=COARSE))
    bones = list(made.bones.values())
    for bone in bones:
        cells = np.flatnonzero(bone.field.values < -0.2)[::23]
        points = bone.field.points(cells)
        for other in bones:
            if other is not bone:
                assert other.field.at(points).min() > 0.0, (bone.name, other.name)


def test_wrong_places_are_refused() -> None:
    for wrong in (Place("DP4"), "nowhere"):
        with pytest.raises(Refused):
            make(finger(deposits=(replace(PULP, place=wrong),)))


def test_presets_have_names_and_unknown_ones_are_refused() -> None:
    assert {"demo", "control", "small", "both_hands"} <= set(PRESETS)
    demo = preset("demo")
    assert sum(d.substance is Substance.CALCIUM for d in demo.deposits) == 6
    with pytest.raises(Refused, match="demo"):
        preset("nothing")


def test_random_specs_are_reproducible_and_differ() -> None:
    assert random_spec(5) == random_spec(5)
    assert random_spec(5) != random_spec(6)
    assert random_spec(5, hard=True).hands


def test_random_deposits_do_not_run_into_each_other() -> None:
    """Each of a hand's deposits keeps a label of its own, and nearly all of its volume."""
    spec = random_spec(3)
    hand = replace(spec.hands[0], forearm_mm=10.0)
    deposits = tuple(d for d in spec.deposits if d.site.bone not in ("radius", "ulna"))
    made = make(replace(spec, hands=(hand,), deposits=deposits, grid=COARSE, imaging=SHARP))
    assert len(made.truth.deposits) == len(deposits) > 2
    for record in made.truth.deposits:
        asked = [d.volume_mm3 for d in deposits][record["id"] - 1001]
        assert record["volume_mm3"] == pytest.approx(asked, rel=0.2)
        assert record["voxels_ct_grid"] > 0


def test_a_control_holds_every_look_alike_and_no_deposit() -> None:
    controls = [random_control(seed, hard=seed % 2 == 0) for seed in range(12)]
    hands = [hand for spec in controls for hand in spec.hands]
    assert all(spec.deposits == () for spec in controls)
    for kind in ("vessels", "osteophytes", "resorbed", "splint"):
        assert any(getattr(hand, kind) for hand in hands), kind
    named = {name for hand in hands for name in hand.sesamoids}
    assert {"sesamoid_MCP5", "os_trapezoideum_secundarium", "lunula"} <= named


def test_osteophytes_are_bone_and_ossicles_have_labels() -> None:
    plain = make(finger())
    spurred = make(finger(hands=(replace(FINGER, osteophytes=("MP2",), sesamoids=("lunula",)),)))
    grown = np.count_nonzero(spurred.labels == 32) / np.count_nonzero(plain.labels == 32)
    assert 1.01 < grown < 1.3
    assert np.count_nonzero(spurred.labels == 57) * spurred.pair.geometry.voxel_mm3 > 10.0


@pytest.mark.parametrize(("material", "hu"), [("plastic", 70.0), ("plaster", 620.0)])
def test_a_splint_lies_in_the_air_and_has_no_label(material: str, hu: float) -> None:
    plain = make(finger())
    splinted = make(finger(hands=(replace(FINGER, splint=Splint(material)),)))
    changed = plain.pair.low.hu != splinted.pair.low.hu
    assert np.array_equal(plain.labels, splinted.labels)
    assert changed.any()
    assert (plain.pair.low.hu[changed] < -300).all(), "nothing of the body is painted over"
    assert splinted.pair.low.hu[changed].max() == pytest.approx(hu, abs=1.0)
    with pytest.raises(Refused, match="plastic"):
        make(finger(hands=(replace(FINGER, splint=Splint("wood")),)))


def test_a_repeat_scan_is_the_same_hand_in_another_pose() -> None:
    spec = finger(deposits=(PULP,), imaging=replace(SHARP, noise_hu=(20.0, 15.0)))
    scans = [make(repeat_scan(spec, scan)) for scan in (1, 2)]
    first, second = (scan.truth.deposits[0] for scan in scans)
    assert first["volume_mm3"] == pytest.approx(second["volume_mm3"], rel=0.01)
    assert first["mass_mg"] == pytest.approx(second["mass_mg"], rel=0.01)
    assert np.linalg.norm(np.subtract(first["centroid_lps"], second["centroid_lps"])) > 1.0
    again = make(repeat_scan(spec, 1))
    assert np.array_equal(again.pair.low.hu, scans[0].pair.low.hu)


def test_both_hands_are_of_one_patient() -> None:
    pairs_of_hands = [spec.hands for seed in range(40) if len((spec := random_spec(seed, hard=True)).hands) == 2]
    assert len(pairs_of_hands) > 3
    for left, right in pairs_of_hands:
        assert (left.side, right.side) == (Side.LEFT, Side.RIGHT)
        assert (left.size, left.forearm_mm, left.cortex) == (right.size, right.forearm_mm, right.cortex)


def test_the_suite_is_half_hard_and_has_controls_and_repeats() -> None:
    members = suite(40)
    groups = [member.group for member in members]
    assert [groups.count(group) for group in ("plain", HARD, "controls")] == [20, 20, 10]
    hands = [member.hand for member in members if member.group == "repeats"]
    assert len(hands) == 3 * len(set(hands)) == 18
    assert len({member.spec.name for member in members}) == len(members)
