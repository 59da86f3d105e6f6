"""find_pair: which series are measured, and the reason for every one that is not."""

from pathlib import Path

import pytest
from node.dicom.reading.header import read_instance
from node.domain.instance import Instance
from node.domain.pairing import Pairing, PairingOutcome, find_pair
from node.domain.reason import ReasonCode
from tests.ct_builder import (
    HIGH,
    LOW,
    SECONDARY_CAPTURE_CLASS,
    CtSeries,
    but,
    common,
    datasets,
    enhanced,
    read,
    write,
)


def codes(pairing: Pairing) -> set[ReasonCode]:
    """Codes of the reasons."""
    return {r.code for r in pairing.reasons}


def numbers(pairing: Pairing) -> tuple[int | None, int | None]:
    """Series numbers of the low and the high energy."""
    assert pairing.pair is not None, pairing.reasons
    return pairing.pair.low.head.series_number, pairing.pair.high.head.series_number


def assert_not_paired(pairing: Pairing, outcome: PairingOutcome, code: ReasonCode) -> None:
    """No pair, this outcome, this code among the reasons, and a sentence for a person."""
    assert pairing.pair is None
    assert pairing.outcome is outcome
    assert code in codes(pairing)
    assert all(r.sentence.endswith(".") for r in pairing.reasons)


def test_two_tube_voltages_are_a_pair(tmp_path: Path) -> None:
    pairing = find_pair(read(tmp_path, LOW, HIGH))
    assert pairing.outcome is PairingOutcome.PAIRED
    assert numbers(pairing) == (3, 4)
    assert [v.reason.code for v in pairing.verdicts] == [ReasonCode.CHOSEN_LOW, ReasonCode.CHOSEN_HIGH]


