"""Every way in which a dual-energy study may come in: the same voxels at the same place, or a refusal that says why.

The analysis is a pure function of the voxels, their places and the two tubes: where these equal the plain study's,
the findings do. What the analysis itself makes of other energies and poses is in ``test_inputs_findings``.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from node.dicom.ct_writer import SYNTAXES
from node.dicom.pixels import AIR_HU, load_pair
from node.domain.pairing import Pairing, PairingOutcome, find_pair
from node.domain.reason import ReasonCode
from node.domain.volume import EnergyPair, Tube
from node.service.encode import origin_of
from node.service.folder import Folder, read_folder
from node.service.parameters import Parameters
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, HTJ2KLossless, HTJ2KLosslessRPCL, JPEG2000Lossless, JPEGLSLossless, RLELossless
from tests.fakes import variants
from tests.fakes.variants import HIGH, IDENTITY, LOW, SHAPE, Group, both, changed, halves, plain, series, volume

PAIRS = [
    (Tube(80.0), Tube(140.0)),
    (Tube(80.0), Tube(135.0)),
    (Tube(80.0), Tube(140.0, None)),
    (Tube(100.0), Tube(140.0, None)),
    (Tube(70.0), Tube(150.0, None)),
    (Tube(80.0), Tube(150.0, None)),
    (Tube(90.0), Tube(150.0, None)),
    (Tube(100.0), Tube(150.0, None)),
]
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


def empty_kvp(sequence: str) -> Group:
    """KVP is empty; the tube stands in CT X-Ray Details, at the top or inside the multi-energy acquisition."""

    def change(dataset: Dataset) -> None:
        details = Dataset()
        details.KVP, details.FilterType = dataset.KVP, dataset.FilterType
        dataset.KVP, dataset.SeriesDescription, dataset.MultienergyCTAcquisition = None, "Hand", "YES"
        del dataset.FilterType
        if "FilterMaterial" in dataset:
            del dataset.FilterMaterial
        outer = Dataset()
        outer.CTXRayDetailsSequence = Sequence([details])
        setattr(dataset, sequence, Sequence([outer if sequence.startswith("Multienergy") else details]))

    return changed(plain(), change)


# -- the same voxels, written in other ways ----------------------------------------------------------------------


def one_series(**by_energy: tuple[int, int]) -> Group:
    """Both energies under one Series Instance UID; optionally with an acquisition number for each."""
    study = plain()
    for energy, half in enumerate(halves(study)):
        for dataset in half:
            dataset.SeriesInstanceUID, dataset.SeriesNumber = IDENTITY.uid("series", "low"), 3
            dataset.SeriesDescription = "Hand DE"
            dataset.AcquisitionNumber = by_energy.get("acquisitions", (2, 2))[energy]
    return study


def twins(study: Group) -> Group:
    """Every other image again, under another SOP Instance UID."""
    return [*study, *(variants.renamed(d, "2") for d in study[::2])]


def second_acquisition(same_series: bool) -> Group:
    """The low energy acquired once more, brighter: with its own acquisition number."""
    again = changed(
        (variants.renamed(d, "9") for d in series(volume(0), replace(LOW, intercept=-1000))),
        lambda d: d.update({"AcquisitionNumber": 7}),
    )
    if not same_series:
        again = changed(again, lambda d: d.update({"SeriesInstanceUID": IDENTITY.uid("again"), "SeriesNumber": 8}))
    return plain() + again


def towards_the_feet() -> Group:
    """Positions that run against the order of files and numbers."""
    study = plain()
    for half in halves(study):
        for number, dataset in enumerate(reversed(half), start=1):
            dataset.InstanceNumber = number
    return study[::-1]


def high_throughput(syntax: UID) -> Group:
    """High-throughput JPEG 2000, for which pydicom has no encoder."""

    def compress(dataset: Dataset) -> None:
        stored = np.frombuffer(dataset.PixelData, np.uint16).reshape(dataset.Rows, dataset.Columns)
        dataset.PixelData = encapsulate([imagecodecs.htj2k_encode(stored, reversible=True)])
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = syntax

    return changed(plain(), compress)


SAME: dict[str, Callable[[], Group]] = {
    "plain": plain,
    "reversed": lambda: both(order="descending")[::-1],
    "reversed, numbers against positions": towards_the_feet,
    "shuffled": lambda: both(order="shuffled"),
    "doubled: the same instances sent twice": lambda: plain() + plain(),
    "doubled: the same images under other UIDs": lambda: twins(plain()),
    "overlapping slices": lambda: both(slice_thickness_mm=2.5),
    "different slope and intercept": lambda: plain(
        replace(LOW, slope=0.5, intercept=-1100, bits_stored=16), replace(HIGH, intercept=-8192, bits_stored=16)
    ),
    "signed": lambda: both(signed=True, bits_stored=16, intercept=0),
    "signed 12 bits": lambda: both(signed=True, bits_stored=12, intercept=1024),
    "signed and unsigned": lambda: plain(LOW, replace(HIGH, signed=True, bits_stored=16, intercept=0)),
    "unsigned 16 bits": lambda: both(bits_stored=16, intercept=-8192),
    **{f"syntax: {n}": lambda s=s: both(transfer_syntax=s) for n, s in SYNTAXES.items()},
    "syntax: htj2k": lambda: high_throughput(HTJ2KLossless),
    "syntax: htj2k rpcl": lambda: high_throughput(HTJ2KLosslessRPCL),
    "syntaxes of the energies differ": lambda: plain(LOW, replace(HIGH, transfer_syntax=JPEGLSLossless)),
    "multi-energy, KVP empty": lambda: empty_kvp("CTXRayDetailsSequence"),
    "multi-energy, KVP empty, details within": lambda: empty_kvp("MultienergyCTAcquisitionSequence"),
    "one Series Instance UID, different KVP": one_series,
    "one Series Instance UID, different acquisition number": lambda: one_series(acquisitions=(2, 3)),
    "two acquisitions of one energy": lambda: second_acquisition(same_series=False),
    "two acquisitions of one energy in one series": lambda: second_acquisition(same_series=True),
    "a mixed series, topogram and dose page beside": lambda: plain() + variants.beside(),
}


@pytest.mark.parametrize("name", SAME)
def test_same_voxels(tmp_path: Path, name: str) -> None:
    assert_plain(loaded(tmp_path, SAME[name]()))


@pytest.mark.parametrize("signed", [False, True])
def test_padding_is_air(tmp_path: Path, signed: bool) -> None:
    lowest = -32768 if signed else 0
    pair = loaded(tmp_path, both(signed=signed, bits_stored=16, intercept=0 if signed else -1024, padding=lowest))
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


FAR = {
    "turned": variants.affine(np.array([[0.9, -0.4359, 0], [0.4359, 0.9, 0], [0, 0, 1]])),
    "another spacing": variants.affine(spacing_mm=(1.0, 0.6, 0.6)),
    "another increment": variants.affine(spacing_mm=(1.3, 0.5, 0.5)),
    "another field": variants.affine(origin_mm=(-7.0, -10.0, 100.0)),
    "another range": variants.affine(origin_mm=(-9.0, -10.0, 103.4)),
}


@pytest.mark.parametrize("name", FAR)
def test_grids_too_different_are_refused(tmp_path: Path, name: str) -> None:
    _, pairing = read(tmp_path, series(volume(0), LOW) + series(volume(1, FAR[name]), HIGH))
    assert_refused(pairing, ReasonCode.MISALIGNED)


# -- refusals ----------------------------------------------------------------------------------------------------


def assert_refused(pairing: Pairing, code: ReasonCode, outcome: PairingOutcome = PairingOutcome.REFUSED) -> None:
    """No pair, and a sentence that says why."""
    assert pairing.pair is None
    assert pairing.outcome is outcome
    assert code in [r.code for r in pairing.reasons]
    assert all(len(r.sentence) > 20 for r in pairing.reasons)


def tilted() -> Group:
    """Both energies with the gantry tilted by 12 degrees: each plane is moved sideways against the one before."""
    matrix = variants.affine()
    matrix[1, 2] = np.tan(np.radians(12.0)) * matrix[2, 2]
    return series(volume(0, matrix), LOW) + series(volume(1, matrix), HIGH)


def uneven() -> Group:
    """The sixth plane of both energies is not where it should be."""
    study = plain()
    for half in halves(study):
        half[5].ImagePositionPatient[2] = float(half[5].ImagePositionPatient[2]) + 0.4
    return study


def doubled_otherwise() -> Group:
    """Two images of other content at one place."""
    study = plain()
    twin = variants.renamed(study[4], "3")
    twin.PixelData = bytes(len(twin.PixelData))
    return [*study, twin]


def one_energy_twice() -> Group:
    """Two acquisitions of the low energy, and nothing of the high one."""
    again = changed(
        (variants.renamed(d, "9") for d in series(volume(0), LOW)),
        lambda d: d.update({"AcquisitionNumber": 7, "SeriesInstanceUID": IDENTITY.uid("again"), "SeriesNumber": 8}),
    )
    return changed(series(volume(0), LOW) + again, lambda d: d.update({"SeriesDescription": "Hand"}))


def without(*numbers: int) -> Group:
    """The plain study without these of its images, counted over both energies."""
    return [d for n, d in enumerate(plain()) if n not in numbers]


REFUSED: dict[str, tuple[Callable[[], Group], ReasonCode, PairingOutcome]] = {
    "gantry tilt": (tilted, ReasonCode.GANTRY_TILT, PairingOutcome.REFUSED),
    "uneven slices": (uneven, ReasonCode.UNEVEN_SPACING, PairingOutcome.REFUSED),
    "doubled slices of other content": (doubled_otherwise, ReasonCode.DOUBLED_SLICES, PairingOutcome.REFUSED),
    "a slice missing of one energy": (lambda: without(5), ReasonCode.MISSING_SLICES, PairingOutcome.INCOMPLETE),
    "a slice missing of both": (lambda: without(5, 17), ReasonCode.MISSING_SLICES, PairingOutcome.INCOMPLETE),
    "the last slice missing": (lambda: without(23), ReasonCode.MISSING_SLICES, PairingOutcome.INCOMPLETE),
    "two acquisitions of one energy alone": (one_energy_twice, ReasonCode.ONE_ENERGY, PairingOutcome.REFUSED),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    study, code, outcome = REFUSED[name]
    _, pairing = read(tmp_path, study())
    assert_refused(pairing, code, outcome)


def test_the_order_of_arrival_does_not_change_the_results_uids(tmp_path: Path) -> None:
    """What the UIDs of the results are made from is the same for a study in any order."""
    found = [read(tmp_path / n, both(order=n))[1].pair for n in ("ascending", "shuffled")]
    first, second = (origin_of(p.instances, Parameters()).uid("report") for p in found if p is not None)
    assert first == second
