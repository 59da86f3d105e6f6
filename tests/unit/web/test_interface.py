"""For programs: the same JSON as the commands print, health, and metrics that Prometheus can read."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from node.bootstrap.condition import condition_of
from node.service.delivering.routing import Route
from node.service.journal.questions import Condition
from node.settings import NodeSettings, PageSettings, Settings
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from tests.fakes.ct import contact, pair_of_series
from tests.fakes.house import House
from tests.fakes.page import STUDY, journal_is_gone, page_of
from typer.testing import CliRunner


@pytest.fixture
def page(house: House) -> Iterator[TestClient]:
    with page_of(house) as client:
        yield client


def finish(house: House) -> None:
    house.receive(pair_of_series(STUDY))
    house.settle()


def printed(house: House, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    """What the command says about this journal."""
    from node.cli.app import app

    monkeypatch.setenv("CALCINODE_NODE__DATA_FOLDER", str(house.folder))
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("/api/status", ("status",)),
        ("/api/jobs", ("jobs",)),
        ("/api/jobs?state=failed", ("jobs", "--state", "failed")),
        ("/api/jobs?limit=1", ("jobs", "--limit", "1")),
        (f"/api/studies/{STUDY}", ("why", STUDY)),
    ],
)
def test_the_same_as_the_commands_print(
    house: House, monkeypatch: pytest.MonkeyPatch, address: str, command: tuple[str, ...]
) -> None:
    finish(house)
    house.receive(pair_of_series("1.2.4"), association="a2")
    house.settle()
    with page_of(house, partial(condition_of, Settings(node=NodeSettings(data_folder=house.folder)))) as page:
        answer = page.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == printed(house, monkeypatch, *command)


def test_a_study_that_never_came(page: TestClient) -> None:
    answer = page.get("/api/studies/9.9")
    assert answer.status_code == 404
    assert answer.json()["revisions"] == []


def test_mistakes_are_told_as_json(page: TestClient) -> None:
    answer = page.get("/api/jobs?state=lost")
    assert answer.status_code == 422
    assert "state: Input should be 'received'" in answer.json()["detail"]
    assert page.get("/api/nothing").json() == {"detail": "There is nothing at this address."}


def test_the_interface_describes_itself(page: TestClient) -> None:
    described = page.get("/openapi.json").json()
    assert {"/api/status", "/api/jobs", "/api/studies/{study_instance_uid}", "/health", "/metrics"} <= set(
        described["paths"]
    )
    assert all(set(methods) == {"get"} for methods in described["paths"].values())
    assert "/" not in described["paths"]
    status = described["components"]["schemas"]["NodeStatus"]["properties"]
    assert set(page.get("/api/status").json()) == set(status)


def test_health(page: TestClient) -> None:
    answer = page.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


TROUBLED = Condition(
    running=("receiver", "page"),
    starting=("courier",),
    stopped=("engine",),
    shortage="Less than 9 MiB would stay free on the volume",
)


def test_health_names_what_does_not_run_and_that_images_are_refused(house: House) -> None:
    with page_of(house, lambda: TROUBLED) as page:
        answer = page.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "not_running": ["engine"],
        "not_ready": ["courier"],
        "shortage": "Less than 9 MiB would stay free on the volume: images are refused (A700).",
    }


def test_metrics_of_a_node_in_trouble(house: House, page: TestClient) -> None:
    assert samples(page)["calcinode_role_running", "engine"] == 1
    assert samples(page)["calcinode_images_refused",] == 0
    with page_of(house, lambda: TROUBLED) as troubled:
        found = samples(troubled)
    assert found["calcinode_role_running", "engine"] == 0
    assert found["calcinode_role_running", "courier"] == 0
    assert found["calcinode_role_running", "receiver"] == 1
    assert found["calcinode_images_refused",] == 1


def test_metrics_of_studies_that_go_nowhere(house: House, page: TestClient) -> None:
    house.routes = (Route(("pacs",), study_description="*foot*"),)
    house.make()
    finish(house)
    assert samples(page)["calcinode_studies_undelivered",] == 1


def test_everything_says_so_when_the_journal_is_gone(house: House, page: TestClient) -> None:
    finish(house)
    assert page.get("/health").status_code == 200
    house.database.close()
    journal_is_gone(house.folder)
    answer = page.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert "The journal cannot be used now: unable to open database file." in answer.json()["reason"]
    for address in ("/", f"/studies/{STUDY}", "/jobs/1/files/seg.dcm", "/api/status", "/metrics"):
        gone = page.get(address)
        assert gone.status_code == 503
        assert "The journal cannot be used now" in gone.text
    assert not (house.folder / "journal.db").exists(), "the page makes none"


def test_a_journal_that_is_none(house: House, page: TestClient) -> None:
    house.database.close()
    journal_is_gone(house.folder)
    (house.folder / "journal.db").write_bytes(b"no database at all" * 100)
    answer = page.get("/health")
    assert answer.status_code == 503
    assert answer.json()["reason"]


def samples(page: TestClient) -> dict[tuple[str, ...], float]:
    """Value by name and labels' values."""
    answer = page.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_metrics_of_a_pacs_that_is_down(house: House, page: TestClient) -> None:
    house.pacs.down = True
    finish(house)
    house.receiver.peer_rejected(contact(calling="STRANGER"), "Unknown.")
    house.receiver.peer_rejected(contact(calling="STRANGER"), "Unknown.")
    house.clock.advance(100)
    found = samples(page)
    assert found["calcinode_instances_received_total",] == 10
    assert found["calcinode_studies", "encoded"] == 1
    assert found["calcinode_studies", "failed"] == 0
    assert found["calcinode_deliveries", "pacs", "pending"] == 2
    assert found["calcinode_oldest_undelivered_seconds", "pacs"] == pytest.approx(100, abs=5)
    assert found["calcinode_quarantined",] == 0
    assert found["calcinode_rejected_associations",] == 2


def test_metrics_follow_the_journal(house: House, page: TestClient) -> None:
    assert samples(page)["calcinode_instances_received_total",] == 0
    finish(house)
    found = samples(page)
    assert found["calcinode_studies", "done"] == 1
    assert found["calcinode_deliveries", "pacs", "committed"] == 2
    assert found["calcinode_oldest_undelivered_seconds", "pacs"] == 0
    assert STUDY not in page.get("/metrics").text


def test_the_page_is_for_this_machine_unless_somebody_says_otherwise() -> None:
    assert PageSettings().host == "127.0.0.1"
    assert Settings(node=NodeSettings()).page.enabled
