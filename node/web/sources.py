"""What the page is made from."""

from dataclasses import dataclass

from node.service.journal.questions import JournalView
from node.service.journal.results import ResultFiles
from node.service.people.condition import Look
from node.service.ports import Clock


@dataclass(frozen=True)
class Sources:
    """Reads of the journal, of the results and of the node's condition, the clock, and the AE title that is shown."""

    view: JournalView
    results: ResultFiles
    now: Clock
    ae_title: str
    condition: Look
