"""What goes to a worker process and what comes back: plain values that can be pickled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.domain.instance import Instance
from node.domain.job import JobState
from node.service.journal.results import ResultObject


@dataclass(frozen=True)
class Task:
    """One study to be analysed. ``files`` gives the file of each SOP Instance UID."""

    study_instance_uid: str
    instances: tuple[Instance, ...] = field(repr=False)
    files: Mapping[str, Path] = field(repr=False)
    allow_monoenergetic: bool = False


@dataclass(frozen=True)
class Processed:
    """How it ended: ENCODED, REFUSED, INCOMPLETE or IGNORED, why, and the results."""

    state: JobState
    reason: str
    explanation: Mapping[str, Any]
    objects: tuple[ResultObject, ...] = ()


Process = Callable[[Task], Processed]
"""Runs in a worker process: a function of a module, so that its name can be sent there."""
