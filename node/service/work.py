"""What runs in a worker process: one task to its result, in the journal's words."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from node.domain.findings import Outcome
from node.domain.job import JobState
from node.domain.pairing import PairingOutcome
from node.service.explanation import explain_pairing
from node.service.parameters import Parameters
from node.service.task import EncodedObject, Processed, Task

_UNPAIRED: Final[Mapping[PairingOutcome, JobState]] = {
    PairingOutcome.REFUSED: JobState.REFUSED,
    PairingOutcome.INCOMPLETE: JobState.INCOMPLETE,
    PairingOutcome.IGNORED: JobState.IGNORED,
    PairingOutcome.PAIRED: JobState.REFUSED,  # a pair, and yet no result: the analysis refused it
}


def process_task(parameters: Parameters, task: Task) -> Processed:
    """Pair, load, analyse and encode the study of ``task``."""
    # The worker loads decoders and kernels, not the engine.
    from node.kernels.memory import give_memory_back
    from node.service.process import process_study

    result = process_study(task.instances, lambda uid: task.files[uid], parameters)
    give_memory_back()
    explanation: dict[str, Any] = {**explain_pairing(result.pairing), "outcome": result.outcome.value}
    if result.outcome is not Outcome.COMPLETE:
        explanation["limits"] = list(result.reasons)
    objects = tuple(
        EncodedObject(o.role, o.file_name, o.content, o.sop_instance_uid, o.sop_class_uid, o.transfer_syntax_uid)
        for o in result.objects
    )
    if result.outcome is Outcome.REFUSED:
        state = _UNPAIRED[result.pairing.outcome]
        return Processed(state, " ".join(result.reasons), explanation, objects)
    deposits = len(result.findings.deposits)
    said = f"{deposits} deposit{'' if deposits == 1 else 's'} found."
    return Processed(JobState.ENCODED, " ".join((said, *result.reasons)), explanation, objects)


def prepare() -> None:
    """Load what an analysis needs before the first study comes."""
    import_module("node.service.process")
    import_module("node.analysis.pipeline")
