"""The ways in which one dual-energy study may come in, each a study of the same voxels or a refusal."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import imagecodecs
import numpy as np
from node.dicom.synthetic.ct_writer import SYNTAXES
from node.domain.pairing import PairingOutcome
from node.domain.reason import ReasonCode
from node.domain.volume import Tube
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, HTJ2KLossless, HTJ2KLosslessRPCL, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless
from tests.fakes import variants
from tests.fakes.variants import HIGH, IDENTITY, LOW, Group, both, changed, halves, plain, series, volume

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


def multi_frame(*, legacy: bool = False, syntax: str = "") -> Group:
    """Both energies as one multi-frame instance each."""
    with tempfile.TemporaryDirectory() as folder:
        return variants.multi_frame(Path(folder), legacy=legacy, syntax=syntax)


def one_multi_frame() -> Group:
    """Both energies in one Enhanced CT instance: what differs stands at each frame, the high energy's frames first."""
    low, high = multi_frame()
    tubes = [d.SharedFunctionalGroupsSequence[0].CTXRayDetailsSequence for d in (low, high)]
    frames = []
    for dataset, tube in ((high, tubes[1]), (low, tubes[0])):
        for groups in dataset.PerFrameFunctionalGroupsSequence:
            groups.CTXRayDetailsSequence = tube
            frames.append(groups)
    del low.SharedFunctionalGroupsSequence[0].CTXRayDetailsSequence
    low.PerFrameFunctionalGroupsSequence, low.NumberOfFrames = Sequence(frames), len(frames)
    low.PixelData = high.PixelData + low.PixelData
    low.SeriesDescription = "Hand DE"
    return [low]


def in_two_parts() -> Group:
    """Each energy in two Enhanced CT instances; in the second ones the frames run backwards."""
    found = []
    for whole in multi_frame():
        half, pixels = whole.NumberOfFrames // 2, whole.Rows * whole.Columns * 2
        planes = [whole.PixelData[n * pixels : (n + 1) * pixels] for n in range(whole.NumberOfFrames)]
        frames = list(whole.PerFrameFunctionalGroupsSequence)
        for part, chosen in enumerate((range(half), reversed(range(half, len(frames))))):
            numbers = list(chosen)
            dataset = variants.renamed(whole, str(part + 1))
            dataset.PerFrameFunctionalGroupsSequence = Sequence([frames[n] for n in numbers])
            dataset.NumberOfFrames, dataset.PixelData = len(numbers), b"".join(planes[n] for n in numbers)
            dataset.InstanceNumber = part + 1
            found.append(dataset)
    return found


def untold_padding() -> Group:
    """Corners outside of the reconstruction circle at -3024 HU, as some scanners store them, without saying so."""

    def change(dataset: Dataset) -> None:
        stored = np.frombuffer(dataset.PixelData, np.int16).reshape(dataset.Rows, dataset.Columns).copy()
        rows, columns = (np.arange(n) - (n - 1) / 2 for n in stored.shape)
        stored[np.hypot(rows[:, None], columns[None, :]) > max(stored.shape) / 2] = -3024
        dataset.PixelData = stored.tobytes()

    return changed(both(signed=True, bits_stored=16, intercept=0), change)


def padded(*, signed: bool) -> Group:
    """The same corners at the lowest stored value, named as Pixel Padding Value."""
    lowest = -32768 if signed else 0
    return both(signed=signed, bits_stored=16, intercept=0 if signed else -1024, padding=lowest)


def process_14() -> Group:
    """JPEG Lossless of any selection value: that of the first is one of them."""
    study = both(transfer_syntax=JPEGLosslessSV1)
    return changed(study, lambda d: setattr(d.file_meta, "TransferSyntaxUID", JPEGLossless))


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
    "syntax: jpeg-lossless, process 14": process_14,
    "syntax: htj2k": lambda: high_throughput(HTJ2KLossless),
    "syntax: htj2k rpcl": lambda: high_throughput(HTJ2KLosslessRPCL),
    "syntaxes of the energies differ": lambda: plain(LOW, replace(HIGH, transfer_syntax=JPEGLSLossless)),
    "enhanced": multi_frame,
    "enhanced, JPEG-LS": lambda: multi_frame(syntax=JPEGLSLossless),
    "legacy converted": lambda: multi_frame(legacy=True),
    "both energies in one enhanced instance": one_multi_frame,
    "enhanced, each energy in two instances": in_two_parts,
    "multi-energy, KVP empty": lambda: empty_kvp("CTXRayDetailsSequence"),
    "multi-energy, KVP empty, details within": lambda: empty_kvp("MultienergyCTAcquisitionSequence"),
    "one Series Instance UID, different KVP": one_series,
    "one Series Instance UID, different acquisition number": lambda: one_series(acquisitions=(2, 3)),
    "two acquisitions of one energy": lambda: second_acquisition(same_series=False),
    "two acquisitions of one energy in one series": lambda: second_acquisition(same_series=True),
    "a mixed series, topogram and dose page beside": lambda: plain() + variants.beside(),
}


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


