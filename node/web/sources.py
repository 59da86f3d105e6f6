"""What the page is made from."""

from dataclasses import dataclass

from node.service.condition import Look
from node.service.ports import Clock
from node.service.questions import JournalView
from node.service.results import ResultFiles


@dataclass(frozen=True)
class Sources:
    """Reads of the journal, of the results and of the node's condition, the clock, and the AE title that is shown."""

    view: JournalView
    results: ResultFiles
    now: Clock
    ae_title: str
    condition: Look
