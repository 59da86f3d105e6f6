"""What the page is made from."""

from dataclasses import dataclass

from node.service.ports import Clock
from node.service.questions import JournalView
from node.service.results import ResultFiles


@dataclass(frozen=True)
class Sources:
    """Reads of the journal and of the results, the clock, and the AE title of the node that is shown."""

    view: JournalView
    results: ResultFiles
    now: Clock
    ae_title: str
