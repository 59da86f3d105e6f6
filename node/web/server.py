"""Serves the page on a socket that is open already."""

import socket
import threading
from collections.abc import Callable
from typing import Final

import uvicorn

from node.domain.errors import Defect
from node.web.app import make_app
from node.web.sources import Sources

GRACE_S: Final = 5
"""An answer that is under way at the end has so long."""
PAUSE_S: Final = 0.1


def serve_page(sources: Sources, listener: socket.socket, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Serve until ``stop`` is set; ``ready`` is called once, when requests are answered. Raises Defect if it ends.

    uvicorn's own log goes the way of all libraries (from WARNING on); no address that was asked for is logged, since
    it holds study UIDs.
    """
    config = uvicorn.Config(
        make_app(sources),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=GRACE_S,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="page-server")
    thread.start()
    try:
        _wait(lambda: server.started, thread, stop)
        ready()
        _wait(stop.is_set, thread, stop)
    finally:
        server.should_exit = True
        thread.join()


def _wait(condition: Callable[[], bool], thread: threading.Thread, stop: threading.Event) -> None:
    while not condition() and not stop.wait(PAUSE_S):
        if not thread.is_alive():
            raise Defect("The page's server has ended by itself.", hint="See the log above.")