def test_the_rest_of_the_study_is_left_alone_with_its_reason(tmp_path: Path) -> None:
    mixed = CtSeries(kvp=80, number=5, description="Hand F_0.5", image_type=("DERIVED", "PRIMARY", "AXIAL", "DE_MIXED"))
    topogram = CtSeries(kvp=120, number=1, shape=(1, 6, 5), image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    reformat = CtSeries(kvp=80, number=6, image_type=("DERIVED", "SECONDARY", "MPR"))
    iodine = but(LOW, number=7, description="DE Iodine map", image_type=("DERIVED", "PRIMARY", "AXIAL", "MAT_SPECIFIC"))
    instances = read(tmp_path, LOW, HIGH, mixed, topogram, reformat, iodine)
    instances += _of(tmp_path, CtSeries(number=501), SECONDARY_CAPTURE_CLASS)
    pairing = find_pair(instances)
    assert numbers(pairing) == (3, 4)
    assert [(v.series_number, v.reason.code) for v in pairing.verdicts] == [
        (1, ReasonCode.TOPOGRAM),
        (3, ReasonCode.CHOSEN_LOW),
        (4, ReasonCode.CHOSEN_HIGH),
        (5, ReasonCode.MIXED),
        (6, ReasonCode.REFORMAT),
        (7, ReasonCode.MAP),
        (501, ReasonCode.NOT_CT),
    ]


def _of(folder: Path, series: CtSeries, sop_class: str) -> list[Instance]:
    """One instance without pixels."""
    return [read_instance(p) for p in write(folder, [common(series, sop_class)])]


def test_both_energies_in_one_series(tmp_path: Path) -> None:
    pairing = find_pair(read(tmp_path, but(LOW, series="one"), but(HIGH, series="one")))
    assert pairing.pair is not None
    assert pairing.pair.low.series_instance_uid == pairing.pair.high.series_instance_uid
    assert (pairing.pair.low.tube.kvp, pairing.pair.high.tube.kvp) == (80, 140)


def test_both_energies_in_one_enhanced_instance(tmp_path: Path) -> None:
    (path,) = write(tmp_path, [enhanced([LOW, HIGH])])
    pair = find_pair([read_instance(path)]).pair
    assert pair is not None
    assert [f.number for f in pair.low.frames] == list(range(15, 0, -2))
    assert [f.number for f in pair.high.frames] == list(range(16, 0, -2))


def test_an_unmarked_mixed_series_is_not_guessed(tmp_path: Path) -> None:
    plain = but(LOW, description="Hand 1.0"), but(HIGH, description="Hand 1.0 Sn")
    pairing = find_pair(read(tmp_path, *plain, CtSeries(kvp=80, number=9, description="Hand 1.0")))
    assert_not_paired(pairing, PairingOutcome.REFUSED, ReasonCode.AMBIGUOUS)


def test_of_two_acquisitions_the_one_with_both_energies_is_taken(tmp_path: Path) -> None:
    first = but(LOW, number=2, acquisition_number=1)
    assert numbers(find_pair(read(tmp_path, first, LOW, HIGH))) == (3, 4)


def test_two_acquisitions_of_one_energy_are_refused(tmp_path: Path) -> None:
    plain = but(LOW, description="Hand"), but(LOW, number=6, acquisition_number=3, description="Hand")
    assert_not_paired(find_pair(read(tmp_path, *plain)), PairingOutcome.REFUSED, ReasonCode.ONE_ENERGY)


def test_thin_slices_are_preferred_to_thick_ones(tmp_path: Path) -> None:
    thick = but(LOW, number=1, step_mm=3.0), but(HIGH, number=2, step_mm=3.0)
    assert numbers(find_pair(read(tmp_path, *thick, LOW, HIGH))) == (3, 4)


REFUSED: list[tuple[str, list[CtSeries], ReasonCode]] = [
    ("one energy", [but(LOW, description="Hand nativ")], ReasonCode.ONE_ENERGY),
    ("contrast", [LOW, but(HIGH, extra={"ContrastBolusAgent": "Ultravist"})], ReasonCode.CONTRAST_AGENT),
    ("lossy", [but(LOW, extra={"LossyImageCompression": "01"}), HIGH], ReasonCode.LOSSY),
    ("not HU", [LOW, but(HIGH, extra={"RescaleType": "MGML"})], ReasonCode.NOT_HU),
    ("kernel", [LOW, but(HIGH, extra={"ConvolutionKernel": "Br60d"})], ReasonCode.KERNEL),
    ("frame of reference", [LOW, but(HIGH, frame_of_reference="other")], ReasonCode.FRAME_OF_REFERENCE),
    ("field of view", [LOW, but(HIGH, pixel_spacing=(0.6, 0.6))], ReasonCode.MISALIGNED),
    ("sideways", [LOW, but(HIGH, origin=(-11.0, 20.0, 30.0))], ReasonCode.MISALIGNED),
    ("along", [LOW, but(HIGH, origin=(-10.0, 20.0, 31.4))], ReasonCode.MISALIGNED),
    ("oblique", [LOW, but(HIGH, orientation=(1.0, 0.0, 0.0, 0.0, 0.8, 0.6))], ReasonCode.MISALIGNED),
    ("tilted gantry", [but(s, step=(0.0, 0.2, 1.0)) for s in (LOW, HIGH)], ReasonCode.GANTRY_TILT),
    ("unknown energies", [but(LOW, kvp=None, description="Hand"), but(HIGH, kvp="", description="")],
     ReasonCode.ENERGY_UNKNOWN),
    ("unknown energy", [LOW, but(HIGH, kvp="", description="Hand")], ReasonCode.ENERGY_UNKNOWN),
    ("tin in the low beam",
     [but(LOW, extra={"FilterType": "SN"}), but(HIGH, description="", extra={"FilterType": "0"})],
     ReasonCode.ENERGIES_NOT_ORDERED),
    ("too close", [but(LOW, kvp=120, description=""), HIGH], ReasonCode.ENERGIES_TOO_CLOSE),
    ("two patients", [LOW, but(HIGH, patient_id="P2")], ReasonCode.TWO_PATIENTS),
    ("two studies", [LOW, but(HIGH, study="another")], ReasonCode.TWO_STUDIES),
    ("monoenergetic", [but(LOW, kvp=None, description="MonoE 40keV"), but(HIGH, kvp=None, description="MonoE 70keV")],
     ReasonCode.MONOENERGETIC_NOT_ENABLED),
]  # fmt: skip


@pytest.mark.parametrize(("series", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(tmp_path: Path, series: list[CtSeries], code: ReasonCode) -> None:
    assert_not_paired(find_pair(read(tmp_path, *series)), PairingOutcome.REFUSED, code)


@pytest.mark.parametrize("missing", [0, 4, 7])
def test_a_missing_slice_is_incomplete(tmp_path: Path, missing: int) -> None:
    paths = write(tmp_path, datasets(LOW))
    paths += [p for k, p in enumerate(write(tmp_path, datasets(HIGH))) if k != missing]
    pairing = find_pair(read_instance(p) for p in paths)
    assert_not_paired(pairing, PairingOutcome.INCOMPLETE, ReasonCode.MISSING_SLICES)
    (reason,) = pairing.reasons
    assert "Series 4" in reason.sentence
    assert "lacks 1 slice that" in reason.sentence or "1 of 8 slices missing" in reason.sentence


def test_the_same_slice_missing_of_both_energies_is_incomplete(tmp_path: Path) -> None:
    paths = [p for s in (LOW, HIGH) for k, p in enumerate(write(tmp_path, datasets(s))) if k != 3]
    pairing = find_pair(read_instance(p) for p in paths)
    assert_not_paired(pairing, PairingOutcome.INCOMPLETE, ReasonCode.MISSING_SLICES)


def test_half_of_a_marked_dual_energy_study_is_incomplete(tmp_path: Path) -> None:
    assert_not_paired(find_pair(read(tmp_path, LOW)), PairingOutcome.INCOMPLETE, ReasonCode.ENERGY_MISSING)


def test_an_energy_of_which_little_has_arrived_is_waited_for(tmp_path: Path) -> None:
    plain = but(LOW, description="Hand"), but(HIGH, description="Hand", shape=(2, 6, 5))
    assert_not_paired(find_pair(read(tmp_path, *plain)), PairingOutcome.INCOMPLETE, ReasonCode.ENERGY_MISSING)


def test_uneven_spacing_is_refused(tmp_path: Path) -> None:
    groups = [datasets(LOW), datasets(HIGH)]
    for group in groups:
        group[5].ImagePositionPatient = [-10.0, 20.0, 35.4]
    pairing = find_pair(read_instance(p) for g in groups for p in write(tmp_path, g))
    assert_not_paired(pairing, PairingOutcome.REFUSED, ReasonCode.UNEVEN_SPACING)


def test_doubled_slices_with_other_content_are_refused(tmp_path: Path) -> None:
    doubles = but(LOW, series="double")
    other = but(LOW, series="double", number=13)
    pairing = find_pair(read(tmp_path, doubles, other, HIGH))
    assert_not_paired(pairing, PairingOutcome.REFUSED, ReasonCode.DOUBLED_SLICES)


def test_monoenergetic_pair_where_configured(tmp_path: Path) -> None:
    pair = (
        but(LOW, kvp=None, description="MonoE 40keV"),
        but(HIGH, kvp=None, description="MonoE 70keV", extra={"FilterType": ""}),
    )
    pairing = find_pair(read(tmp_path, *pair), allow_monoenergetic=True)
    assert numbers(pairing) == (3, 4)
    assert pairing.pair is not None
    assert pairing.pair.low.tube.kev == 40


def test_tube_voltages_are_preferred_to_monoenergetic_series(tmp_path: Path) -> None:
    mono = (
        but(LOW, number=7, kvp=None, description="MonoE 40keV"),
        but(HIGH, number=8, kvp=None, description="MonoE 70keV"),
    )
    assert numbers(find_pair(read(tmp_path, *mono, LOW, HIGH), allow_monoenergetic=True)) == (3, 4)


def test_a_second_acquisition_beside_is_named_not_mixed_in(tmp_path: Path) -> None:
    """Left and right hand one after the other: each pair by itself is sound, and none is dropped in silence."""
    second = [but(s, number=s.number + 10, acquisition_number=5, origin=(90.0, 20.0, 30.0)) for s in (LOW, HIGH)]
    pairing = find_pair(read(tmp_path, *second, LOW, HIGH))
    assert numbers(pairing) == (3, 4)
    others = [v for v in pairing.verdicts if v.reason.code is ReasonCode.OTHER_PAIR]
    assert [v.series_number for v in others] == [13, 14]
    assert all("study of their own" in v.reason.hint for v in others)


@pytest.mark.parametrize("mark", ["Hand DE 0.75 M_0.6", "DE F_0.5", "DE_MIXED", "Hand DE average", "DE blend 50%"])
def test_marks_of_mixed_series(tmp_path: Path, mark: str) -> None:
    mixed = CtSeries(kvp=80, number=5, description=mark)
    pairing = find_pair(read(tmp_path, LOW, HIGH, mixed))
    assert numbers(pairing) == (3, 4)
    assert pairing.verdicts[2].reason.code is ReasonCode.MIXED


@pytest.mark.parametrize(
    "mark",
    ["Iodine no Water[mg/ml]", "Z Effective[Z]", "DE_VNC", "Electron Density[%EDW]", "CaSupp 50"],
)
def test_marks_of_maps(tmp_path: Path, mark: str) -> None:
    pairing = find_pair(read(tmp_path, LOW, HIGH, CtSeries(kvp=80, number=5, description=mark)))
    assert pairing.verdicts[2].reason.code is ReasonCode.MAP


@pytest.mark.parametrize("mark", ["Hand F1 0.5", "DE 0.50 Qr40 A_80kV", "MC2 0.5", "Fuss 0.6 Br44f", "Digit 5 f 0.6"])
def test_what_looks_like_a_mark_but_is_none(tmp_path: Path, mark: str) -> None:
    assert numbers(find_pair(read(tmp_path, but(LOW, description=mark), HIGH))) == (3, 4)


def test_a_phantom_of_ours_is_measured(tmp_path: Path) -> None:
    ours = [but(s, extra={"Manufacturer": "Calcinode", "ManufacturerModelName": "Calcinode"}) for s in (LOW, HIGH)]
    assert numbers(find_pair(read(tmp_path, *ours))) == (3, 4)


def test_nothing_for_us_is_ignored(tmp_path: Path) -> None:
    topogram = CtSeries(kvp=120, number=1, shape=(1, 6, 5), image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))
    pairing = find_pair(read(tmp_path, topogram))
    assert_not_paired(pairing, PairingOutcome.IGNORED, ReasonCode.NOT_DUAL_ENERGY)
    assert find_pair([]).outcome is PairingOutcome.IGNORED


def test_one_stray_slice_of_another_patient_is_told(tmp_path: Path) -> None:
    groups = [datasets(LOW), datasets(HIGH)]
    groups[0][4].PatientID = "P2"
    pairing = find_pair(read_instance(p) for g in groups for p in write(tmp_path, g))
    assert_not_paired(pairing, PairingOutcome.REFUSED, ReasonCode.TWO_PATIENTS)


def test_a_single_slice_is_ignored_but_waited_for_where_marked_as_dual_energy(tmp_path: Path) -> None:
    tracking = but(LOW, description="PreMonitoring", shape=(1, 6, 5))
    assert_not_paired(find_pair(read(tmp_path, tracking)), PairingOutcome.IGNORED, ReasonCode.TOO_FEW_SLICES)
    begun = but(LOW, shape=(1, 6, 5))
    assert_not_paired(find_pair(read(tmp_path, begun)), PairingOutcome.INCOMPLETE, ReasonCode.MISSING_SLICES)


def test_our_own_objects_are_recognised(tmp_path: Path) -> None:
    dataset = common(CtSeries(number=5001), SECONDARY_CAPTURE_CLASS)
    dataset.ManufacturerModelName = "Calcinode"
    pairing = find_pair(read_instance(p) for p in write(tmp_path, [dataset]))
    assert pairing.outcome is PairingOutcome.IGNORED
    assert pairing.verdicts[0].reason.code is ReasonCode.OWN_OBJECT
