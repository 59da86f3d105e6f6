"""Every way in which a dual-energy study may come in: the same voxels at the same place, or a refusal that says why.

The analysis is a pure function of the voxels, their places and the two tubes: where these equal the plain study's,
the findings do. What the analysis itself makes of other energies and poses is in ``test_inputs_findings``.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from node.dicom.reading.pixels import AIR_HU, load_pair
from node.domain.pairing import Pairing, PairingOutcome, find_pair
from node.domain.reason import ReasonCode
from node.domain.volume import EnergyPair, Tube
from node.service.study.encode import origin_of
from node.service.study.folder import Folder, read_folder
from node.service.study.parameters import Parameters
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless
from tests.fakes import variants
from tests.fakes.inputs import PAIRS, REFUSED, SAME, padded
from tests.fakes.variants import HIGH, IDENTITY, LOW, SHAPE, Group, both, changed, plain, series, volume

MONOENERGETIC = ("DERIVED", "SECONDARY", "AXIAL", "VMI")


def read(folder: Path, study: Group, **options: bool) -> tuple[Folder, Pairing]:
    """The study by way of files, and what became of it."""
    found = read_folder(variants.write(folder, study))
    return found, find_pair(found.instances, **options)


def loaded(folder: Path, study: Group, **options: bool) -> EnergyPair:
    """The pair that the analysis would get."""
    found, pairing = read(folder, study, **options)
    assert pairing.pair is not None, pairing.reasons
    return load_pair(pairing.pair, found.locate)


def assert_plain(pair: EnergyPair) -> None:
    """Voxel for voxel and place for place the plain study."""
    expected = volume(0)
    np.testing.assert_allclose(pair.geometry.affine, expected.geometry.affine, atol=1e-6)
    assert pair.geometry.spacing_mm == pytest.approx(expected.geometry.spacing_mm)
    np.testing.assert_array_equal(pair.low.hu, expected.hu)
    np.testing.assert_array_equal(pair.high.hu, volume(1).hu)


# -- the energies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told_by", ["filter", "material", "description"])
@pytest.mark.parametrize("tubes", PAIRS, ids=lambda p: f"{p[0]}-{p[1]}".replace(" ", ""))
def test_tube_voltages(tmp_path: Path, tubes: tuple[Tube, Tube], told_by: str) -> None:
    low, high = (
        replace(s, tube=t, description=f"Hand DE {mark}_{t}".replace(" ", ""), filter_material=told_by == "material")
        for s, t, mark in ((LOW, tubes[0], "A"), (HIGH, tubes[1], "B"))
    )
    study = plain(low, high)
    if told_by == "description":
        study = changed(study, lambda d: d.update({"FilterType": ""}))
    pair = loaded(tmp_path, study)
    assert_plain(pair)
    assert (pair.low_tube, pair.high_tube) == tubes


@pytest.mark.parametrize("kev", [(50.0, 100.0), (40.0, 70.0)])
def test_monoenergetic_where_configured(tmp_path: Path, kev: tuple[float, float]) -> None:
    low, high = (
        replace(s, tube=Tube(None, kev=e), description=f"Hand MonoE {e:g}keV", image_type=MONOENERGETIC)
        for s, e in zip((LOW, HIGH), kev, strict=True)
    )
    study = plain(low, high)
    pair = loaded(tmp_path / "on", study, allow_monoenergetic=True)
    assert_plain(pair)
    assert (pair.low_tube.kev, pair.high_tube.kev) == kev
    _, pairing = read(tmp_path / "off", study)
    assert_refused(pairing, ReasonCode.MONOENERGETIC_NOT_ENABLED)


# -- the same voxels, written in other ways ----------------------------------------------------------------------


@pytest.mark.parametrize("name", SAME)
def test_same_voxels(tmp_path: Path, name: str) -> None:
    assert_plain(loaded(tmp_path, SAME[name]()))


@pytest.mark.parametrize("signed", [False, True])
def test_padding_is_air(tmp_path: Path, signed: bool) -> None:
    """And it is nowhere else: the body is where it was."""
    pair = loaded(tmp_path, padded(signed=signed))
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in SHAPE[1:])
    outside = np.hypot(rows[:, None], columns[None, :]) > max(SHAPE[1:]) / 2
    assert outside.any()
    for found, energy in ((pair.low.hu, 0), (pair.high.hu, 1)):
        assert (found[:, outside] == AIR_HU).all()
        np.testing.assert_array_equal(found[:, ~outside], volume(energy).hu[:, ~outside])


@pytest.mark.parametrize("legacy", [False, True], ids=["enhanced", "legacy converted"])
@pytest.mark.parametrize("syntax", ["", JPEGLSLossless, JPEG2000Lossless, RLELossless])
def test_multi_frame(tmp_path: Path, legacy: bool, syntax: str) -> None:
    study = variants.multi_frame(tmp_path / "made", legacy=legacy, syntax=syntax)
    assert len(study) == 2
    assert_plain(loaded(tmp_path / "study", study))


def test_legacy_converted_beside_its_originals(tmp_path: Path) -> None:
    converted = variants.multi_frame(tmp_path / "made", legacy=True)
    found, pairing = read(tmp_path / "study", plain() + converted)
    assert pairing.pair is not None, pairing.reasons
    assert {i.sop_class_uid for i in pairing.pair.instances} == {"1.2.840.10008.5.1.4.1.1.2"}
    assert_plain(load_pair(pairing.pair, found.locate))


# -- other places in the patient ---------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", variants.TURNS, ids=lambda t: t.position)
def test_patient_prone_supine_feet_first(tmp_path: Path, turn: variants.Turn) -> None:
    assert_at(tmp_path, np.asarray(turn.rotation, dtype=np.float64), turn.position)


@pytest.mark.parametrize("degrees", [7.0, 30.0, -50.0])
def test_oblique_planes(tmp_path: Path, degrees: float) -> None:
    angle = np.radians(degrees)
    about_x = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    about_z = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    assert_at(tmp_path, about_z @ about_x, "HFS")


def assert_at(folder: Path, rotation: np.ndarray, position: str) -> None:
    """Planes turned in the patient come in as they were, at their place."""
    matrix = variants.affine(rotation, origin_mm=tuple(np.array([0.0, 0.0, 105.0]) - rotation @ [8.75, 9.75, 5.5]))
    identity = replace(IDENTITY, patient_position=position)
    expected = volume(0, matrix), volume(1, matrix)
    pair = loaded(folder, series(expected[0], LOW, identity) + series(expected[1], HIGH, identity))
    np.testing.assert_allclose(pair.geometry.affine, matrix, atol=1e-6)
    np.testing.assert_array_equal(pair.low.hu, expected[0].hu)
    np.testing.assert_array_equal(pair.high.hu, expected[1].hu)


# -- grids that differ a little ----------------------------------------------------------------------------------

OFFSET = variants.affine(origin_mm=(-9.2, -9.9, 100.4))
NEAR = {
    "half a voxel sideways": (variants.affine(origin_mm=(-9.25, -10.25, 100.0)), SHAPE),
    "half a slice along": (variants.affine(origin_mm=(-9.0, -10.0, 100.5)), SHAPE),
    "a slice less, half a slice along": (variants.affine(origin_mm=(-9.0, -10.0, 100.5)), (11, 40, 36)),
    "all three": (OFFSET, SHAPE),
    "a larger matrix and field": (variants.affine(origin_mm=(-9.6, -10.7, 98.7)), (16, 44, 40)),
    "another pixel": (
        variants.affine(origin_mm=(-9.1, -10.1, 99.9), spacing_mm=(1.05, 0.52, 0.52)),
        SHAPE,
    ),
}


@pytest.mark.parametrize("name", NEAR)
def test_slightly_different_grids_are_registered(tmp_path: Path, name: str) -> None:
    """The field is known everywhere: what it is between the voxels of the one grid is what the other must give."""
    matrix, shape = NEAR[name]
    pair = loaded(tmp_path, series(volume(0), LOW) + series(volume(1, matrix, shape), HIGH))
    np.testing.assert_array_equal(pair.low.hu, volume(0).hu)
    np.testing.assert_allclose(pair.high.geometry.affine, volume(0).geometry.affine)
    inside = (slice(1, -1), slice(2, -2), slice(2, -2))
    error = pair.high.hu[inside].astype(float) - volume(1).hu[inside]
    assert np.sqrt((error**2).mean()) < 1.5  # unregistered: 8 to 150
    assert abs(error.mean()) < 0.5


# -- refusals ----------------------------------------------------------------------------------------------------


def assert_refused(pairing: Pairing, code: ReasonCode, outcome: PairingOutcome = PairingOutcome.REFUSED) -> None:
    """No pair; what was found, and what to do."""
    assert pairing.pair is None
    assert pairing.outcome is outcome
    assert code in [r.code for r in pairing.reasons]
    assert all(len(r.sentence) > 20 and len(r.hint) > 10 for r in pairing.reasons)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    refusal = REFUSED[name]
    _, pairing = read(tmp_path, refusal.study())
    assert_refused(pairing, refusal.code, refusal.outcome)
    reason = next(r for r in pairing.reasons if r.code is refusal.code)
    assert refusal.says in reason.sentence
    assert refusal.do in reason.hint


def test_the_order_of_arrival_does_not_change_the_results_uids(tmp_path: Path) -> None:
    """What the UIDs of the results are made from is the same for a study in any order."""
    found = [read(tmp_path / n, both(order=n))[1].pair for n in ("ascending", "shuffled")]
    first, second = (origin_of(p.instances, Parameters()).uid("report") for p in found if p is not None)
    assert first == second
