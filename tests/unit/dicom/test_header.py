"""read_instance: what it takes from headers, and what it refuses."""

from pathlib import Path

import pytest
from node.dicom.reading.contrast import is_lossy
from node.dicom.reading.header import read_instance
from node.domain.errors import Refused
from node.domain.instance import Instance
from node.domain.volume import Tube
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from tests.ct_builder import HIGH, LOW, CtSeries, but, datasets, enhanced, write


def first(folder: Path, series: CtSeries) -> Instance:
    """The first slice of a series, read from its file."""
    return read_instance(write(folder, datasets(series)[:1])[0])


def test_plain_ct(tmp_path: Path) -> None:
    instance = first(tmp_path, but(HIGH, intercept=-8192.0, bits_stored=16))
    (frame,) = instance.frames
    assert frame.position_mm == (-10.0, 20.0, 30.0)
    assert frame.orientation == (1, 0, 0, 0, 1, 0)
    assert (frame.rescale_slope, frame.rescale_intercept) == (1.0, -8192.0)
    assert frame.tube == Tube(140.0, None)
    assert frame.acquisition_number == 2
    assert (instance.rows, instance.columns, instance.convolution_kernel) == (6, 5, "Qr40d\\3")
    assert instance.acquisition_datetime == "20240501101500"
    assert not instance.lossy
    assert not instance.contrast_agent


TUBES: list[tuple[CtSeries, Tube]] = [
    (LOW, Tube(80.0)),
    (but(HIGH, extra={"FilterType": ["WEDGE", "SN"]}), Tube(140.0, None)),
    (but(HIGH, description="", extra={"FilterType": "FLAT", "FilterMaterial": "TIN"}), Tube(140.0, None)),
    (
        but(
            HIGH,
            extra={"FilterMaterial": "TIN", "FilterThicknessMinimum": 0.4, "FilterThicknessMaximum": 0.4},
        ),
        Tube(140.0, 0.4),
    ),
    (CtSeries(kvp=150, description="Hand Sn150kV"), Tube(150.0, None)),
    (CtSeries(kvp=150, description="DE Sn 150 kV 1.0"), Tube(150.0, None)),
    (CtSeries(kvp=140, description="Snapshot 140 kV"), Tube(140.0)),
    (CtSeries(kvp=None, description="MonoE 40keV[HU]"), Tube(None, kev=40.0)),
    (CtSeries(kvp=120, extra={"MonoenergeticEnergyEquivalent": 50.0}), Tube(None, kev=50.0)),
    (CtSeries(kvp=None, description="Hand"), Tube(None)),
]


@pytest.mark.parametrize(("series", "tube"), TUBES, ids=lambda v: str(v) if isinstance(v, Tube) else "")
def test_tube(tmp_path: Path, series: CtSeries, tube: Tube) -> None:
    assert first(tmp_path, series).frames[0].tube == tube


@pytest.mark.parametrize(("voltages", "kvp"), [((90,), 90.0), ((80, 140), None)])
def test_empty_kvp_is_looked_up_in_the_x_ray_details(
    tmp_path: Path, voltages: tuple[int, ...], kvp: float | None
) -> None:
    details = []
    for voltage in voltages:
        item = Dataset()
        item.KVP = voltage
        details.append(item)
    extra = {"MultienergyCTAcquisition": "YES", "CTXRayDetailsSequence": Sequence(details)}
    instance = first(tmp_path, CtSeries(kvp="", extra=extra))
    assert instance.multi_energy
    assert instance.frames[0].tube.kvp == kvp


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"])
def test_multi_frame_has_a_tube_and_a_place_for_each_frame(tmp_path: Path, sop_class: str) -> None:
    dataset = enhanced([LOW, but(HIGH, intercept=-8192.0)], sop_class)
    instance = read_instance(write(tmp_path, [dataset])[0])
    assert [f.number for f in instance.frames] == list(range(1, 17))
    assert [str(f.tube) for f in instance.frames] == ["80 kV", "Sn140 kV"] * 8
    assert {f.rescale_intercept for f in instance.frames[1::2]} == {-8192.0}
    assert instance.frames[0].position_mm == tuple(LOW.position(7))
    assert instance.image_type == ("ORIGINAL", "PRIMARY", "AXIAL")


