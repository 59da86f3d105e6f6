"""A study from instances to files: results, negatives and refusals; the same bytes every time."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from node.analysis import pipeline
from node.domain.errors import Refused
from node.domain.findings import Analysis, Findings, Laterality, Outcome
from node.domain.progress import Progress
from node.domain.sctc_style import ScoreWeights
from node.domain.volume import EnergyPair
from node.service.journal.results import ResultObject
from node.service.study.analyse import FolderResult, analyse_folder
from node.service.study.encode import encode
from node.service.study.parameters import Parameters
from pydicom import dcmread
from pydicom.dataset import Dataset
from tests.fakes.analysis import FakeStudy, make_analysis, make_study

TWICE = """
import hashlib, sys
from pathlib import Path
from tests.fakes.analysis import make_study
from node.service.study.encode import encode
from node.service.study.parameters import Parameters
study = make_study(Path(sys.argv[1]))
for part in encode(study.analysis, study.source, study.pair, Parameters()):
    print(part.file_name, part.sop_instance_uid, hashlib.sha256(part.content).hexdigest())
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> FakeStudy:
    return make_study(tmp_path_factory.mktemp("study"))


def truth(pair: EnergyPair, progress: Progress | None) -> Analysis:
    return make_analysis(pair)


def run(folder: Path, out: Path, parameters: Parameters | None = None, **how: Any) -> FolderResult:
    return analyse_folder(folder, out, parameters or Parameters(), **({"analyse": truth} | how))


def dataset(parts: tuple[ResultObject, ...], role: str) -> Dataset:
    return dcmread(BytesIO(next(p.content for p in parts if p.role == role)))


def test_a_folder_gives_all_files(study: FakeStudy, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    (study.folder / "notes.txt").write_text("not DICOM")
    result = run(study.folder, tmp_path / "out", progress=lambda stage, share: told.append((stage, share)))
    assert result.result.outcome is Outcome.COMPLETE
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "seg.dcm",
        "sr.dcm",
        "overlay.dcm",
        "overlay.png",
        "findings.json",
    }
    assert [path.name for path, _ in result.skipped] == ["notes.txt"]
    assert {"read", "load", "encode"} <= {stage for stage, _ in told}
    document = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert document["input"]["low"]["kvp"] == 80.0
    assert document["input"]["low"]["instances"] == 40
    deposits = [d for hand in document["hands"] for d in hand["deposits"]]
    assert [d["number"] for d in deposits] == [d["segment_number"] for d in deposits] == [1, 2, 3, 4, 5]


def test_tracking_and_key_image_agree_between_the_files(study: FakeStudy) -> None:
    parts = encode(study.analysis, study.source, study.pair, Parameters())
    document = json.loads(next(p.content for p in parts if p.role == "findings"))
    seg = dataset(parts, "segmentation")
    listed = {d["segment_number"]: d["tracking_uid"] for hand in document["hands"] for d in hand["deposits"]}
    assert {s.SegmentNumber: s.TrackingUID for s in seg.SegmentSequence} == listed
    assert seg.SegmentSequence[0].SegmentLabel == "Calcium deposit 1, right digit 2 distal"
    referenced = {
        i.ReferencedSOPInstanceUID for s in seg.ReferencedSeriesSequence for i in s.ReferencedInstanceSequence
    }
    assert referenced == {i.sop_instance_uid for i in study.source.low.instances}
    first = document["hands"][0]["deposits"][0]
    key = study.source.low.instances[study.analysis.findings.hands[0].deposits[0].key_slice]
    assert first["key_sop_instance_uid"] == key.sop_instance_uid


