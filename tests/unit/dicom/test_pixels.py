"""load_pair: exact HU out of every lossless encoding."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from node.dicom.reading.codecs import plugin_for
from node.dicom.reading.content import measured_inputs
from node.dicom.reading.decoding import same_content
from node.dicom.reading.header import read_instance
from node.dicom.reading.pixels import AIR_HU, load_pair
from node.domain.errors import Refused
from node.domain.pairing import find_pair
from node.domain.volume import EnergyPair
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from tests.ct_builder import HIGH, LOW, CtSeries, but, datasets, enhanced, hu_of, write

NATIVE = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
COMPRESSED = [JPEGLSLossless, JPEG2000Lossless, RLELossless, JPEGLossless, JPEGLosslessSV1]
SHAPE = (4, 40, 36)


def files(folder: Path, series: CtSeries, change: Callable[[FileDataset], None] | None = None) -> list[Path]:
    """Files of a series in its transfer syntax, compressed where that says so."""
    native = series.syntax in NATIVE
    found = datasets(series if native else but(series, syntax=ExplicitVRLittleEndian))
    for dataset in found:
        if change:
            change(dataset)
        if not native and series.syntax not in {JPEGLossless, JPEGLosslessSV1}:
            dataset.compress(series.syntax, generate_instance_uid=False)
    paths = write(folder, found)
    if series.syntax in {JPEGLossless, JPEGLosslessSV1}:
        for path in paths:
            to_jpeg_lossless(path, series.syntax)
    return paths


def to_jpeg_lossless(path: Path, syntax: str) -> None:
    """Compress a file in place by GDCM: pydicom has no encoder for JPEG Lossless."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    kind = gdcm.TransferSyntax.JPEGLosslessProcess14
    change.SetTransferSyntax(
        gdcm.TransferSyntax(kind if syntax == JPEGLossless else gdcm.TransferSyntax.JPEGLosslessProcess14_1)
    )
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()


def load(paths: list[Path]) -> EnergyPair:
    """Read, pair and load."""
    by_uid = {read_instance(p).sop_instance_uid: p for p in paths}
    pairing = find_pair(read_instance(p) for p in paths)
    assert pairing.pair is not None, pairing.reasons
    return load_pair(pairing.pair, by_uid.__getitem__)


@pytest.mark.parametrize("syntax", NATIVE + COMPRESSED, ids=lambda s: s.name)
@pytest.mark.parametrize(("signed", "bits"), [(False, 12), (False, 16), (True, 16), (True, 12)])
def test_every_lossless_syntax_gives_the_same_hu(tmp_path: Path, syntax: str, signed: bool, bits: int) -> None:
    low = but(LOW, shape=SHAPE, syntax=syntax, signed=signed, bits_stored=bits, intercept=0.0 if signed else -1024.0)
    high = but(HIGH, shape=SHAPE, syntax=syntax, signed=signed, bits_stored=bits, intercept=0.0 if signed else -1024.0)
    paths = files(tmp_path, low) + files(tmp_path, high)
    assert read_instance(paths[0]).transfer_syntax_uid == syntax
    pair = load(paths)
    np.testing.assert_array_equal(pair.low.hu, hu_of(low))
    np.testing.assert_array_equal(pair.high.hu, hu_of(high))


@pytest.mark.parametrize("syntax", COMPRESSED, ids=lambda s: s.name)
@pytest.mark.parametrize(("signed", "bits"), [(False, 12), (False, 16), (True, 16)])
def test_the_decoder_that_works_in_threads_is_the_one_used(
    tmp_path: Path, syntax: str, signed: bool, bits: int
) -> None:
    series = but(LOW, shape=SHAPE, syntax=syntax, signed=signed, bits_stored=bits, intercept=0.0 if signed else -1024.0)
    dataset = dcmread(files(tmp_path, series)[1])
    stored = pixel_array(dataset, raw=True, decoding_plugin=plugin_for(syntax))
    np.testing.assert_array_equal(stored.astype(int) + int(series.intercept), hu_of(series)[1])


def test_slope_and_intercept_are_each_series_own(tmp_path: Path) -> None:
    low, high = but(LOW, slope=0.5, intercept=-1024.0), but(HIGH, intercept=-8192.0, bits_stored=16)
    pair = load(files(tmp_path, low) + files(tmp_path, high))
    np.testing.assert_array_equal(pair.low.hu, hu_of(low))
    np.testing.assert_array_equal(pair.high.hu, hu_of(high))


def test_hu_beyond_int16_is_clipped(tmp_path: Path) -> None:
    """Extended CT scale and raw 16-bit values must not wrap round."""

    def extreme(dataset: FileDataset) -> None:
        dataset.PixelData = np.array([65535, 40000, 0] * 10, np.uint16).tobytes()

    pair = load([p for s in (LOW, HIGH) for p in files(tmp_path, but(s, bits_stored=16), extreme)])
    assert pair.low.hu[0, 0, :3].tolist() == [32767, 32767, -1024]


