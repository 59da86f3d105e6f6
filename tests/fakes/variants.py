"""One small dual-energy study written in every way that scanners and archives write it."""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from node.dicom.synthetic.ct_enhanced import write_enhanced
from node.dicom.synthetic.ct_extras import dose_page, topogram
from node.dicom.synthetic.ct_identity import StudyIdentity
from node.dicom.synthetic.ct_writer import SeriesStyle, series_datasets
from node.domain.volume import Geometry, Tube, Volume
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

SHAPE = (12, 40, 36)
SPACING_MM = (1.0, 0.5, 0.5)
IDENTITY = StudyIdentity(seed="inputs")
LOW = SeriesStyle("low", 3, "Hand DE 1.00 Qr40d A_80kV", Tube(80.0))
HIGH = SeriesStyle("high", 4, "Hand DE 1.00 Qr40d B_Sn140kV", Tube(140.0, None))

Group = list[Dataset]
"""The instances of a series, in the order of their slices."""


def affine(
    rotation: NDArray[np.float64] | None = None,
    origin_mm: tuple[float, float, float] = (-9.0, -10.0, 100.0),
    spacing_mm: tuple[float, float, float] = SPACING_MM,
) -> NDArray[np.float64]:
    """Index (x, y, z, 1) → LPS; the patient supine, head first, unless ``rotation`` turns the planes."""
    matrix = np.eye(4)
    turn = np.eye(3) if rotation is None else rotation
    matrix[:3, :3] = turn @ np.diag(spacing_mm[::-1])
    matrix[:3, 3] = origin_mm
    return matrix


def field(energy: int, place: Geometry) -> NDArray[np.int16]:
    """CT numbers, smooth in space: air around soft tissue with a bone and a deposit, brighter at the low energy."""
    z, y, x = np.indices(place.shape).astype(np.float64)
    mm = place.to_lps_mm(np.stack([z, y, x], axis=-1))
    centre = np.array([-0.3, -0.2, 105.5])
    body = 1.0 / (1.0 + np.exp((np.linalg.norm(mm[..., :2] - centre[:2], axis=-1) - 6.5) / 0.5))
    hu = -1000.0 + 1045.0 * body
    for shift, height in (((-2.5, 0.0, 0.0), 1100.0), ((3.0, 1.0, 1.0), 700.0)):
        distance = np.linalg.norm((mm - centre - shift) / (1.5, 1.5, 3.0), axis=-1)
        hu += height * (1.0 if energy == 0 else 0.5) * np.exp(-0.5 * distance**2)
    return np.rint(hu).astype(np.int16)


def volume(energy: int, matrix: NDArray[np.float64] | None = None, shape: tuple[int, int, int] = SHAPE) -> Volume:
    """The field at energy 0 (low) or 1 (high) on a grid."""
    at = affine() if matrix is None else matrix
    x_mm, y_mm = (float(np.linalg.norm(at[:3, k])) for k in range(2))
    normal = np.cross(at[:3, 0], at[:3, 1]) / (x_mm * y_mm)
    place = Geometry(shape, (float(abs(at[:3, 2] @ normal)), y_mm, x_mm), at)
    return Volume(field(energy, place), place)


def series(of: Volume, style: SeriesStyle, identity: StudyIdentity = IDENTITY) -> Group:
    """The instances of a series."""
    return list(series_datasets(of, identity, style))


def plain(low: SeriesStyle = LOW, high: SeriesStyle = HIGH, identity: StudyIdentity = IDENTITY) -> Group:
    """Both energies on one grid, one CT Image an instance."""
    return series(volume(0), low, identity) + series(volume(1), high, identity)


def both(**changes: object) -> Group:
    """The plain study with both series written in another style."""
    return plain(replace(LOW, **changes), replace(HIGH, **changes))  # type: ignore[arg-type]


def halves(study: Group) -> tuple[Group, Group]:
    """The instances of the low and of the high energy."""
    return study[: SHAPE[0]], study[SHAPE[0] :]


def changed(study: Iterable[Dataset], change: Callable[[Dataset], None]) -> Group:
    """Every instance after ``change``."""
    found = list(study)
    for dataset in found:
        change(dataset)
    return found


def renamed(dataset: Dataset, suffix: str) -> Dataset:
    """A copy under another SOP Instance UID."""
    twin = copy.deepcopy(dataset)
    twin.SOPInstanceUID = UID(f"{dataset.SOPInstanceUID[:50]}.{suffix}")
    twin.file_meta.MediaStorageSOPInstanceUID = twin.SOPInstanceUID
    return twin


def multi_frame(folder: Path, *, legacy: bool = False, syntax: str = "") -> Group:
    """Both energies as Enhanced or Legacy Converted Enhanced CT, compressed where a syntax is named."""
    found = []
    for of, style in ((volume(0), LOW), (volume(1), HIGH)):
        dataset = dcmread(write_enhanced(of, IDENTITY, style, folder, legacy=legacy))
        if syntax:
            dataset.compress(UID(syntax), generate_instance_uid=False)
        found.append(dataset)
    return found


def beside() -> Group:
    """What stands beside the energies: a mixed series at one of their voltages, topogram, dose page."""
    style = SeriesStyle(
        "mixed", 5, "Hand DE 1.00 Qr40d F_0.5", Tube(80.0), ("DERIVED", "SECONDARY", "AXIAL", "CT_SOM7 SPI DUAL")
    )
    mean = (volume(0).hu.astype(np.int32) + volume(1).hu) // 2
    mixed = Volume(mean.astype(np.int16), volume(0).geometry)
    return [*series(mixed, style), topogram(volume(0), IDENTITY), dose_page(IDENTITY, ("Dose",))]


def write(folder: Path, study: Sequence[Dataset]) -> Path:
    """One file an instance, numbered in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, dataset in enumerate(study):
        dataset.save_as(folder / f"{n:05d}.dcm", enforce_file_format=True)
    return folder


@dataclass(frozen=True)
class Turn:
    """A patient position and how it turns the planes' rows, columns and normal in patient coordinates."""

    position: str
    rotation: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


TURNS = (
    Turn("HFS", ((1, 0, 0), (0, 1, 0), (0, 0, 1))),
    Turn("HFP", ((-1, 0, 0), (0, -1, 0), (0, 0, 1))),
    Turn("FFS", ((-1, 0, 0), (0, 1, 0), (0, 0, -1))),
    Turn("FFP", ((1, 0, 0), (0, -1, 0), (0, 0, -1))),
    Turn("HFDL", ((0, -1, 0), (1, 0, 0), (0, 0, 1))),
    Turn("HFDR", ((0, 1, 0), (-1, 0, 0), (0, 0, 1))),
)
