"""What people ask of the journal: every study has an answer, and another try can be asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from node.domain.errors import Refused
from node.domain.job import JobState, OutboxState
from node.service.retry import Revived, Selection, resend, retry
from node.service.why import tell
from node.store.revival import Revivals
from node.store.views import Views
from tests.fakes import process
from tests.fakes.ct import contact, pair_of_series, received
from tests.fakes.house import House

STUDY = "1.2.3"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def views(house: House) -> Views:
    return Views(house.database)


@pytest.fixture
def revivals(house: House) -> Revivals:
    return Revivals(house.database)


def refused(house: House) -> None:
    house.receive(image for image in pair_of_series(STUDY) if image.kvp == 80)
    house.settle()
    house.clock.advance(60)
    house.work()


def test_why_of_a_study_that_was_measured(house: House, views: Views) -> None:
    house.receive(pair_of_series(STUDY))
    house.settle()
    text = "\n".join(tell(views, STUDY))
    assert "Revision 1 (job 1): done." in text
    assert "Chosen as the low energy, 80 kV." in text
    assert "· → received" in text
    assert "seg.dcm → pacs: committed. The peer took responsibility." in text
    assert tell(views, "1") == tell(views, STUDY)


def test_why_of_a_study_that_was_not(house: House, views: Views) -> None:
    refused(house)
    text = "\n".join(tell(views, STUDY))
    assert "refused. Not analysed: out of scope." in text
    assert "Only one energy is there" in text


def test_why_of_a_study_that_never_came_names_who_was_rejected(house: House, views: Views) -> None:
    house.receiver.peer_rejected(contact(calling="PACS_STORE"), "Unknown AE title 'PACS_STORE'.")
    text = "\n".join(tell(views, "9.9"))
    assert "Nothing of study 9.9" in text
    assert "Unknown AE title 'PACS_STORE'." in text
    assert "There is no job 7" in tell(views, "7")[0]


def test_why_shows_what_was_quarantined(house: House, views: Views) -> None:
    image = next(iter(pair_of_series(STUDY)))
    house.receive([image])
    house.intake.accept(received(type(image)(**{**image.__dict__, "value": 999})))
    house.assembly.run_once()
    assert f"Quarantined (conflict) {image.uid}" in tell(views, STUDY)[-1]
    assert len(views.quarantined()) == 1


def test_status_counts(house: House, views: Views) -> None:
    house.pacs.down = True
    house.receive(pair_of_series(STUDY))
    house.settle()
    status = views.status()
    assert status.instances == 10
    assert status.jobs == {JobState.ENCODED: 1}
    (queue,) = status.queues
    assert (queue.destination, queue.state, queue.count) == ("pacs", OutboxState.PENDING, 2)
    assert "does not answer" in queue.reason
    assert [job.study_instance_uid for job in views.jobs()] == [STUDY]
    assert views.jobs(JobState.FAILED) == []
    assert set(views.results_of(1)) == {"seg.dcm", "sr.dcm", "findings.json"}


def test_retry_of_a_failed_job(house: House, revivals: Revivals) -> None:
    house.process = process.explode
    house.make()
    house.receive(pair_of_series(STUDY))
    house.settle()
    for _ in range(3):
        house.clock.advance(3600)
        house.work()
    assert house.states() == ["failed"]
    house.process = process.measure
    house.make()
    assert retry(revivals, Selection(study_instance_uid=STUDY), house.clock) == Revived(1, 0)
    house.work()
    assert house.states() == ["done"]


def test_retry_of_a_failed_delivery(house: House, revivals: Revivals) -> None:
    house.pacs.refuses = frozenset({"1.2.0"})
    house.receive(pair_of_series(STUDY))
    house.settle()
    assert house.deliveries() == ["failed", "committed"]
    house.pacs.refuses = frozenset()
    assert retry(revivals, Selection(destination="pacs"), house.clock) == Revived(0, 1)
    assert house.states() == ["encoded"]
    house.work()
    assert house.states() == ["done"]
    assert house.deliveries() == ["committed", "committed"]


def test_retry_of_nothing_says_so(house: House, revivals: Revivals) -> None:
    with pytest.raises(Refused, match="nothing to retry for job 4"):
        retry(revivals, Selection(job_id=4), house.clock)
    with pytest.raises(Refused, match="Nothing has been delivered of everything"):
        resend(revivals, Selection(), house.clock)


def test_resend_sends_the_same_bytes(house: House, revivals: Revivals) -> None:
    house.receive(pair_of_series(STUDY))
    house.settle()
    before = dict(house.pacs.held)
    assert resend(revivals, Selection(job_id=1), house.clock) == 2
    house.work()
    assert house.pacs.held == before
    assert house.pacs.stores == 4
    assert house.deliveries() == ["committed", "committed"]
