"""What runs in a worker process: one task to its result, in the journal's words."""

from importlib import import_module
from threading import Timer
from typing import Any

from node.domain.counting import counted
from node.domain.findings import Outcome
from node.domain.job import JobState
from node.service.jobs.explanation import UNPAIRED, explain_pairing
from node.service.jobs.task import Processed, Task
from node.service.study.parameters import Parameters

KEEPS_MEMORY_S = 30.0
"""How long a worker without a study keeps the memory of the last one: the next of a batch then need not wait for it."""


class Idleness:
    """Gives memory back once no study has come for ``KEEPS_MEMORY_S``: a waiting node should be small."""

    def __init__(self) -> None:
        self._timer: Timer | None = None

    def end(self) -> None:
        """A study has come."""
        if self._timer is not None:
            self._timer.cancel()

    def begin(self) -> None:
        """There is nothing to do."""
        from node.kernels.memory import give_memory_back

        self._timer = Timer(KEEPS_MEMORY_S, give_memory_back)
        self._timer.daemon = True
        self._timer.start()


_idleness = Idleness()


def process_task(parameters: Parameters, task: Task) -> Processed:
    """Pair, load, analyse and encode the study of ``task``."""
    _idleness.end()
    try:
        return _processed(parameters, task)
    finally:
        _idleness.begin()


def _processed(parameters: Parameters, task: Task) -> Processed:
    # The worker loads decoders and kernels, not the engine.
    from node.service.study.process import process_study

    result = process_study(task.instances, lambda uid: task.files[uid], parameters)
    explanation: dict[str, Any] = {**explain_pairing(result.pairing), "outcome": result.outcome.value}
    if result.outcome is not Outcome.COMPLETE:
        explanation["limits"] = list(result.reasons)
    if result.outcome is Outcome.REFUSED:
        state = JobState.REFUSED if result.pairing.pair else UNPAIRED[result.pairing.outcome]
        return Processed(state, " ".join(result.reasons), explanation, result.objects)
    said = f"{counted(len(result.findings.deposits), 'deposit')} found."
    return Processed(JobState.ENCODED, " ".join((said, *result.reasons)), explanation, result.objects)


def prepare() -> None:
    """Load what an analysis needs before the first study comes, and before there is a second thread."""
    import_module("node.kernels.memory").keep_freed_memory()
    import_module("node.service.study.process")
    import_module("node.analysis.pipeline")
