"""The interface for programs: the same JSON as ``calcinode status``, ``jobs`` and ``why`` print with ``--json``."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Response

from node.domain.job import JobState
from node.service.journal.questions import NodeStatus, Story
from node.service.journal.records import JobRow
from node.service.people.as_json import as_json
from node.service.people.condition import node_status
from node.service.people.why import is_known
from node.web.parameters import Limit
from node.web.sources import Sources

JSON: Final = "application/json"


class Interface:
    """Status, jobs, and the story of a study."""

    def __init__(self, sources: Sources) -> None:
        self._view = sources.view
        self._condition = sources.condition

    def router(self) -> APIRouter:
        """Their addresses. The models are for /openapi.json; the answers are written by ``as_json``."""
        router = APIRouter(prefix="/api", tags=["journal"])
        router.add_api_route("/status", self.status, response_model=NodeStatus)
        router.add_api_route("/jobs", self.jobs, response_model=Sequence[JobRow])
        router.add_api_route("/studies/{study_instance_uid}", self.study, response_model=Story)
        return router

    def status(self) -> Response:
        """The node at a glance."""
        return Response(as_json(node_status(self._view, self._condition())), media_type=JSON)

    def jobs(self, state: JobState | None = None, limit: Limit = 50) -> Response:
        """Revisions of studies, the latest change first."""
        return Response(as_json(self._view.jobs(state, limit)), media_type=JSON)

    def study(self, study_instance_uid: str) -> Response:
        """All that the journal knows of one study; 404, with an empty story, where nothing of it ever came."""
        story = self._view.story(study_instance_uid)
        return Response(as_json(story), 200 if is_known(story) else 404, media_type=JSON)
