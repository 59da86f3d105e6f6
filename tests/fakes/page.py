"""The page over the journal of a ``House``, as bootstrap wires it, with a study whose result is a real one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node.domain.errors import Refused
from node.domain.job import JobState
from node.service.jobs.task import Process, Processed, Task
from node.service.journal.questions import Condition
from node.service.journal.results import ResultObject
from node.service.people.condition import Look
from node.service.study.encode import encode
from node.service.study.parameters import Parameters
from node.store.database import Database
from node.store.result_files import StoredResults
from node.store.views import Views
from node.web.app import make_app
from node.web.sources import Sources
from starlette.testclient import TestClient
from tests.fakes.analysis import FakeStudy
from tests.fakes.house import House

STUDY = "1.2.3"
SOUND = Condition(running=("receiver", "engine", "courier", "page"), destinations=("pacs",))
HOSTILE = "<script>alert('x')</script> & <b>bold</b>"


def encoded(study: FakeStudy) -> tuple[ResultObject, ...]:
    """All files of the study's result, as the engine makes them."""
    return encode(study.analysis, study.source, study.pair, Parameters())


def gives(objects: tuple[ResultObject, ...]) -> Process:
    """An analysis that ends with these files whatever it is given."""
    return lambda task: Processed(JobState.ENCODED, f"{len(objects)} files.", {"outcome": "complete"}, objects)


def refuses_with_a_script(task: Task) -> Processed:
    """A reason that would be run if the page did not escape it."""
    raise Refused(HOSTILE)


@contextmanager
def page_of(house: House, condition: Look = lambda: SOUND) -> Iterator[TestClient]:
    """Requests to the page of this house; what breaks is answered, not raised."""
    database = Database(f"sqlite:///{house.folder}/journal.db", read_only=True)
    views = Views(database)
    sources = Sources(views, StoredResults(views, house.blobs), house.clock, "CALCINODE", condition)
    with TestClient(make_app(sources), raise_server_exceptions=False) as client:
        yield client
    database.close()


def journal_is_gone(folder: Path) -> None:
    """As when the disk of a running node is taken away."""
    for path in folder.glob("journal.db*"):
        path.unlink()
