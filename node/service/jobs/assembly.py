"""Grouped and paired: instances → revisions of studies, closed when complete, judged with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from node.domain.completeness import Assessment, Patience, Readiness, assess
from node.domain.job import JobState, job_key
from node.domain.pairing import Pairing
from node.service.jobs.explanation import UNPAIRED, explain_pairing
from node.service.journal.records import AssemblyJournal, JobRow, Settlement, StoredInstance
from node.service.ports import Clock

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AssemblyRules:
    """``algorithm`` (name and version) and ``parameters`` (as text) are part of a job's key."""

    algorithm: str
    parameters: str = ""
    allow_monoenergetic: bool = False
    patience: Patience = field(default_factory=Patience)


class Assembly:
    """Groups what receivers stored. One instance in one process at a time; several do no harm."""

    def __init__(self, journal: AssemblyJournal, clock: Clock, rules: AssemblyRules) -> None:
        self._journal = journal
        self._clock = clock
        self._rules = rules

    def run_once(self) -> int:
        """Group what is new, look at what is due; returns how many revisions were closed."""
        patience = self._rules.patience
        self._journal.group_new_instances(self._clock(), patience.proof, patience.deadline)
        return sum(self._look_at(job) for job in self._journal.due_revisions(self._clock()))

    def _look_at(self, job: JobRow) -> bool:
        try:
            settlement = self._judge(job)
        except Exception as error:  # noqa: BLE001 -- our fault, and one study must not stop the others
            _log.exception("assembly_failed", job=job.id, study=job.study_instance_uid)
            settlement = Settlement(JobState.FAILED, f"The study could not be judged: {error!r}.", {})
        if settlement is None:
            return False
        state = self._journal.settle(job, settlement, self._clock())
        if state is not None:
            _log.info("settled", job=job.id, study=job.study_instance_uid, revision=job.revision, state=state.value)
        return state is not None

    def _judge(self, job: JobRow) -> Settlement | None:
        """None: it waits for more."""
        stored = self._journal.instances_of(job.study_instance_uid, job.revision)
        assessment = assess(
            [one.instance for one in stored],
            self._journal.arrivals_of(job.study_instance_uid, job.revision),
            self._clock(),
            patience=self._rules.patience,
            allow_monoenergetic=self._rules.allow_monoenergetic,
        )
        if assessment.readiness is Readiness.WAIT:
            self._journal.postpone(job, assessment.look_again or self._clock(), assessment.reason)
            return None
        return _settlement(assessment, self._key(assessment.pairing, stored))

    def _key(self, pairing: Pairing, stored: Sequence[StoredInstance]) -> str | None:
        """Over the pair only: what else is in the study changes no result. Its demographics stand in the results."""
        if pairing.pair is None:
            return None
        used = {instance.sop_instance_uid for instance in pairing.pair.instances}
        inputs = {
            one.instance.sop_instance_uid: one.instance.content_digest + one.instance.demographics_digest
            for one in stored
            if one.instance.sop_instance_uid in used
        }
        return job_key(inputs, self._rules.algorithm, self._rules.parameters)


def _settlement(assessment: Assessment, key: str | None) -> Settlement:
    pairing = assessment.pairing
    explanation = explain_pairing(pairing)
    if assessment.readiness is Readiness.INCOMPLETE:
        return Settlement(JobState.INCOMPLETE, assessment.reason, explanation)
    if pairing.pair is not None:
        return Settlement(JobState.PAIRED, assessment.reason, explanation, key)
    return Settlement(UNPAIRED[pairing.outcome], " ".join(str(r) for r in pairing.reasons), explanation)