def test_results_copy_the_patient_and_take_their_date_from_the_newest_image(study: FakeStudy) -> None:
    parts = encode(study.analysis, study.source, study.pair, Parameters(series_number_base=7001))
    for n, role in enumerate(("segmentation", "report", "overlay")):
        ds = dataset(parts, role)
        assert str(ds.PatientName) == "Müller^Zoë"
        assert (ds.PatientID, ds.AccessionNumber, ds.StudyInstanceUID) == ("FAKE-1", "A4711", "2.25.4711")
        assert (ds.ContentDate, ds.ContentTime) == ("20240229", "102039.500000")
        assert ds.SeriesNumber == 7001 + n
        assert ds.SeriesDescription.endswith("AI - not for primary diagnosis"), "ISO_IR 100 holds no en dash"
        assert "highdicom" not in ds.file_meta.ImplementationVersionName.lower()
    assert dataset(parts, "segmentation").FrameOfReferenceUID == "2.25.4711.9"
    assert dataset(parts, "overlay").BurnedInAnnotation == "YES"
    report = dataset(parts, "report")
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    assert report.PreliminaryFlag == "PRELIMINARY"


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    outputs = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed}
        outputs.append(
            subprocess.run(
                [sys.executable, "-c", TWICE, str(folder)],
                env=environment,
                cwd=Path(__file__).resolve().parents[3],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert outputs[0] == outputs[1]
    assert len(outputs[0].splitlines()) == 5


def test_changed_content_never_stands_under_an_old_uid(study: FakeStudy, tmp_path: Path) -> None:
    def uids(study: FakeStudy, analysis: Analysis, parameters: Parameters) -> set[str]:
        parts = encode(analysis, study.source, study.pair, parameters)
        return {p.sop_instance_uid for p in parts if p.sop_instance_uid}

    first = uids(study, study.analysis, Parameters())
    assert uids(study, study.analysis, Parameters()) == first
    right, left = study.analysis.findings.hands
    other = replace(study.analysis.findings, hands=(right, replace(left, limits=("Motion.",))))
    assert not first & uids(study, replace(study.analysis, findings=other), Parameters())
    assert not first & uids(study, study.analysis, Parameters(refusal_notice=True))
    assert not first & uids(study, study.analysis, Parameters(score_weights=ScoreWeights(distal=2.0)))
    renamed = make_study(tmp_path, patient_name="Meier^Zoë")
    assert not first & uids(renamed, renamed.analysis, Parameters())


def test_a_negative_study_is_reported_without_a_segmentation(tmp_path: Path) -> None:
    study = make_study(tmp_path, places=())
    parts = encode(study.analysis, study.source, study.pair, Parameters())
    assert [p.role for p in parts] == ["report", "overlay", "overlay_png", "findings"]
    text = str(dataset(parts, "report"))
    assert text.count("'Soft-tissue calcinosis'") == 2
    assert "'Absent'" in text


def test_a_partial_study_says_so(study: FakeStudy) -> None:
    right, _ = study.analysis.findings.hands
    reason = "The left hand is cut off by the field of view – it was not assessed."
    findings = Findings(Outcome.PARTIAL, (reason,), (replace(right, limits=("Motion of 1 mm.",), deposits=()),))
    segments = study.analysis.segments * 0
    parts = encode(
        replace(study.analysis, findings=findings, segments=segments), study.source, study.pair, Parameters()
    )
    report = dataset(parts, "report")
    assert report.CompletionFlag == "PARTIAL"
    assert "field of view - it was" in report.CompletionFlagDescription, "ISO_IR 100 holds no en dash"
    text = str(report)
    assert "Motion of 1 mm." in text
    assert "'Undetermined'" in text
    assert "'Not covered'" in text, "the hand that is not there is said to be not covered"


def test_an_uncertain_side_is_never_guessed(study: FakeStudy) -> None:
    hands = tuple(replace(hand, laterality=Laterality.UNCERTAIN) for hand in study.analysis.findings.hands)
    findings = replace(study.analysis.findings, hands=hands)
    parts = encode(replace(study.analysis, findings=findings), study.source, study.pair, Parameters())
    for role in ("segmentation", "report"):
        assert "'Right'" not in str(dataset(parts, role))
        assert "'Left'" not in str(dataset(parts, role))


def test_two_hands_that_are_alike_stay_two(study: FakeStudy) -> None:
    alike = replace(study.analysis.findings.hands[0], laterality=Laterality.UNCERTAIN, deposits=())
    findings = replace(study.analysis.findings, hands=(alike, alike))
    analysis = replace(study.analysis, findings=findings, segments=study.analysis.segments * 0)
    report = dataset(encode(analysis, study.source, study.pair, Parameters()), "report")
    groups = report.ContentSequence[-1].ContentSequence
    assert len({item.UID for group in groups for item in group.ContentSequence if item.ValueType == "UIDREF"}) == 2


def test_one_energy_is_refused_with_its_reason(study: FakeStudy, tmp_path: Path) -> None:
    lonely = tmp_path / "in"
    lonely.mkdir()
    for path in study.folder.glob("2.25.4711.1.*.dcm"):
        (lonely / path.name).write_bytes(path.read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    (out / "seg.dcm").write_text("of an earlier run")
    result = run(lonely, out)
    assert result.result.outcome is Outcome.REFUSED
    assert [path.name for path in out.iterdir()] == ["findings.json"], "no result of an earlier run is left behind"
    document = json.loads((out / "findings.json").read_text())
    assert document["outcome"] == "refused"
    assert document["reasons"] == list(result.result.reasons)
    assert document["hands"] == []
    with_notice = run(lonely, out, Parameters(refusal_notice=True))
    assert [p.role for p in with_notice.result.objects] == ["notice", "findings"]
    assert dataset(with_notice.result.objects, "notice").PatientID == "FAKE-1"


def test_a_refusal_of_the_analysis_is_a_result(study: FakeStudy, tmp_path: Path) -> None:
    def refuse(pair: EnergyPair, progress: Progress | None) -> Analysis:
        raise Refused("No hand was found.", hint="Send the hands.")

    result = run(study.folder, tmp_path, analyse=refuse)
    assert result.result.reasons == ("No hand was found. Send the hands.",)
    document = json.loads((tmp_path / "findings.json").read_text())
    assert document["input"]["low"]["kvp"] == 80.0


def test_the_weights_of_the_score_reach_the_analysis(
    study: FakeStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def analyse(pair: EnergyPair, progress: Progress | None, weights: ScoreWeights) -> Analysis:
        given.append(weights)
        return make_analysis(pair)

    monkeypatch.setattr(pipeline, "analyse", analyse)
    heavy = ScoreWeights(wrist=3.0)
    analyse_folder(study.folder, tmp_path, Parameters(score_weights=heavy))
    assert given == [heavy]


def test_two_studies_are_refused(study: FakeStudy, tmp_path: Path) -> None:
    for path in list(study.folder.glob("*.1.*.dcm"))[:2]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    other = dcmread(next(study.folder.glob("*.dcm")))
    other.StudyInstanceUID, other.SOPInstanceUID = "2.25.1", "2.25.2"
    other.file_meta.MediaStorageSOPInstanceUID = "2.25.2"
    other.save_as(tmp_path / "other.dcm")
    with pytest.raises(Refused, match="2 studies, one is expected"):
        run(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
