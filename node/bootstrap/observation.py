"""What the commands ask of a node's journal, whether the node runs or not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from node.bootstrap.parts import blobs_of, database_of, now, routing_of
from node.domain.job import OutboxState
from node.service.journal.questions import Story
from node.service.journal.records import JobRow
from node.service.journal.results import ResultFiles
from node.service.people.retry import Revived, Selection, resend, retry
from node.settings import Settings, SettingsError
from node.store.assembling import AssemblyRows
from node.store.database import Database
from node.store.result_files import StoredResults
from node.store.revival import Revivals
from node.store.version import check_version
from node.store.views import Views


@contextmanager
def journal_of(settings: Settings) -> Iterator[Database]:
    """The journal of a node that has run. Raises SettingsError where there is none, Unusable of another version."""
    folder = settings.node.data_folder
    if not settings.storage.journal_url and not (folder / "journal.db").exists():
        raise SettingsError(f"No node has run with the data folder {folder}: name its configuration with --config.")
    database = database_of(settings)
    try:
        check_version(database)
        yield database
    finally:
        database.close()


@contextmanager
def views_of(settings: Settings) -> Iterator[Views]:
    """Reads of the journal."""
    with journal_of(settings) as database:
        yield Views(database)


def try_again(settings: Settings, selection: Selection) -> Revived:
    """Judge again and send again what ended without success. Raises Refused where there is nothing."""
    with journal_of(settings) as database:
        return retry(Revivals(database), selection, now)


def send_again(settings: Settings, selection: Selection) -> int:
    """Send once more what was delivered, and to destinations that came since. Raises Refused where nothing is sent."""
    routing = routing_of(settings)
    with journal_of(settings) as database:
        studies = AssemblyRows(database)

        def destinations_of(job: JobRow) -> Sequence[str]:
            stored = studies.instances_of(job.study_instance_uid, job.revision) if routing.routes else ()
            return routing.destinations_of(stored)

        return resend(Revivals(database), selection, now, destinations_of)


def is_committed(story: Story) -> bool:
    """True where the latest revision has results and every destination took responsibility for all of them."""
    deliveries = story.revisions[-1].deliveries if story.revisions else ()
    return bool(deliveries) and all(one.state is OutboxState.COMMITTED for one in deliveries)


def save_results(settings: Settings, views: Views, job_id: int, folder: Path) -> tuple[Path, ...]:
    """Copy the files of a job's result to ``folder``; their paths, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    results: ResultFiles = StoredResults(views, blobs_of(settings))
    files = results.files_of(job_id)
    for name, path in files.items():
        (folder / name).write_bytes(path.read_bytes())
    return tuple(folder / name for name in files)
