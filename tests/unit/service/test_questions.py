"""What people ask of the journal: every study has an answer, and another try can be asked for."""

from collections.abc import Mapping, Sequence

import pytest
from node.domain.errors import Refused
from node.domain.job import JobState, OutboxState
from node.service.delivering.routing import Route, Routing
from node.service.journal.questions import Condition
from node.service.journal.records import JobRow
from node.service.people.condition import node_status, status_lines
from node.service.people.retry import Revived, Selection, resend, retry
from node.service.people.why import tell
from node.store.revival import Revivals
from node.store.tables import jobs
from node.store.views import Views
from structlog.testing import capture_logs
from tests.fakes import process
from tests.fakes.ct import pair_of_series
from tests.fakes.house import House

STUDY = "1.2.3"


def to_the_pacs(job: JobRow) -> tuple[str, ...]:
    """Where its results go now."""
    return ("pacs",)


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
    assert house.rows(jobs)[0].reason == "Measured. 1 of 2 deliveries failed."
    house.pacs.refuses = frozenset()
    assert retry(revivals, Selection(destination="pacs"), house.clock) == Revived(0, 1)
    assert house.states() == ["encoded"]
    house.work()
    assert house.states() == ["done"]
    assert house.rows(jobs)[0].reason == "Measured."
    assert house.deliveries() == ["committed", "committed"]


def test_retry_of_nothing_says_so(house: House, revivals: Revivals) -> None:
    with pytest.raises(Refused, match="There is no job 4"):
        retry(revivals, Selection(job_id=4), house.clock)
    with pytest.raises(Refused, match="Nothing has been delivered yet"):
        resend(revivals, Selection(), house.clock, to_the_pacs)
    house.receive(pair_of_series(STUDY))
    house.settle()
    with pytest.raises(Refused, match=r"There is nothing to retry: job 1 is done\. Analysed; every delivery has ended"):
        retry(revivals, Selection(job_id=1), house.clock)


def feet_only(house: House, *more: Route) -> None:
    """A study that no route matches has been measured."""
    house.routes = (Route(("pacs",), study_description="*foot*"), *more)
    house.make()
    house.receive(pair_of_series(STUDY))
    house.settle()


def test_results_that_no_route_matches_are_told(house: House, views: Views, revivals: Revivals) -> None:
    feet_only(house)
    said = "Measured. Not delivered: no route matches study description ''."
    assert (house.states(), house.deliveries()) == (["done"], [])
    assert [job.reason for job in views.jobs()] == [said]
    assert "  Why: " + said in tell(views, STUDY)
    assert views.status().undelivered == 1
    with pytest.raises(Refused, match=r"Nothing has been delivered of job 1\. It is done: .*no route matches") as error:
        resend(revivals, Selection(job_id=1), house.clock, lambda _: ())
    assert "Correct the routes or peers" in error.value.hint


def test_only_what_routes_look_at_is_told(house: House, views: Views) -> None:
    feet_only(house, Route(("pacs",), calling_ae_title="CT9"))
    assert views.jobs()[0].reason.endswith("no route matches calling AE title 'SCANNER', study description ''.")


def test_results_without_any_destination_are_told(house: House, views: Views) -> None:
    house.peers = ()
    house.make()
    house.receive(pair_of_series(STUDY))
    house.settle()
    assert views.jobs()[0].reason == "Measured. Not delivered: no destination is configured."


def test_results_that_stay_here_on_purpose_say_so() -> None:
    routing = Routing((), enabled=False)
    assert routing.nowhere(()) == "Not delivered: delivery is switched off (delivery.enabled)."


def test_results_that_a_route_keeps_on_purpose_need_nobody(house: House, views: Views, revivals: Revivals) -> None:
    feet_only(house, Route((), keep=True))
    said = "Measured. Kept here: route 2 keeps the results of such studies (keep = true)."
    assert (house.states(), house.deliveries()) == (["done"], [])
    assert [job.reason for job in views.jobs()] == [said]
    assert views.status().undelivered == 0
    with pytest.raises(Refused, match=r"Nothing has been delivered of job 1\. It is done: .*route 2 keeps") as error:
        resend(revivals, Selection(job_id=1), house.clock, lambda _: ())
    assert "Correct the routes or peers" in error.value.hint
    assert resend(revivals, Selection(job_id=1), house.clock, to_the_pacs) == 2
    house.work()
    assert views.jobs()[0].reason == "Measured."


