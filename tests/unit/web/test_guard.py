"""What holds for every answer of the page: read only, no script, nothing kept, nothing but what the journal lists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from node.domain.errors import Transient
from node.service.journal.questions import Condition
from node.service.journal.results import ResultFiles
from node.store.database import Database
from node.store.tables import jobs
from node.store.views import Views
from node.web.app import make_app
from node.web.sources import Sources
from sqlalchemy import delete
from starlette.testclient import TestClient
from tests.fakes.ct import pair_of_series
from tests.fakes.house import House
from tests.fakes.page import STUDY, page_of

ADDRESSES = (
    "/",
    f"/studies/{STUDY}",
    "/studies/9.9",
    "/jobs/1",
    "/jobs/1/files/seg.dcm",
    "/jobs/1/files/findings.json",
    "/api/status",
    "/api/jobs",
    "/health",
    "/metrics",
    "/openapi.json",
    "/static/page.css",
    "/nowhere",
    "/?state=x",
)
HEADERS = {
    "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def finished(folder: Path) -> House:
    house = House(folder)
    house.receive(pair_of_series(STUDY))
    house.settle()
    return house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Of one finished study; only looked at."""
    house = finished(tmp_path_factory.mktemp("house"))
    yield house
    house.database.close()


@pytest.fixture(scope="module")
def page(house: House) -> Iterator[TestClient]:
    with page_of(house) as client:
        yield client


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_the_headers(page: TestClient, address: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = page.request(method, address, follow_redirects=False)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("address", ADDRESSES)
def test_there_is_no_script_and_nothing_from_elsewhere(page: TestClient, address: str) -> None:
    answer = page.get(address)
    if answer.headers["content-type"].startswith("text/html"):
        assert not re.search(r"<script|javascript:|\son\w+=|style=|//[a-z]", answer.text)
        assert "Investigational; not for primary diagnosis; unverified until a physician signs." in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_reading_is_taken(page: TestClient, method: str) -> None:
    for address in ADDRESSES:
        answer = page.request(method, address)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_head_is_get_without_a_body(page: TestClient) -> None:
    for address in ("/", "/health", "/jobs/1/files/seg.dcm", "/nowhere"):
        head, get = page.head(address), page.get(address)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))


def test_files_come_with_their_media_types(house: House, page: TestClient) -> None:
    for row in house.results():
        answer = page.get(f"/jobs/1/files/{row.file_name}")
        expected = "application/dicom" if row.file_name.endswith(".dcm") else "application/json"
        assert answer.headers["content-type"] == expected
        assert answer.content == house.blobs.path(row.blob).read_bytes()
    assert page.get("/jobs/1/files/seg.dcm").headers["content-disposition"].startswith("attachment;")
    assert page.get("/jobs/1/files/findings.json").headers["content-disposition"].startswith("inline;")


@pytest.mark.parametrize(
    "address",
    [
        "/jobs/1/files/overlay.png",  # a name that a job may have, and this one has not
        "/jobs/2/files/seg.dcm",
        "/jobs/0/files/seg.dcm",
        "/jobs/x/files/seg.dcm",
        "/jobs/1/files/..%2F..%2Fjournal.db",
        "/jobs/1/files/%2e%2e/%2e%2e/journal.db",
        "/jobs/1/files/%2Fetc%2Fpasswd",
        "/static/..%2Fapp.py",
        "/static/%2e%2e/app.py",
        "/static/../../app.py",
        "/static/",
        "/docs",
        "/redoc",
    ],
)
def test_nothing_else_is_given(page: TestClient, address: str) -> None:
    answer = page.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>404 <small>" in answer.text


def test_a_file_that_somebody_removed(tmp_path: Path) -> None:
    house = finished(tmp_path)
    for row in house.results():
        house.blobs.path(row.blob).unlink()
    with page_of(house) as page:
        assert "is no longer in the data folder" in page.get("/jobs/1/files/seg.dcm").text
        answer = page.get(f"/studies/{STUDY}")
    house.database.close()
    assert answer.status_code == 200
    assert "The findings cannot be read from the data folder: No such file or directory." in answer.text


def test_the_page_could_not_write_if_it_tried(tmp_path: Path) -> None:
    folder = tmp_path / "a b%c"
    folder.mkdir()
    house = finished(folder)
    database = Database(f"sqlite:///{folder}/journal.db", read_only=True)
    assert Views(database).status().instances == 10
    with pytest.raises(Transient, match="readonly"), database.write() as connection:
        connection.execute(delete(jobs))
    assert house.states() == ["done"]
    for one in (database, house.database):
        one.close()


class Broken(ResultFiles):
    """Our own fault, on purpose."""

    def files_of(self, job_id: int) -> dict[str, Path]:
        raise ZeroDivisionError("secret")


def test_our_own_fault_shows_no_trace(house: House) -> None:
    app = make_app(Sources(Views(house.database), Broken(), house.clock, "CALCINODE", Condition))
    with TestClient(app, raise_server_exceptions=False) as page:
        answer = page.get(f"/studies/{STUDY}")
    assert answer.status_code == 500
    assert "by our fault" in answer.text
    assert "secret" not in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
