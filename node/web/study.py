"""A study as its page shows it: every revision with why it was treated so, and its result."""

from dataclasses import dataclass

from node.domain.job import JobState
from node.service.journal.questions import Revision, Story
from node.service.journal.records import Delivery
from node.service.journal.results import ResultFiles
from node.service.people.why import MEANING, delivery_words, quarantined_words, repeats_words, series_words
from node.web.result import PICTURE, ResultShown, result_shown

MOVING = frozenset({JobState.RECEIVED, JobState.PAIRED, JobState.ANALYSING, JobState.ENCODED})
"""States in which a look a little later shows more."""


@dataclass(frozen=True)
class RevisionShown:
    """One revision. ``files`` are the names of its result."""

    revision: Revision
    meaning: str
    limits: tuple[str, ...]
    series: tuple[str, ...]
    files: tuple[str, ...]
    result: ResultShown | None

    @property
    def deliveries(self) -> list[tuple[Delivery, str]]:
        """Each with the latest word on it."""
        return [(one, delivery_words(one)) for one in self.revision.deliveries]

    @property
    def has_picture(self) -> bool:
        """True where the result has the overview picture."""
        return PICTURE in self.files


@dataclass(frozen=True)
class StudyShown:
    """A study, its latest revision first. ``repeats``: that images came again, or empty."""

    story: Story
    revisions: tuple[RevisionShown, ...]
    quarantined: tuple[str, ...]
    repeats: str

    @property
    def moving(self) -> bool:
        """True while something still happens by itself."""
        return bool(self.revisions) and self.revisions[0].revision.job.state in MOVING


def study_shown(story: Story, results: ResultFiles) -> StudyShown:
    """All of a study that has come. Raises Transient where the journal is away."""
    revisions = tuple(_revision(revision, results) for revision in reversed(story.revisions))
    return StudyShown(story, revisions, tuple(map(quarantined_words, story.quarantined)), repeats_words(story))


def _revision(revision: Revision, results: ResultFiles) -> RevisionShown:
    files, explanation = results.files_of(revision.job.id), revision.job.explanation
    return RevisionShown(
        revision=revision,
        meaning=MEANING[revision.job.state],
        limits=tuple(explanation.get("limits", ())),
        series=tuple(map(series_words, explanation.get("series", ()))),
        files=tuple(files),
        result=result_shown(files),
    )
