"""A made-up study with a made-up analysis for the tests of the encoding: two hands, deposits of all materials."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from node.dicom.objects.source import Source, read_source
from node.domain.anatomy import BONE_CODES
from node.domain.confidence import Confidence
from node.domain.findings import (
    AcroOsteolysis,
    Analysis,
    Deposit,
    Digit,
    Findings,
    Hand,
    Laterality,
    Level,
    Material,
    Outcome,
    Region,
    RegionScore,
    SctcStyleScore,
)
from node.domain.instance import Frame, Instance
from node.domain.series import Stack, stacks
from node.domain.volume import EnergyPair, Geometry, Tube, Volume
from numpy.typing import NDArray
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

SHAPE = (40, 64, 96)
SPACING_MM = (1.0, 0.8, 0.8)
ROOT = "2.25.4711"
CT = "1.2.840.10008.5.1.4.1.1.2"
OBLIQUE = (-0.97589745, 0.21822962, 0.0, -0.21734639, -0.97194773, -0.089878549)
STRAIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, eq=False)
class FakeStudy:
    """Files on disk, their headers, both volumes and the analysis."""

    folder: Path
    source: Source
    pair: EnergyPair
    analysis: Analysis

    def locate(self, sop_instance_uid: str) -> Path:
        return self.folder / f"{sop_instance_uid}.dcm"


def _grid(orientation: tuple[float, ...]) -> Geometry:
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * SPACING_MM[2], column * SPACING_MM[1]
    affine[:3, 2] = np.cross(row, column) * SPACING_MM[0]
    affine[:3, 3] = (10.25, -20.5, 300.125)
    return Geometry(SHAPE, SPACING_MM, affine)


def _ball(centre: tuple[float, float, float], radius_mm: float) -> NDArray[np.bool_]:
    z, y, x = np.indices(SHAPE)
    square = sum(((a - c) * s) ** 2 for a, c, s in zip((z, y, x), centre, SPACING_MM, strict=True))
    return np.asarray(square <= radius_mm**2)


def _bones() -> NDArray[np.uint16]:
    """Five rods a hand, along z, each of metacarpal, proximal and distal phalanx."""
    bones = np.zeros(SHAPE, np.uint16)
    for hand, left_edge in enumerate((4, 52)):
        for digit in range(1, 6):
            x = left_edge + 8 * (digit - 1) + 8
            for name, start, stop in (("MC", 2, 15), ("PP", 16, 27), ("DP", 28, 36)):
                bones[start:stop, 28:33, x - 2 : x + 3] = 100 * hand + BONE_CODES[f"{name}{digit}"]
    return bones


@dataclass(frozen=True)
class _Place:
    centre: tuple[float, float, float]
    radius_mm: float
    hand: int
    material: Material
    digit: int | None
    region: Region | None
    level: Level | None
    review: bool = False


PLACES = (
    _Place((32.0, 40.0, 20.0), 4.0, 0, Material.CALCIUM, 2, Region.DIGIT, Level.DISTAL),
    _Place((20.0, 38.0, 36.0), 2.5, 0, Material.CALCIUM, 4, Region.DIGIT, Level.PROXIMAL),
    _Place((8.0, 40.0, 28.0), 3.0, 0, Material.URATE, 3, Region.HAND, Level.METACARPAL),
    _Place((33.0, 36.0, 60.0), 1.2, 1, Material.CALCIUM, 1, Region.DIGIT, Level.DISTAL),
    _Place((3.0, 34.0, 76.0), 1.5, 1, Material.INDETERMINATE, None, Region.WRIST, Level.CARPAL, review=True),
)


def _deposit(number: int, place: _Place, mask: NDArray[np.bool_], pair: EnergyPair) -> Deposit:
    low, high = pair.low.hu[mask].astype(float), pair.high.hu[mask].astype(float)
    index = np.argwhere(mask).astype(float)
    x, y, z = pair.geometry.to_lps_mm(index.mean(0, keepdims=True))[0]
    return Deposit(
        number=number,
        centroid_lps_mm=(float(x), float(y), float(z)),
        volume_mm3=float(mask.sum()) * pair.geometry.voxel_mm3,
        mass_mg=None if place.material is Material.URATE else float(mask.sum()) * 0.21,
        material=place.material,
        region=place.region,
        digit=place.digit,
        level=place.level,
        compartment="fingertip pad, palmar" if place.level is Level.DISTAL else None,
        touches_bone=place.hand == 1,
        mean_low_hu=float(low.mean()),
        mean_high_hu=float(high.mean()),
        sd_low_hu=float(low.std()),
        max_low_hu=float(low.max()),
        ratio=float(low.mean() / high.mean()),
        long_axis_mm=2 * place.radius_mm,
        short_axis_mm=1.9 * place.radius_mm,
        distance_to_skin_mm=3.25,
        distance_to_bone_mm=1.5,
        bones=(f"DP{place.digit}",) if place.level is Level.DISTAL else ("capitate", "MC3"),
        touches=() if place.hand == 0 else (f"DP{place.digit}",) if place.digit else ("capitate", "carpus"),
        key_slice=int(np.argmax(mask.sum((1, 2)))),
        shape="stone",
        confidence_parts=Confidence(0.99, 0.8 if place.hand == 1 else 1.0, 0.95, 0.9614),
        review=place.review,
    )


def _digits(osteolysis_of: int) -> tuple[Digit, ...]:
    state = {osteolysis_of: AcroOsteolysis.PRESENT, 5: AcroOsteolysis.UNDETERMINED}
    return tuple(Digit(d, 17.25 + d if d != 5 else None, state.get(d, AcroOsteolysis.ABSENT)) for d in range(1, 6))


def _score(places: tuple[_Place, ...]) -> SctcStyleScore:
    """That of the first hand; the second has none, as a hand whose digits are not sure."""
    scored = [p for p in places if p.hand == 0 and p.material is Material.CALCIUM and p.region and p.level]
    return SctcStyleScore(
        tuple(
            RegionScore(p.region, p.digit, p.level, 412.0, 12.34567, 1.75, 1.0) for p in scored if p.region and p.level
        )
    )


def make_analysis(pair: EnergyPair, places: tuple[_Place, ...] = PLACES) -> Analysis:
    """The analysis that belongs to the made-up volumes; ``places=()`` for a study without deposits."""
    segments = np.zeros(SHAPE, np.uint16)
    deposits: dict[int, list[Deposit]] = {0: [], 1: []}
    for number, place in enumerate(places, 1):
        mask = _ball(place.centre, place.radius_mm)
        segments[mask] = number
        deposits[place.hand].append(_deposit(number, place, mask, pair))
    hands = (
        Hand(Laterality.RIGHT, (), _digits(2), tuple(deposits[0]), _score(places)),
        Hand(Laterality.LEFT, (), _digits(1), tuple(deposits[1])),
    )
    return Analysis(Findings(Outcome.COMPLETE, (), hands), segments, _bones())


def _volume(energy: int, geometry: Geometry, places: tuple[_Place, ...]) -> Volume:
    generator = np.random.default_rng(energy)
    hu = np.full(SHAPE, -1000.0)
    hu[:, 22:46, 4:92] = 50.0
    hu += generator.normal(0.0, 12.0, SHAPE)
    hu[_bones() > 0] = (1400.0, 800.0)[energy]
    for place in places:
        height = (300.0, 280.0) if place.material is Material.URATE else (900.0, 450.0)
        hu[_ball(place.centre, place.radius_mm)] = height[energy]
    return Volume(np.clip(np.rint(hu), -1024, 3071).astype(np.int16), geometry)


def _dataset(k: int, energy: int, volume: Volume, orientation: tuple[float, ...], patient_name: str) -> Dataset:
    ds = Dataset()
    uid = f"{ROOT}.{energy + 1}.{k + 1}"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = CT, uid
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID, ds.SOPInstanceUID = CT, uid
    ds.StudyDate = ds.AcquisitionDate = ds.ContentDate = "20240229"
    ds.StudyTime, ds.AcquisitionTime, ds.ContentTime = "101500", f"1020{k:02d}.5", "102100"
    ds.AccessionNumber, ds.Modality, ds.Manufacturer = "A4711", "CT", "MADE UP"
    ds.ReferringPhysicianName, ds.StudyID, ds.SeriesNumber = "Doe^Jo", "1", energy + 3
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = patient_name, "FAKE-1", "19500101", "F"
    ds.SliceThickness, ds.KVP = SPACING_MM[0], (80, 140)[energy]
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = ROOT, f"{ROOT}.{energy + 1}", f"{ROOT}.9"
    ds.InstanceNumber = k + 1
    position = volume.geometry.to_lps_mm(np.array([[k, 0.0, 0.0]]))[0]
    ds.ImagePositionPatient = [f"{value:.9g}" for value in position]
    ds.ImageOrientationPatient = list(orientation)
    ds.PositionReferenceIndicator = ""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns, ds.PixelSpacing = SHAPE[1], SHAPE[2], list(SPACING_MM[1:])
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "HU"
    ds.PixelData = volume.hu[k].tobytes()
    return ds


def _instance(ds: Dataset, tube: Tube) -> Instance:
    position, orientation = map(float, ds.ImagePositionPatient), map(float, ds.ImageOrientationPatient)
    x, y, z = position
    a, b, c, d, e, f = orientation
    frame = Frame(1, (x, y, z), (a, b, c, d, e, f), (SPACING_MM[1], SPACING_MM[2]), tube)
    return Instance(
        sop_instance_uid=ds.SOPInstanceUID,
        sop_class_uid=ds.SOPClassUID,
        transfer_syntax_uid=ds.file_meta.TransferSyntaxUID,
        study_instance_uid=ds.StudyInstanceUID,
        series_instance_uid=ds.SeriesInstanceUID,
        content_digest=f"digest of {ds.SOPInstanceUID}",
        frame_of_reference_uid=ds.FrameOfReferenceUID,
        patient_id=ds.PatientID,
        modality="CT",
        rows=ds.Rows,
        columns=ds.Columns,
        frames=(frame,),
    )


def make_study(
    folder: Path,
    *,
    places: tuple[_Place, ...] = PLACES,
    orientation: tuple[float, ...] = STRAIGHT,
    patient_name: str = "Müller^Zoë",
) -> FakeStudy:
    """Write both energies (40 slices of 64 × 96 each) into ``folder`` and analyse them by knowing the truth."""
    geometry = _grid(orientation)
    tubes = (Tube(kvp=80.0), Tube(kvp=140.0, tin_mm=None))
    volumes = [_volume(energy, geometry, places) for energy in (0, 1)]
    found: list[Stack] = []
    for energy, volume in enumerate(volumes):
        instances = []
        for k in range(SHAPE[0]):
            ds = _dataset(k, energy, volume, orientation, patient_name)
            dcmwrite(folder / f"{ds.SOPInstanceUID}.dcm", ds, enforce_file_format=True)
            instances.append(_instance(ds, tubes[energy]))
        found += stacks(instances)
    pair = EnergyPair(volumes[0], volumes[1], *tubes)
    source = read_source(found[0], found[1], pair, lambda uid: folder / f"{uid}.dcm")
    return FakeStudy(folder, source, pair, make_analysis(pair, places))


def with_findings(study: FakeStudy, findings: Findings) -> FakeStudy:
    """The same study with other findings."""
    return replace(study, analysis=replace(study.analysis, findings=findings))
