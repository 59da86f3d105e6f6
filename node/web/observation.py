"""Health and metrics, for whoever watches the node."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from node.domain.errors import NodeError
from node.service.people.condition import shortage_words
from node.web.metrics import registry_of
from node.web.sources import Sources

UNAVAILABLE: Final = 503


class Observation:
    """``/health`` and ``/metrics``."""

    def __init__(self, sources: Sources) -> None:
        self._view = sources.view
        self._condition = sources.condition
        self._registry = registry_of(sources)

    def router(self) -> APIRouter:
        """Their addresses."""
        router = APIRouter(tags=["observation"])
        router.add_api_route("/health", self.health, response_class=JSONResponse)
        router.add_api_route("/metrics", self.metrics, response_class=Response)
        return router

    def health(self) -> Response:
        """200 where the journal can be read, else 503 with the reason. Names what does not run, or is refused."""
        try:
            self._view.jobs(limit=1)
        except NodeError as error:
            return JSONResponse({"status": "unavailable", "reason": error.message, "hint": error.hint}, UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 -- whatever it is, who asks for health gets an answer
            return JSONResponse({"status": "unavailable", "reason": type(error).__name__}, UNAVAILABLE)
        condition = self._condition()
        if not (condition.stopped or condition.starting or condition.shortage):
            return JSONResponse({"status": "ok"})
        parts = {"not_running": list(condition.stopped), "not_ready": list(condition.starting)}
        return JSONResponse({"status": "degraded", **parts, "shortage": shortage_words(condition)})

    def metrics(self) -> Response:
        """Prometheus text."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