@pytest.mark.parametrize(
    ("extra", "agent"),
    [
        ({"ContrastBolusAgent": "Ultravist 370"}, "Ultravist 370"),
        ({"ContrastBolusAgent": ""}, ""),
        ({"ContrastBolusAgent": "NONE"}, ""),
    ],
)
def test_contrast_agent(tmp_path: Path, extra: dict[str, str], agent: str) -> None:
    assert first(tmp_path, but(LOW, extra=extra)).contrast_agent == agent


def test_contrast_agent_of_enhanced_ct(tmp_path: Path) -> None:
    dataset = enhanced([LOW])
    usage = Dataset()
    usage.ContrastBolusAgentNumber, usage.ContrastBolusAgentAdministered = 1, "YES"
    dataset.SharedFunctionalGroupsSequence[0].ContrastBolusUsageSequence = Sequence([usage])
    assert read_instance(write(tmp_path, [dataset])[0]).contrast_agent == "contrast agent"


def test_retired_and_missing_transfer_syntaxes_are_refused(tmp_path: Path) -> None:
    dataset = datasets(LOW)[0]
    path = write(tmp_path, [dataset])[0]
    data = path.read_bytes()
    path.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0", 1))
    with pytest.raises(Refused, match="Big Endian"):
        read_instance(path)
    path.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", b" " * 20, 1))
    with pytest.raises(Refused, match="transfer syntax"):
        read_instance(path)


def test_lossy_is_told_by_the_header(tmp_path: Path) -> None:
    assert first(tmp_path, but(LOW, extra={"LossyImageCompression": "01"})).lossy


@pytest.mark.parametrize(
    ("syntax", "stated", "lossy"),
    [
        (JPEGLSNearLossless, "00", True),
        (JPEG2000, "00", False),
        (JPEG2000, None, True),
        (JPEG2000Lossless, None, False),
    ],
)
def test_where_the_syntax_leaves_it_open_the_header_decides(syntax: str, stated: str | None, lossy: bool) -> None:
    assert is_lossy({"LossyImageCompression": stated}.get, syntax) is lossy


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_digest_is_of_the_content_not_of_its_encoding(tmp_path: Path, syntax: str) -> None:
    explicit = first(tmp_path / "a", LOW)
    other = first(tmp_path / "b", but(LOW, syntax=syntax))
    assert other.transfer_syntax_uid == syntax
    assert other.content_digest == explicit.content_digest


def test_corrected_demographics_are_the_same_content(tmp_path: Path) -> None:
    corrected = but(LOW, patient_id="P2", extra={"PatientName": "Right^Name", "AccessionNumber": "7"})
    assert first(tmp_path / "a", LOW).content_digest == first(tmp_path / "b", corrected).content_digest


@pytest.mark.parametrize("extra", [{"KVP": "100"}, {"RescaleIntercept": "-1000"}, {"PixelData": b"\1" * 60}])
def test_other_content_has_another_digest(tmp_path: Path, extra: dict[str, object]) -> None:
    assert first(tmp_path / "a", LOW).content_digest != first(tmp_path / "b", but(LOW, extra=extra)).content_digest


def test_not_dicom_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear colleague, " * 40)
    with pytest.raises(Refused, match=r"letter\.txt is not a DICOM file"):
        read_instance(path)


@pytest.mark.parametrize(
    "syntax", [None, DeflatedExplicitVRLittleEndian, JPEGLSLossless, RLELossless, JPEG2000Lossless]
)
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, syntax: str | None) -> None:
    dataset = datasets(but(LOW, shape=(1, 40, 36)))[0]
    if syntax == DeflatedExplicitVRLittleEndian:
        dataset.file_meta.TransferSyntaxUID = syntax
    elif syntax:
        dataset.compress(syntax)
    (path,) = write(tmp_path, [dataset])
    whole = path.read_bytes()
    read_instance(path)
    for length in range(0, len(whole) - 1, 97 if syntax is None else 31):
        path.write_bytes(whole[:length])
        with pytest.raises(Refused):
            read_instance(path)


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID"])
def test_missing_uid_is_refused_by_name(tmp_path: Path, keyword: str) -> None:
    dataset = datasets(LOW)[0]
    path = write(tmp_path, [dataset])[0]
    delattr(dataset, keyword)
    dataset.save_as(path)
    with pytest.raises(Refused, match=keyword):
        read_instance(path)


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_a_uid_that_is_a_path_is_refused(tmp_path: Path) -> None:
    dataset = datasets(LOW)[0]
    path = write(tmp_path, [dataset])[0]
    dataset["StudyInstanceUID"]._value = "../../etc"
    dataset.save_as(path)
    with pytest.raises(Refused, match="is not a UID"):
        read_instance(path)
