"""The page: the journal and the results over HTTP, read-only. Imports no kernels."""

import socket
import threading
from functools import partial

from node.bootstrap.condition import condition_of
from node.bootstrap.logging import configure_logging
from node.bootstrap.parts import blobs_of, now
from node.bootstrap.supervisor import Ready
from node.settings import Settings
from node.store.database import Database
from node.store.result_files import StoredResults
from node.store.views import Views
from node.web.server import serve_page
from node.web.sources import Sources


def page(settings: Settings, listener: socket.socket, stop: threading.Event, ready: Ready) -> None:
    """Body of the page's process: answers on ``listener`` until ``stop`` is set."""
    configure_logging(settings.log, "page")
    database = Database(settings.journal_url, read_only=True)
    views = Views(database)
    results, condition = StoredResults(views, blobs_of(settings)), partial(condition_of, settings)
    sources = Sources(views, results, now, settings.node.ae_title, condition)
    serve_page(sources, listener, stop, ready)
    database.close()
