"""Errors as answers: a page for people, JSON for programs. No trace is ever shown."""

from collections.abc import Callable
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from node.domain.errors import NodeError, Transient
from node.web.rendering import page

FOR_PROGRAMS: Final = ("/api/", "/health", "/metrics")
_WORDS: Final = {
    404: "There is nothing at this address.",
    422: "This address cannot be understood.",
    500: "Something went wrong by our fault. The node's log has the trace.",
}


def add_failures(app: FastAPI) -> None:
    """Let ``app`` answer all errors."""
    handlers: tuple[tuple[type[Exception], Callable[[Request, Exception], Response]], ...] = (
        (HTTPException, _refused),
        (RequestValidationError, _misunderstood),
        (NodeError, _unavailable),
        (Exception, _broken),
    )
    for error, handler in handlers:
        app.add_exception_handler(error, handler)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail if error.detail != "Not Found" else _WORDS[404]
    return _answer(request, error.status_code, detail)


def _misunderstood(request: Request, error: Exception) -> Response:
    """404 where a part of the path is meant, such as a job's number, else 422."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    if any(one["loc"][0] == "path" for one in errors):
        return _answer(request, 404, _WORDS[404])
    return _answer(request, 422, _WORDS[422], " ".join(f"{one['loc'][-1]}: {one['msg']}." for one in errors))


def _unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, NodeError)
    return _answer(request, 503 if isinstance(error, Transient) else 500, error.message, error.hint)


def _broken(request: Request, _error: Exception) -> Response:
    return _answer(request, 500, _WORDS[500])


def _answer(request: Request, status_code: int, message: str, hint: str = "") -> Response:
    if request.url.path.startswith(FOR_PROGRAMS):
        return JSONResponse({"detail": f"{message} {hint}".strip()}, status_code)
    return page(request, "error.html", status_code, number=status_code, message=message, hint=hint)
