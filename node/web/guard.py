"""What holds for every answer, errors included: it may be read only, and no browser does more with it than show it."""

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""No script at all, nothing from elsewhere, nothing kept; study UIDs are not told to other sites."""

ALLOWED: Final = ("GET", "HEAD")


class ReadOnly:
    """Around the whole application: refuses what is neither GET nor HEAD, and puts ``HEADERS`` on each answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application. HEAD is a GET whose body is left out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        marked = _Marked(send, without_body=scope["method"] == "HEAD")
        if scope["method"] in ALLOWED:
            await self._app({**scope, "method": "GET"}, receive, marked)
        else:
            refusal = PlainTextResponse("This page can only be read.\n", 405, {"Allow": ", ".join(ALLOWED)})
            await refusal(scope, receive, marked)


class _Marked:
    """Sends what it is given, with the headers."""

    def __init__(self, send: Send, *, without_body: bool) -> None:
        self._send = send
        self._without_body = without_body

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        elif message["type"] == "http.response.body" and self._without_body:
            message = {**message, "body": b""}
        await self._send(message)