def test_frames_of_enhanced_ct_come_to_their_places(tmp_path: Path) -> None:
    pair = load(write(tmp_path, [enhanced([LOW, HIGH])]))
    np.testing.assert_array_equal(pair.low.hu, hu_of(LOW))
    np.testing.assert_array_equal(pair.high.hu, hu_of(HIGH))


@pytest.mark.parametrize(("limit", "padded"), [(None, [0]), (2, [0, 1, 2])])
def test_padding_is_air(tmp_path: Path, limit: int | None, padded: list[int]) -> None:
    def pad(dataset: FileDataset) -> None:
        dataset.PixelPaddingValue = 0
        if limit is not None:
            dataset.PixelPaddingRangeLimit = limit
        stored = np.full(30, 1100, np.uint16)
        stored[:4] = range(4)
        dataset.PixelData = stored.tobytes()

    pair = load(files(tmp_path, LOW, pad) + files(tmp_path, HIGH, pad))
    expected = [AIR_HU if value in padded else value - 1024 for value in range(4)]
    assert pair.low.hu[0, 0, :4].tolist() == expected
    assert pair.low.hu[0, 1, 0] == 76


@pytest.mark.parametrize("vr", ["SS", "US"])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_padding_of_signed_pixels_below_their_range(tmp_path: Path, syntax: str, vr: str) -> None:
    def pad(dataset: FileDataset) -> None:
        dataset.add_new("PixelPaddingValue", vr, -2000 if vr == "SS" else 65536 - 2000)
        stored = np.full(30, 76, np.int16)
        stored[0] = -2000
        dataset.PixelData = stored.tobytes()

    signed = [but(s, signed=True, bits_stored=16, intercept=0.0, syntax=syntax) for s in (LOW, HIGH)]
    pair = load([p for s in signed for p in files(tmp_path, s, pad)])
    assert pair.low.hu[0, 0, :2].tolist() == [AIR_HU, 76]


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless])
def test_frames_of_compressed_enhanced_ct(tmp_path: Path, syntax: str) -> None:
    low, high = (but(s, shape=(20, 16, 16)) for s in (LOW, HIGH))
    dataset = enhanced([low, high])
    if syntax == DeflatedExplicitVRLittleEndian:
        dataset.file_meta.TransferSyntaxUID = syntax
    else:
        dataset.compress(syntax, generate_instance_uid=False)
    (path,) = write(tmp_path, [dataset])
    pair = load([path])
    np.testing.assert_array_equal(pair.low.hu, hu_of(low))
    np.testing.assert_array_equal(pair.high.hu, hu_of(high))
    (native,) = write(tmp_path / "native", [enhanced([low, high])])
    assert same_content(path, native)


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, RLELossless])
def test_damaged_pixels_are_refused_by_file(tmp_path: Path, syntax: str) -> None:
    paths = files(tmp_path, but(LOW, shape=SHAPE, syntax=syntax)) + files(tmp_path, but(HIGH, shape=SHAPE))
    data = bytearray(paths[1].read_bytes())
    start = data.rindex(b"\xfe\xff\x00\xe0") + 8
    data[start : start + 80] = b"\xff" * 80
    paths[1].write_bytes(data)
    with pytest.raises(Refused, match=paths[1].name):
        load(paths)


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, *COMPRESSED], ids=lambda s: s.name)
def test_same_content_whatever_the_syntax(tmp_path: Path, syntax: str) -> None:
    plain = files(tmp_path / "a", but(LOW, shape=SHAPE))[0]
    other = files(tmp_path / "b", but(LOW, shape=SHAPE, syntax=syntax))[0]
    assert same_content(plain, other)
    shifted = but(LOW, shape=SHAPE, syntax=syntax, origin=(0.0, 0.0, 0.0))
    assert not same_content(plain, files(tmp_path / "c", shifted)[0])


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless, RLELossless], ids=lambda s: s.name)
def test_measured_inputs_do_not_depend_on_the_syntax(tmp_path: Path, syntax: str) -> None:
    def inputs(folder: Path, syntax: str) -> tuple[tuple[str, str], ...]:
        paths = [p for s in (LOW, HIGH) for p in files(folder, but(s, shape=SHAPE, syntax=syntax))]
        pair = find_pair(read_instance(p) for p in paths).pair
        assert pair is not None
        return measured_inputs(pair.low, load(paths).low)

    plain = inputs(tmp_path / "a", ExplicitVRLittleEndian)
    assert len(plain) == SHAPE[0]
    assert inputs(tmp_path / "b", syntax) == plain


def test_other_pixels_are_not_the_same_content(tmp_path: Path) -> None:
    def brighten(dataset: FileDataset) -> None:
        dataset.PixelData = dataset.PixelData[:-2] + b"\7\7"

    plain, other = files(tmp_path / "a", LOW)[0], files(tmp_path / "b", LOW, brighten)[0]
    assert not same_content(plain, other)