def test_a_route_that_keeps_takes_nothing_from_another(house: House) -> None:
    house.routes = (Route((), keep=True), Route(("pacs",), calling_ae_title="scan*"))
    house.make()
    house.receive(pair_of_series(STUDY))
    house.settle()
    assert house.deliveries() == ["committed", "committed"]


def told(views: Views, condition: Condition) -> str:
    """What ``calcinode status`` prints."""
    return "\n".join(status_lines(node_status(views, condition)))


def test_status_tells_results_for_a_destination_that_is_not_configured(house: House, views: Views) -> None:
    house.pacs.down = True
    house.receive(pair_of_series(STUDY))
    house.settle()
    assert "to pacs: 2 pending. pacs does not answer." in told(views, Condition(destinations=("pacs",)))
    text = told(views, Condition(destinations=("archive",)))
    assert "2 results wait for 'pacs', which is no destination of the configuration, and would wait for ever." in text
    assert "Name the destination that shall get them 'pacs' again ([peers.pacs]), and restart." in text


def test_status_of_results_that_stay_here_on_purpose(house: House, views: Views) -> None:
    house.peers = ()
    house.make()
    house.receive(pair_of_series(STUDY))
    house.settle()
    assert "1 study is done with results that go nowhere" in told(views, Condition())
    assert "1 study is done with results that stay here: delivery is switched off" in told(
        views, Condition(delivers=False)
    )


def test_retry_sends_at_once_what_waits_for_another_try(house: House, revivals: Revivals) -> None:
    house.pacs.down = True
    house.receive(pair_of_series(STUDY))
    house.settle()
    house.pacs.down = False
    house.work()
    assert house.deliveries() == ["pending", "pending"], "the pause is not over"
    assert retry(revivals, Selection(destination="pacs"), house.clock) == Revived(0, 2)
    house.work()
    assert house.deliveries() == ["committed", "committed"]
    with pytest.raises(Refused, match="No delivery to pacs has failed or waits for another try"):
        retry(revivals, Selection(destination="pacs"), house.clock)


def test_results_that_went_nowhere_are_sent_when_a_route_leads_on(
    house: House, views: Views, revivals: Revivals
) -> None:
    feet_only(house)
    assert resend(revivals, Selection(destination="pacs"), house.clock, to_the_pacs) == 2
    assert house.states() == ["encoded"]
    house.work()
    assert (house.states(), house.deliveries()) == (["done"], ["committed", "committed"])
    assert views.jobs()[0].reason == "Measured."
    assert views.status().undelivered == 0


def sent(log: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """What the courier logged of its attempts."""
    keys = ("delivered", "to_retry", "failed")
    return [{key: entry[key] for key in keys} for entry in log if entry["event"] == "sent"]


def test_the_log_tells_what_is_tried_again_from_what_was_given_up(house: House) -> None:
    house.pacs.down = True
    house.receive(pair_of_series(STUDY))
    with capture_logs() as log:
        house.settle()
    assert sent(log) == [{"delivered": 0, "to_retry": 2, "failed": 0}]
    house.pacs.down = False
    house.pacs.refuses = frozenset({"1.2.0"})
    house.clock.advance(60)
    with capture_logs() as log:
        house.work()
    assert sent(log) == [{"delivered": 1, "to_retry": 0, "failed": 1}]


def test_resend_sends_the_same_bytes(house: House, revivals: Revivals) -> None:
    house.receive(pair_of_series(STUDY))
    house.settle()
    before = dict(house.pacs.held)
    assert resend(revivals, Selection(job_id=1), house.clock, to_the_pacs) == 2
    house.work()
    assert house.pacs.held == before
    assert house.pacs.stores == 4
    assert house.deliveries() == ["committed", "committed"]