def told_apart_by_acquisition_alone(kvp: float | None) -> Group:
    """Both energies under one Series Instance UID and one KVP (or none): only their acquisition numbers differ."""
    told = {"KVP": kvp, "FilterType": "0", "FilterMaterial": "", "SeriesDescription": "Hand"}
    return changed(one_series(acquisitions=(2, 3)), lambda d: d.update(told))


def marked_without_voltage() -> Group:
    """One of the two series does not tell its tube voltage."""
    study = plain()
    changed(halves(study)[1], lambda d: d.update({"KVP": None, "SeriesDescription": "Hand"}))
    return study


FAR = {
    "turned": variants.affine(np.array([[0.9, -0.4359, 0], [0.4359, 0.9, 0], [0, 0, 1]])),
    "another spacing": variants.affine(spacing_mm=(1.0, 0.6, 0.6)),
    "another increment": variants.affine(spacing_mm=(1.3, 0.5, 0.5)),
    "another field": variants.affine(origin_mm=(-7.0, -10.0, 100.0)),
    "another range": variants.affine(origin_mm=(-9.0, -10.0, 103.4)),
}
"""Grids of the high energy that are too far from the low one's."""


def far(name: str) -> Group:
    return series(volume(0), LOW) + series(volume(1, FAR[name]), HIGH)


@dataclass(frozen=True)
class Refusal:
    """A study that is not measured. ``says``: what was found and expected, ``do``: what the reader is told to do."""

    study: Callable[[], Group]
    code: ReasonCode
    says: str
    do: str
    outcome: PairingOutcome = PairingOutcome.REFUSED


MISSING = (ReasonCode.MISSING_SLICES, "slice", "Send the series again", PairingOutcome.INCOMPLETE)
REFUSED: dict[str, Refusal] = {
    "gantry tilt": Refusal(tilted, ReasonCode.GANTRY_TILT, "stacked at 12.0° to their normal", "without tilt"),
    "uneven slices": Refusal(
        uneven, ReasonCode.UNEVEN_SPACING, "0.60 to 1.40 mm); one distance is expected", "constant increment"
    ),
    "doubled slices of other content": Refusal(
        doubled_otherwise, ReasonCode.DOUBLED_SLICES, "1 slice positions are taken twice", "a series of its own"
    ),
    "a slice missing of one energy": Refusal(lambda: without(5), *MISSING),
    "a slice missing of both": Refusal(lambda: without(5, 17), *MISSING),
    "the last slice missing": Refusal(lambda: without(23), *MISSING),
    "two acquisitions of one energy alone": Refusal(
        one_energy_twice, ReasonCode.ONE_ENERGY, "Only one energy is there (80 kV); two are needed", "Send both series"
    ),
    "one Series Instance UID and one KVP": Refusal(
        lambda: told_apart_by_acquisition_alone(80.0), ReasonCode.ONE_ENERGY, "(80 kV); two are needed", "Send both"
    ),
    "one Series Instance UID and no KVP": Refusal(
        lambda: told_apart_by_acquisition_alone(None),
        ReasonCode.ENERGY_UNKNOWN,
        "does not tell its tube voltage",
        "export settings",
    ),
    "no KVP of one energy": Refusal(
        marked_without_voltage, ReasonCode.ENERGY_UNKNOWN, "tube voltage", "export settings"
    ),
    **{
        f"grids too different: {n}": Refusal(
            lambda n=n: far(n), ReasonCode.MISALIGNED, "do not lie on one grid", "same field of view"
        )
        for n in FAR
    },
}
