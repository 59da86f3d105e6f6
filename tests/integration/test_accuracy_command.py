"""``calcinode accuracy`` on a phantom: from files and from the suite's cache to the table and the JSON."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from node.analysis import pipeline
from node.cli.app import app
from node.domain.errors import Refused
from node.phantom import Grid, Hand, PhantomSpec, make
from node.phantom.presets import preset
from node.service.trial import phantom_cache
from node.service.trial.accuracy import Study, case_studies, load_case, score_study, table_of
from node.service.trial.phantom import write_study
from typer.testing import CliRunner

TINY = PhantomSpec(
    name="tiny",
    hands=(Hand(digits=(2,), forearm_mm=4.0, sesamoids=()),),
    grid=Grid(spacing_mm=(2.0, 1.6, 1.6), slice_thickness_mm=2.0, margin_mm=4.0),
)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALCINODE_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "small"
    write_study(preset("small"), folder)
    return folder


def test_a_case_is_scored_from_its_files(case: Path, tmp_path: Path) -> None:
    scores, table = tmp_path / "scores.json", tmp_path / "table.md"
    options = ["--out", str(scores), "--markdown", str(table), "--deposits"]
    done = CliRunner().invoke(app, ["accuracy", str(case.parent), *options])
    assert done.exit_code == 0, done.output
    (record,) = json.loads(scores.read_text())
    assert (record["group"], record["hands"], record["control"]) == ("cases", 1, False)
    assert record["sides"] in (["right"], ["uncertain"]), "a side may be left open, but never be wrong"
    assert record["false_deposits"] == []
    for deposit in record["deposits"]:
        assert deposit["overlap"]["found"]
        assert deposit["listed"]["volume_mm3"] == pytest.approx(deposit["true"]["volume_mm3"], rel=0.25)
    assert "Accuracy: cases" in done.output
    assert "| deposits found, ≥ 10 mm³ | ≥ 98 % | 100.0 % (34.2 to 100.0), n = 2 ✓ |" in table.read_text()


def test_a_case_is_scored_after_mixtures_of_changes_and_in_other_poses(case: Path, tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    options = ["--mixed", "2", "--posed", "1", "--out", str(scores)]
    done = CliRunner().invoke(app, ["accuracy", str(case.parent), *options])
    assert done.exit_code == 0, done.output
    records = json.loads(scores.read_text())
    assert [record["group"] for record in records] == ["cases", "mixed cases", "mixed cases", "posed cases"]
    assert [record["case"].split(", ")[1:] for record in records] == [[], ["mixture 1"], ["mixture 2"], ["pose 1"]]
    assert all("wrong" not in record["sides"] for record in records)


def test_the_parts_of_the_suite_have_a_column_of_their_own_and_one_together(case: Path) -> None:
    done = score_study(*case_studies(case))
    groups = ("cases", "plain", "plain", "hard", "controls")
    rows = table_of([replace(done, study=replace(done.study, group=group)) for group in groups])
    found = next(row for row in rows if row.name.startswith("deposits found"))
    one = found.figures["hard"].n
    assert {name: figure.n // one for name, figure in found.figures.items()} == {
        "cases": 1,
        "suite": 4,
        "plain": 2,
        "hard": 1,
        "controls": 1,
    }
    alone = table_of([replace(done, study=replace(done.study, group="hard"))])
    assert set(alone[0].figures) == {"hard"}, "one part alone is no suite"


def test_files_hold_what_was_made(case: Path) -> None:
    pair, truth = load_case(case)
    phantom = make(preset("small"))
    assert np.array_equal(pair.low.hu, phantom.pair.low.hu)
    assert np.array_equal(truth.labels, phantom.labels)
    assert np.allclose(truth.geometry.affine, pair.geometry.affine)


def test_phantoms_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(TINY)
    first, _ = phantom_cache.kept_phantom(TINY)
    monkeypatch.setattr(phantom_cache, "make", lambda _: pytest.fail("it was made again"))
    pair, truth = phantom_cache.kept_phantom(TINY)
    for kept in (first, pair):
        assert np.array_equal(kept.low.hu, made.pair.low.hu)
        assert np.array_equal(kept.high.hu, made.pair.high.hu)
        assert np.array_equal(kept.geometry.affine, made.pair.geometry.affine)
        assert (kept.low_tube, kept.high_tube) == (made.pair.low_tube, made.pair.high_tube)
    assert np.array_equal(truth.labels, made.labels)


def test_another_spec_is_another_phantom() -> None:
    first, _ = phantom_cache.kept_phantom(TINY)
    again, _ = phantom_cache.kept_phantom(replace(TINY, scan=1))
    assert not np.array_equal(first.low.hu, again.low.hu)


@pytest.mark.parametrize(("error", "said"), [(Refused("No hand."), "No hand."), (IndexError("7"), "fault: IndexError")])
def test_a_study_without_a_result_is_scored_as_nothing_found(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(_pair: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "analyse", fail)
    result = score_study(Study("plain", TINY)).score
    assert result.outcome == "refused"
    assert result.reasons[0].startswith(said)


def test_what_cannot_be_scored_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no case"):
        case_studies(tmp_path)
    assert CliRunner().invoke(app, ["accuracy", "--seeds", "one"]).exit_code == 2
    assert CliRunner().invoke(app, ["accuracy", "--seeds", "1", "--only", "nothing"]).exit_code == 2
    assert CliRunner().invoke(app, ["accuracy", "--mixed", "2"]).exit_code == 2, "of no cases"
    assert CliRunner().invoke(app, ["accuracy", "--posed", "2"]).exit_code == 2, "of no cases"


def test_a_file_that_cannot_be_written_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.service.trial.accuracy.score_all", lambda *_: pytest.fail("it began to score"))
    missing = tmp_path / "missing" / "scores.json"
    done = CliRunner().invoke(app, ["accuracy", "--seeds", "1", "--out", str(missing)])
    assert done.exit_code == 2
    assert "missing" in done.output


@pytest.mark.parametrize("command", ["phantom", "demo"])
def test_a_folder_that_cannot_be_made_is_told_before_the_work(command: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(app, [command, "--out", str(tmp_path / "file" / "folder")])
    assert done.exit_code == 2
    assert "no folder" in done.output
