"""What runs in a worker process: one task to its result, in the journal's words."""

from importlib import import_module
from typing import Any

from node.domain.counting import counted
from node.domain.findings import Outcome
from node.domain.job import JobState
from node.service.jobs.explanation import UNPAIRED, explain_pairing
from node.service.jobs.task import Processed, Task
from node.service.study.parameters import Parameters


def process_task(parameters: Parameters, task: Task) -> Processed:
    """Pair, load, analyse and encode the study of ``task``."""
    # The worker loads decoders and kernels, not the engine.
    from node.kernels.memory import give_memory_back
    from node.service.study.process import process_study

    result = process_study(task.instances, lambda uid: task.files[uid], parameters)
    give_memory_back()
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
