"""A header read in one pass tells what pydicom tells, or is left to pydicom."""

import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.dicom.reading import header
from node.dicom.reading.header import read_instance
from node.dicom.reading.quick_header import QUICK_BYTES, quick_header
from node.domain.errors import Refused
from node.domain.instance import Instance
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless
from tests.ct_builder import HIGH, LOW, but, datasets, enhanced, write

SMALL = but(LOW, shape=(3, 16, 16))


def by_pydicom(path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """The instance without the quick way."""
    with monkeypatch.context() as patch:
        patch.setattr(header, "quick_header", lambda data: None)
        return read_instance(path)


def nested(undefined: bool) -> Sequence:
    """Two levels of sequences, as scanners write them, of defined or undefined length."""
    inner, outer = Dataset(), Dataset()
    inner.KVP, inner.FilterType = "140", "SN"
    outer.CTXRayDetailsSequence = Sequence([inner])
    outer["CTXRayDetailsSequence"].is_undefined_length = undefined
    inner.is_undefined_length_sequence_item = outer.is_undefined_length_sequence_item = undefined
    return Sequence([outer, Dataset()])


def with_sequence(undefined: bool) -> Callable[[FileDataset], None]:
    def change(dataset: FileDataset) -> None:
        dataset.KVP = None
        dataset.MultienergyCTAcquisitionSequence = nested(undefined)
        dataset["MultienergyCTAcquisitionSequence"].is_undefined_length = undefined

    return change


def accents(character_set: str | list[str]) -> Callable[[FileDataset], None]:
    def change(dataset: FileDataset) -> None:
        dataset.SpecificCharacterSet = character_set
        dataset.SeriesDescription = "Hände DE A_80kV"

    return change


def private(dataset: FileDataset) -> None:
    block = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", b"\1\2" * 900)
    block.add_new(0x11, "LO", "X")


def numbers(dataset: FileDataset) -> None:
    dataset.MonoenergeticEnergyEquivalent = 65.0
    dataset.PixelPaddingValue, dataset.PixelPaddingRangeLimit = 0, 3
    dataset.ContrastBolusAgent = None


def keep(dataset: FileDataset) -> None:
    """As it is."""


CHANGES = {
    "plain": keep,
    "sequence": with_sequence(False),
    "undefined": with_sequence(True),
    "latin": accents("ISO_IR 100"),
    "unicode": accents("ISO_IR 192"),
    "extended": accents(["", "ISO 2022 IR 100"]),
    "private": private,
    "numbers": numbers,
}


@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_tells_what_pydicom_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[FileDataset], None], implicit: bool
) -> None:
    series = but(SMALL, syntax=ImplicitVRLittleEndian) if implicit else SMALL
    dataset = datasets(series)[0]
    change(dataset)
    (path,) = write(tmp_path, [dataset])
    assert quick_header(path.read_bytes()[:QUICK_BYTES]) is not None
    assert read_instance(path) == by_pydicom(path, monkeypatch)


def test_what_is_unusual_is_left_to_pydicom(tmp_path: Path) -> None:
    long = datasets(SMALL)[0]
    long.add_new(0x00091001, "OB", b"\0" * QUICK_BYTES)
    deflated = datasets(but(SMALL, syntax=DeflatedExplicitVRLittleEndian))[0]
    without_pixels = datasets(SMALL)[0]
    del without_pixels.PixelData
    for n, dataset in enumerate((long, deflated, without_pixels)):
        (path,) = write(tmp_path / str(n), [dataset])
        assert quick_header(path.read_bytes()[:QUICK_BYTES]) is None
    assert quick_header(b"") is None
    assert quick_header(b"\0" * 128 + b"DICM") is None


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A file of each encoding that the quick way takes."""
    folder = tmp_path_factory.mktemp("originals")
    found = [datasets(SMALL)[0], datasets(but(SMALL, syntax=ImplicitVRLittleEndian))[0], datasets(SMALL)[0]]
    found[2].compress(JPEGLSLossless, generate_instance_uid=False)
    found.append(enhanced([LOW, HIGH]))
    with_sequence(True)(found[0])
    return [write(folder / str(n), [d])[0].read_bytes() for n, d in enumerate(found)]


@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(which=st.integers(0, 3), chance=st.randoms(use_true_random=False), changes=st.integers(1, 4))
def test_of_a_damaged_header_too(
    originals: list[bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    which: int,
    chance: random.Random,
    changes: int,
) -> None:
    data = bytearray(originals[which])
    for _ in range(changes):
        at = chance.randrange(132, min(len(data), 2500))
        data[at] = chance.choice([0, 255, 92, 46, chance.randrange(256)])
    path = tmp_path / "damaged.dcm"
    path.write_bytes(data)
    with contextlib.suppress(Refused):
        expected = by_pydicom(path, monkeypatch)
        assert repr(read_instance(path)) == repr(expected)  # repr: NaN is not equal to itself
