"""Stand-ins for the analysis: as pure and as picklable, but quick. Worker processes import them by name."""

import os
import time
from hashlib import sha256

from node.domain.errors import Refused
from node.domain.job import JobState
from node.service.jobs.task import Processed, Task
from node.service.journal.results import ResultObject


def measure(task: Task) -> Processed:
    """Two objects and a findings file, whose UIDs and bytes follow from the input alone."""
    digest = sha256()
    for instance in task.instances:
        digest.update(task.files[instance.sop_instance_uid].read_bytes())
    number = int(digest.hexdigest()[:16], 16)
    objects = [
        ResultObject(role, f"{role}.dcm", f"{role}{number}".encode(), f"1.2.{n}", f"2.25.{number}{n}", "1.2.840.1")
        for n, role in enumerate(("seg", "sr"))
    ]
    findings = ResultObject("findings", "findings.json", b"{}")
    return Processed(JobState.ENCODED, "Measured.", {"outcome": "complete"}, (*objects, findings))


def refuse(task: Task) -> Processed:
    """Out of scope."""
    raise Refused("There is no hand in this study.", hint="Send hands.")


def explode(task: Task) -> Processed:
    """Our fault."""
    raise ZeroDivisionError("on purpose")


def die(task: Task) -> Processed:
    """As the kernel does when memory is short."""
    os._exit(9)


def hang(task: Task) -> Processed:
    """Far longer than any test."""
    time.sleep(3600)
    return measure(task)


def die_once(task: Task) -> Processed:
    """Dies at the first attempt, by a mark beside the first file."""
    mark = next(iter(task.files.values())).parent.parent / "died"
    if not mark.exists():
        mark.touch()
        os._exit(9)
    return measure(task)
