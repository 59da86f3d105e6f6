"""What the commands say and which code they exit with where something is not as it should be."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from node.cli.app import app, main
from tests.fakes import process
from tests.fakes.ct import CtSlice, contact, pair_of_series
from tests.fakes.house import House
from tests.peers import free_port
from typer.testing import CliRunner

STUDY = "1.2.3"
Answer = tuple[int, str]
Run = Callable[..., Answer]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, and all that was printed on one line."""

    def command(*arguments: str | Path) -> Answer:
        monkeypatch.setattr("sys.argv", ["calcinode", *map(str, arguments)])
        try:
            code = main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, re.sub(r"[\s│]+", " ", said.out + said.err)

    return command


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("CALCINODE_NODE__DATA_FOLDER", str(tmp_path))
    house = House(tmp_path)
    yield house
    house.database.close()


def write(folder: Path, text: str) -> Path:
    path = folder / "calcinode.toml"
    path.write_text(text)
    return path


def pacs(port: int = 104, name: str = "pacs", ae_title: str = "PACS") -> str:
    head = f'[peers.{name}]\nae_title = "{ae_title}"\nhost = "127.0.0.1"\nport = {port}\n'
    return head + 'roles = ["sender", "destination"]\n'


def test_analyse_of_an_archive_says_to_unpack_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "EXPORT.ZIP").write_bytes(b"PK")
    for place in (tmp_path, tmp_path / "EXPORT.ZIP"):
        code, said = run("analyse", place, "--out", tmp_path / "out")
        assert (code, "EXPORT.ZIP is an archive: unpack it first." in said) == (3, True)


