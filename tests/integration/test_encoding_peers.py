"""What the encoding writes, judged by others: dciodvfy, dsrdump, dcmqi, highdicom and DCMTK agree with us."""

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from highdicom.legacy import LegacyConvertedEnhancedCTImage
from highdicom.sr import Comprehensive3DSR
from node.dicom.objects.codes import Concept
from node.domain.findings import Outcome
from node.service.study.analyse import analyse_folder
from node.service.study.encode import encode
from node.service.study.parameters import Parameters
from pydicom import dcmread, dcmwrite
from pydicom.sr.codedict import codes
from tests.fakes.analysis import OBLIQUE, PLACES, SHAPE, STRAIGHT, FakeStudy, make_analysis, make_study
from tests.peers import run

pytestmark = pytest.mark.peer
KNOWN_NOISE = re.compile(
    r"Unrecognized defined term <99(CALC)>"  # dciodvfy warns of every private scheme (docs/dicom.md section 3)
    r"|only permitted to be empty when actually unknown.*<Laterality>"  # a page of two hands has no side
)


@dataclass(frozen=True, eq=False)
class Written:
    """A study and the folder its files were written to."""

    study: FakeStudy
    folder: Path
    findings: dict[str, Any]

    @property
    def deposits(self) -> list[dict[str, Any]]:
        """The deposits of ``findings.json``."""
        return [deposit for hand in self.findings["hands"] for deposit in hand["deposits"]]


def written(folder: Path, **how: Any) -> Written:
    (folder / "in").mkdir()
    study = make_study(folder / "in", **how)
    for part in encode(study.analysis, study.source, study.pair, Parameters()):
        (folder / part.file_name).write_bytes(part.content)
    return Written(study, folder, json.loads((folder / "findings.json").read_text()))


@pytest.fixture(scope="module", params=[STRAIGHT, OBLIQUE], ids=["straight", "oblique"])
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(tmp_path_factory.mktemp("result"), orientation=request.param)


def complaints(path: Path) -> list[str]:
    """What dciodvfy says of a file besides its class and the known noise."""
    lines = run("dciodvfy", path).stdout.splitlines()
    return [line for line in lines if re.match(r"(Error|Warning)", line) and not KNOWN_NOISE.search(line)]


@pytest.mark.parametrize("name", ["seg.dcm", "sr.dcm", "overlay.dcm"])
def test_dciodvfy_has_no_complaint(result: Written, name: str) -> None:
    assert complaints(result.folder / name) == []


def test_a_negative_study_pleases_dciodvfy_too(tmp_path: Path) -> None:
    negative = written(tmp_path, places=())
    assert not (negative.folder / "seg.dcm").exists()
    assert complaints(negative.folder / "sr.dcm") == []
    dump = run("dsrdump", negative.folder / "sr.dcm").stdout
    assert dump.count('"Soft-tissue calcinosis")=(272519000,SCT,"Absent")') == 2
    assert dump.count('"Monosodium urate deposits")=(272519000,SCT,"Absent")') == 2


def test_dsrdump_reads_the_report(result: Written) -> None:
    done = run("dsrdump", result.folder / "sr.dcm")
    assert done.returncode == 0
    text = done.stdout
    assert "Comprehensive 3D SR Document" in text
    assert "PRELIMINARY" in text
    assert "UNVERIFIED" in text
    assert text.count('"Referenced Segment")') == len(PLACES)
    assert text.count("<contains SCOORD") == len(PLACES)
    totals = sum(row["volume_mm3"] > 0 for hand in result.findings["hands"] for row in sums(hand))
    assert text.count('"Volume")') == len(PLACES) + totals, "each deposit once, and the sums of hands and parts"
    assert text.count('"SCTC-style score (not the validated score)")="') == 1, "of the hand that has one"
    assert text.count('"SCTC-style score (not the validated score), in words")=') == 4, "of both, and of two regions"


def sums(hand: dict[str, Any]) -> list[dict[str, Any]]:
    return [hand["totals"], *hand["digit_totals"], *hand["region_totals"]]


def to_nrrd(seg: Path, folder: Path) -> CompletedProcess[str]:
    return run("segimage2itkimage", "--inputDICOM", seg, "--outputDirectory", folder, "--outputType", "nrrd")


