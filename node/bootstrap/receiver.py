"""The receiver: C-STORE into blobs and journal. Imports neither numba nor anything that decodes pixels."""

import socket
import threading

from node.bootstrap.logging import configure_logging
from node.bootstrap.parts import blobs_of, database_of, now, peers_of
from node.bootstrap.supervisor import Ready
from node.dicom.reading.header import read_instance
from node.net.access import AccessRules
from node.net.scp import Receiver, ReceiverOptions
from node.service.receiving.intake import StoringIntake
from node.service.receiving.same_content import IsolatedComparison
from node.settings import Settings
from node.store.arrivals import ReceiverRows
from node.store.outbox import CommitmentReports


def receiver(settings: Settings, number: int, listener: socket.socket, stop: threading.Event, ready: Ready) -> None:
    """Body of one receiver process: serve ``listener``, which the others share, until ``stop`` is set."""
    name = f"receiver-{number}"
    configure_logging(settings.log, name)
    database = database_of(settings)
    arrivals = ReceiverRows(database, name, now)
    arrivals.close_stale()
    access = AccessRules(settings.node.ae_title, peers_of(settings), open_to_all=settings.node.open)
    comparison = IsolatedComparison()
    intake = StoringIntake(blobs_of(settings), arrivals, read_instance, now, comparison)
    options = ReceiverOptions(maximum_associations=settings.node.max_associations)
    ready()
    Receiver(access, intake, arrivals, CommitmentReports(database, now), options).serve(listener, stop)
    comparison.close()
    database.close()
