"""The pages for people."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from node.domain.job import JobState
from node.service.journal.questions import Condition, Status
from node.service.people.why import MEANING, study_named, tell
from node.web.concerns import Concern, of_senders, of_studies, of_the_node
from node.web.parameters import JobId, Limit
from node.web.rendering import page, root_of
from node.web.sources import Sources
from node.web.study import study_shown
from node.web.undelivered import of_deliveries

REFRESH_S: Final = 30
DETAILS: Final = 5
"""So many of the quarantined instances are told on the front page."""
COUNTED: Final = 1000
"""So many of the studies that stayed incomplete are looked at."""

Asked = Annotated[str, Query(max_length=64)]


class Pages:
    """The front page, and a page for each study."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def router(self) -> APIRouter:
        """Their addresses; none is part of the interface for programs."""
        router = APIRouter(include_in_schema=False, default_response_class=Response)
        router.add_api_route("/", self.front)
        router.add_api_route("/studies", self.find)
        router.add_api_route("/studies/{study_instance_uid}", self.study)
        router.add_api_route("/jobs/{job_id}", self.job)
        return router

    def front(self, request: Request, state: JobState | None = None, limit: Limit = 50) -> Response:
        """The node at a glance, what needs a person, and the latest studies."""
        view = self._sources.view
        status, condition, now = view.status(), self._sources.condition(), self._sources.now()
        return page(
            request,
            "front.html",
            ae_title=self._sources.ae_title,
            now=now,
            status=status,
            concerns=tuple(self._concerns(status, condition, now)),
            condition=condition,
            jobs=view.jobs(state, limit),
            state=state,
            limit=limit,
            meaning=MEANING,
            refresh_s=REFRESH_S,
        )

    def _concerns(self, status: Status, condition: Condition, now: datetime) -> Iterator[Concern]:
        """The gravest first."""
        view = self._sources.view
        yield from of_the_node(condition)
        yield from of_studies(status, view.jobs(JobState.INCOMPLETE, COUNTED), now)
        yield from of_deliveries(status, condition, now)
        yield from of_senders(status, view.quarantined(DETAILS), now)

    def find(self, request: Request, study: Asked = "") -> Response:
        """To the page of the study, or of the job, that somebody typed."""
        wanted = study.strip()
        if not wanted or "/" in wanted:
            raise HTTPException(404, "Type a Study Instance UID, or the number of a job.")
        return _to_study(request, study_named(self._sources.view, wanted) or wanted)

    def study(self, request: Request, study_instance_uid: str) -> Response:
        """Why a study was treated so, and what was found. 404 where nothing of it ever came."""
        story = self._sources.view.story(study_instance_uid)
        if not story.revisions:
            lines = tell(self._sources.view, study_instance_uid)
            return page(request, "untold.html", 200 if story.instances else 404, uid=study_instance_uid, lines=lines)
        shown = study_shown(story, self._sources.results)
        return page(request, "study.html", study=shown, refresh_s=REFRESH_S if shown.moving else None)

    def job(self, request: Request, job_id: JobId) -> Response:
        """To the study that the job is a revision of."""
        study = self._sources.view.study_of_job(job_id)
        if study is None:
            raise HTTPException(404, f"There is no job {job_id}.")
        return _to_study(request, study, f"#job-{job_id}")


def _to_study(request: Request, study_instance_uid: str, mark: str = "") -> Response:
    """Relative, so that it holds behind a proxy that puts a path before it."""
    return RedirectResponse(f"{root_of(request)}studies/{quote(study_instance_uid, safe='')}{mark}")