def test_analyse_of_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    code, said = run("analyse", tmp_path / "nope", "--out", tmp_path / "out")
    assert (code, f"{tmp_path / 'nope'} does not exist." in said) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_images(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("analyse", tmp_path / "empty", "--out", tmp_path / "out")[0] == 3
    (tmp_path / "empty" / "letter.txt").write_text("Dear colleague")
    code, said = run("send", "PACS@127.0.0.1:1", tmp_path / "empty")
    assert code == 3
    assert "letter.txt is not a DICOM file" in said
    assert "energies" not in said


def test_send_of_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    assert run("send", "PACS@127.0.0.1:1", tmp_path / "nope")[0] == 2


def test_results_that_cannot_be_written_are_told_before_the_work(run: Run, tmp_path: Path) -> None:
    study, taken = tmp_path / "study", tmp_path / "taken"
    study.mkdir()
    for image in pair_of_series(STUDY):
        (study / f"{image.uid}.dcm").write_bytes(image.encoded())
    taken.write_text("a file")
    for out in (taken, taken / "below"):
        code, said = run("analyse", study, "--out", out)
        assert code == 2
        assert f"Cannot write to {out}: " in said
        assert "hint: Name a folder that this account may write to" in said
        assert "fault of Calcinode" not in said


def test_why_of_what_never_came(run: Run, house: House) -> None:
    for number in range(5):
        house.receiver.peer_rejected(contact(calling=f"STRANGER{number}"), f"Unknown AE title 'STRANGER{number}'.")
        house.clock.advance(1)
    code, said = run("why", "9.9")
    assert code == 3
    assert "Nothing of study 9.9 has been stored." in said
    assert "rejected lately, which may or may not have been about this study:" in said
    assert re.findall(r"title '(\w+)'", said) == ["STRANGER4", "STRANGER3", "STRANGER2"]
    assert run("why", "9.9", "--json")[0] == 3
    assert run("why", "77")[0] == 3


@pytest.mark.parametrize("named", ["abc", "1.2.x", "1" * 40, "1..2"])
def test_what_is_neither_a_study_nor_a_job(run: Run, house: House, named: str) -> None:
    for command in ("why", "retry", "resend"):
        code, said = run(command, named)
        assert code == 2
        assert "a Study Instance UID (digits and dots) or the number of a job is expected" in said


def test_nothing_to_retry_or_to_resend(run: Run, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ("--config", write(house.folder, pacs()))
    assert run("retry", "99", *config) == (3, "error: There is no job 99. hint: `calcinode jobs` lists them. ")
    assert "There is no job 99." in run("resend", "99", *config)[1]
    assert "There is no study 9.9." in run("retry", "9.9", *config)[1]
    assert "Nothing ended without success." in run("retry", "--all", *config)[1]
    assert "Nothing has been delivered yet." in run("resend", "--all", *config)[1]
    assert "No delivery to pacs has failed or waits" in run("retry", "--peer", "pacs", *config)[1]
    for command in ("retry", "resend"):
        code, said = run(command, "--peer", "nix", *config)
        assert (code, "There is no destination 'nix'; known: pacs." in said) == (2, True)
        assert "known: none. " in run(command, "--peer", "nix")[1]


def test_retry_of_a_study_that_waits_says_until_when(run: Run, house: House) -> None:
    house.receive(list(pair_of_series(STUDY))[:7])
    house.settle()
    assert house.states() == ["received"]
    deadline = house.instances()[0].received_at + timedelta(minutes=15)
    until = f"Decided at the latest at {deadline:%Y-%m-%d %H:%M:%S} UTC."
    code, said = run("retry", "1")
    assert code == 3
    assert "Job 1 is not over yet, so there is nothing to retry. " in said
    assert until in said
    assert until in run("why", "1")[1]


def test_one_is_not_many(run: Run, house: House) -> None:
    house.process = process.explode
    house.make()
    house.receive(pair_of_series(STUDY))
    house.settle()
    for _ in range(3):
        house.clock.advance(3600)
        house.work()
    assert house.states() == ["failed"]
    code, said = run("retry", "1")
    assert (code, said.endswith(" 1 study is judged again, 0 deliveries start anew. ")) == (0, True)
    house.receive([CtSlice("1.2.4", "1.2.4.1", 1)], association="a2")
    house.settle()
    house.clock.advance(60)
    house.work()
    said = run("why", "1.2.4")[1]
    assert "1 image from SCANNER" in said
    assert "Found: 1 CT image, 1 slice with a position." in said


def test_the_usage_has_single_brackets() -> None:
    usage = CliRunner().invoke(app, ["retry", "--help"]).output
    assert "[STUDY|JOB]" in usage
    assert "[[" not in usage


def test_check_config_makes_nothing(run: Run, tmp_path: Path) -> None:
    config = write(tmp_path, f'[node]\ndata_folder = "{tmp_path}/new/state"\n{pacs()}')
    code, said = run("check-config", "--config", config)
    assert (code, "The configuration can be used." in said) == (0, True)
    assert "warning" not in said
    assert not (tmp_path / "new").exists()


def test_check_config_of_a_folder_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    config = write(tmp_path, f'[node]\ndata_folder = "{tmp_path}/file/state"\n')
    code, said = run("check-config", "--config", config)
    assert (code, f"cannot be written: {tmp_path}/file is no folder." in said) == (2, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_check_config_of_a_folder_without_rights(run: Run, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    code, said = run("check-config", "--config", write(tmp_path, f'[node]\ndata_folder = "{tmp_path}/locked/state"\n'))
    assert (code, "cannot be written: Permission denied." in said) == (2, True)


def test_check_config_warns_of_what_is_doubtful(run: Run, tmp_path: Path) -> None:
    node = f'[node]\nport = 11112\ndata_folder = "{tmp_path}"\n'
    journal = f'[storage]\njournal_url = "postgresql+psycopg://calcinode:secret@127.0.0.1:{free_port()}/calcinode"\n'
    peers = pacs(11112, "self", "CALCINODE") + pacs() + pacs(105, "archive", "PACS")
    code, said = run("check-config", "--config", write(tmp_path, node + journal + peers))
    assert code == 0
    assert "the peers pacs and archive have one AE title, 'PACS'" in said
    assert "the destination 'self' is this node itself" in said
    assert re.search(r"storage.journal_url: (The journal cannot be used now: |No module named 'psycopg')", said)
    assert "secret" not in said


def check_routes(run: Run, folder: Path, *routes: str) -> str:
    """What is said of these routes, with one destination."""
    head = f'[node]\ndata_folder = "{folder}"\n{pacs()}'
    code, said = run("check-config", "--config", write(folder, head + "".join(f"[[routes]]\n{r}\n" for r in routes)))
    assert code == 0
    return said


def test_check_config_is_content_with_a_route_that_keeps_on_purpose(run: Run, tmp_path: Path) -> None:
    said = check_routes(run, tmp_path, 'study_description = "*hand*"\ndestinations = ["pacs"]', "keep = true")
    assert "route 1 study_description *hand* to pacs" in said
    assert "route 2 every study: the results stay here" in said
    assert "warning" not in said


def test_check_config_warns_of_routes_without_effect(run: Run, tmp_path: Path) -> None:
    said = check_routes(run, tmp_path, 'keep = true\nstation_name = "CT[12]"', 'destinations = ["pacs"]')
    assert "route 1 station_name CT[12]: the results stay here" in said
    assert "route 1 keeps nothing: route 2 sends the results of every study." in said
    said = check_routes(run, tmp_path, "keep = true")
    assert "no route leads to the destination 'pacs': it gets nothing." in said


def test_check_config_of_a_site_that_keeps_everything(run: Run, tmp_path: Path) -> None:
    node = f'[node]\ndata_folder = "{tmp_path}"\nopen = true\n'
    assert "no peer is a destination" in run("check-config", "--config", write(tmp_path, node))[1]
    kept = run("check-config", "--config", write(tmp_path, f"{node}[[routes]]\nkeep = true\n"))[1]
    assert "no peer is a destination" not in kept


def test_check_config_of_pauses_that_shrink(run: Run, tmp_path: Path) -> None:
    config = write(tmp_path, "[delivery]\nfirst_retry_s = 60\nlongest_retry_s = 30\n")
    code, said = run("check-config", "--config", config)
    assert (code, "first_retry_s <= longest_retry_s is expected." in said) == (2, True)


@pytest.mark.parametrize(
    ("peer", "said"),
    [("A@127.0.0.1:99999", "port = '99999'"), ("LONGER_THAN_AN_AE_TITLE@127.0.0.1:104", "1 to 16 ASCII characters")],
)
def test_a_peer_that_cannot_be_is_told_before_it_is_called(run: Run, peer: str, said: str) -> None:
    code, told = run("echo", peer)
    assert code == 2
    assert said in told


def test_an_order_that_is_none_is_told_before_anything_is_made(run: Run, tmp_path: Path) -> None:
    code, told = run("phantom", "--preset", "small", "--order", "up", "--out", tmp_path / "study")
    assert code == 3
    assert "ascending, descending, shuffled" in told
    assert not (tmp_path / "study").exists(), "what is left of it would keep the next try from its folder"