def nrrd_volumes(folder: Path) -> dict[int, float]:
    """Volume in mm³ of each segment that dcmqi wrote: one file a segment, its label in the metadata."""
    volumes = {}
    meta = json.loads((folder / "meta.json").read_text())
    for n, attributes in enumerate(meta["segmentAttributes"], 1):
        header, data = (folder / f"{n}.nrrd").read_bytes().split(b"\n\n", 1)
        fields = dict(line.split(": ", 1) for line in header.decode().splitlines() if ": " in line)
        vectors = re.findall(r"\(([^)]*)\)", fields["space directions"])
        directions = np.array([[float(v) for v in vector.split(",")] for vector in vectors])
        kind = {"short": np.int16, "unsigned short": np.uint16, "unsigned char": np.uint8}[fields["type"]]
        pixels = np.frombuffer(gzip.decompress(data) if fields["encoding"] == "gzip" else data, kind)
        for attribute in attributes:
            label = attribute["labelID"]
            volumes[label] = float((pixels == label).sum() * abs(np.linalg.det(directions)))
    return volumes


def test_dcmqi_counts_the_volumes_that_the_report_states(result: Written, tmp_path: Path) -> None:
    done = to_nrrd(result.folder / "seg.dcm", tmp_path)
    assert done.returncode == 0, done.stdout
    counted = nrrd_volumes(tmp_path)
    listed = {d["segment_number"]: d["volume_mm3"] for d in result.deposits}
    assert counted.keys() == listed.keys()
    for number, volume in listed.items():
        assert counted[number] == pytest.approx(volume, rel=1e-4)


def test_dcmqi_reads_the_measurements(result: Written, tmp_path: Path) -> None:
    metadata = tmp_path / "sr.json"
    done = run("tid1500reader", "--inputDICOM", result.folder / "sr.dcm", "--outputMetadata", metadata)
    assert done.returncode == 0, done.stdout
    groups = [g for g in json.loads(metadata.read_text())["Measurements"] if "ReferencedSegment" in g]
    volumes = {}
    for group in groups:
        values = [i["value"] for i in group["measurementItems"] if i["quantity"]["CodeValue"] == "118565006"]
        assert len(values) == 1
        volumes[group["TrackingUniqueIdentifier"]] = float(values[0])
    assert volumes == {d["tracking_uid"]: d["volume_mm3"] for d in result.deposits}


def test_highdicom_reads_back_the_same_measurements(result: Written) -> None:
    document = hd.sr.srread(result.folder / "sr.dcm")
    assert isinstance(document, Comprehensive3DSR)
    groups = document.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == len(result.deposits)
    for group, deposit in zip(groups, result.deposits, strict=True):
        assert group.tracking_uid == deposit["tracking_uid"]
        assert group.referenced_segment.referenced_segment_numbers == [deposit["segment_number"]]

        def value(name: Concept, *modifiers: Concept, group: Any = group) -> float | None:
            found = [
                m.value
                for m in group.get_measurements(name=name.code)
                if {c.code for c in modifiers} <= {m.method, m.derivation}
            ]
            return found[0] if found else None

        assert value(Concept.VOLUME) == deposit["volume_mm3"]
        assert value(Concept.CALCIUM_MASS) == deposit["mass_mg"]
        assert value(Concept.ATTENUATION, Concept.MEAN, Concept.LOW_ENERGY) == deposit["mean_low_hu"]
        assert value(Concept.ATTENUATION, Concept.MEAN, Concept.HIGH_ENERGY) == deposit["mean_high_hu"]
        assert value(Concept.ATTENUATION, Concept.STANDARD_DEVIATION) == deposit["sd_low_hu"]
        assert value(Concept.ATTENUATION, Concept.MAXIMUM) == deposit["max_low_hu"]
        assert value(Concept.RATIO) == deposit["ratio"]
        assert value(Concept.LONG_AXIS) == deposit["long_axis_mm"]
        assert value(Concept.SHORT_AXIS) == deposit["short_axis_mm"]
        assert value(Concept.CERTAINTY) == pytest.approx(100 * deposit["confidence"])


def test_each_deposit_has_an_outline_on_its_key_image_and_is_counted_once(result: Written) -> None:
    document = hd.sr.srread(result.folder / "sr.dcm")
    outlines = document.content.get_planar_roi_measurement_groups()
    assert [g.tracking_uid for g in outlines] == [d["tracking_uid"] for d in result.deposits]
    for group, deposit in zip(outlines, result.deposits, strict=True):
        assert group.get_measurements() == []
        region = group.roi
        source = region.ContentSequence[0].ReferencedSOPSequence[0]
        assert source.ReferencedSOPInstanceUID == deposit["key_sop_instance_uid"]
        polygon = region.value
        uids = [i.sop_instance_uid for i in result.study.source.low.instances]
        z = uids.index(source.ReferencedSOPInstanceUID)
        centre = (polygon.min(axis=0) + polygon.max(axis=0)) / 2 - 0.5
        lps = result.study.pair.geometry.to_lps_mm(np.array([[z, centre[1], centre[0]]]))[0]
        assert np.linalg.norm(lps - deposit["centroid_lps_mm"]) < 1.5


def test_the_hands_have_totals_and_explicit_negatives(result: Written) -> None:
    document = hd.sr.srread(result.folder / "sr.dcm")
    groups = [
        g
        for g in document.content.get_image_measurement_groups()
        if g.get_measurements(name=Concept.NUMBER_OF_LESIONS.code)
    ]
    assert len(groups) == 2
    for group, hand in zip(groups, result.findings["hands"], strict=True):
        volume = group.get_measurements(name=codes.SCT.Volume)[0]
        assert volume.derivation == codes.SCT.Total
        assert volume.value == hand["totals"]["volume_mm3"]
        assert group.get_measurements(name=Concept.NUMBER_OF_LESIONS.code)[0].value == hand["totals"]["count"]
        answers = {e.name.value: e.value.meaning for e in group.get_qualitative_evaluations()}
        assert answers["MSU"] == ("Present" if hand["laterality"] == "R" else "Absent")
        assert answers["CALCINOSIS"] == "Present"
        states = [answers[f"ACROLYSIS{d['digit']}"].lower() for d in hand["digits"]]
        assert states == [d["acro_osteolysis"] for d in hand["digits"]]


def test_whatever_is_tracked_has_coordinates(result: Written) -> None:
    """OHIF 3.13 joins groups by tracking UID and stops at the first that has no coordinates."""
    document = dcmread(result.folder / "sr.dcm")
    measurements = next(i for i in document.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "126010")
    coordinates: dict[str, int] = {}
    for group in measurements.ContentSequence:
        uid = next(i.UID for i in group.ContentSequence if i.ValueType == "UIDREF")
        inferred = [i for n in group.ContentSequence for i in n.get("ContentSequence", []) if n.ValueType == "NUM"]
        found = [i for i in [*group.ContentSequence, *inferred] if i.ValueType == "SCOORD"]
        coordinates[uid] = coordinates.get(uid, 0) + len(found)
    assert list(coordinates.values()) == [1] * (len(PLACES) + 2)


def test_the_segmentation_lies_on_the_source_grid(result: Written) -> None:
    seg = hd.seg.segread(result.folder / "seg.dcm")
    segments = result.study.analysis.segments
    uids = [i.sop_instance_uid for i in result.study.source.low.instances]
    pixels = seg.get_pixels_by_source_instance(uids, combine_segments=True, ignore_spatial_locations=False)
    np.testing.assert_array_equal(pixels, segments)


def test_dcmtk_stores_all_of_it(result: Written, start_storescp: Any) -> None:
    peer = start_storescp()
    files = [result.folder / name for name in ("seg.dcm", "sr.dcm", "overlay.dcm")]
    for path in files:
        done = run("storescu", "-R", "-xe", "localhost", str(peer.port), path)
        assert done.returncode == 0, done.stdout


def test_a_multi_frame_source_gets_the_same_segments(tmp_path: Path) -> None:
    """The same study as Legacy Converted Enhanced CT, one instance an energy, frames stored backwards."""
    plain, folder, out = tmp_path / "plain", tmp_path / "enhanced", tmp_path / "out"
    for path in (plain, folder, out):
        path.mkdir()
    study = make_study(plain)
    for energy in (1, 2):
        images = [dcmread(study.locate(f"2.25.4711.{energy}.{k}")) for k in range(SHAPE[0], 0, -1)]
        enhanced = LegacyConvertedEnhancedCTImage(images, f"2.25.4712.{energy}", energy, f"2.25.4713.{energy}", 1)
        dcmwrite(folder / f"{energy}.dcm", enhanced, enforce_file_format=True)
    analysed = analyse_folder(folder, out, Parameters(), analyse=lambda pair, _: make_analysis(pair))
    assert analysed.result.outcome is Outcome.COMPLETE, analysed.result.reasons
    assert complaints(out / "seg.dcm") == []
    assert complaints(out / "sr.dcm") == []
    done = to_nrrd(out / "seg.dcm", tmp_path)
    assert done.returncode == 0, done.stdout
    expected = {d.number: d.volume_mm3 for d in study.analysis.findings.deposits}
    assert nrrd_volumes(tmp_path) == pytest.approx(expected, rel=1e-4)
    seg = hd.seg.segread(out / "seg.dcm")
    frames = list(range(1, SHAPE[0] + 1))
    pixels = seg.get_pixels_by_source_frame(
        "2.25.4713.1", frames, combine_segments=True, assert_missing_frames_are_empty=True
    )
    places = dcmread(folder / "1.dcm").PerFrameFunctionalGroupsSequence
    heights = [float(place.PlanePositionSequence[0].ImagePositionPatient[2]) for place in places]
    np.testing.assert_array_equal(pixels[np.argsort(heights)], study.analysis.segments)
