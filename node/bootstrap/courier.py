"""The courier: results to their destinations, and their commitment."""

import threading
from datetime import timedelta

from node.bootstrap.logging import configure_logging
from node.bootstrap.network import sender_of
from node.bootstrap.parts import blobs_of, database_of, now, peers_of
from node.bootstrap.supervisor import Ready
from node.domain.job import Backoff
from node.net.commitment import NetworkCommitmentRequester
from node.service.delivering.courier import Courier, CourierOptions, CourierStore
from node.settings import Settings
from node.store.outbox import CommitmentReports, Outbox


def courier(settings: Settings, stop: threading.Event, ready: Ready) -> None:
    """Body of the courier's process: at work until ``stop`` is set."""
    configure_logging(settings.log, "courier")
    delivery = settings.delivery
    options = CourierOptions(
        owner="courier",
        backoff=Backoff(
            first=timedelta(seconds=delivery.first_retry_s),
            longest=timedelta(seconds=delivery.longest_retry_s),
            give_up_after=timedelta(days=delivery.give_up_after_days),
        ),
        commitment_timeout=timedelta(seconds=delivery.commitment_timeout_s),
    )
    database = database_of(settings)
    inbox = CommitmentReports(database, now)
    store = CourierStore(Outbox(database), inbox, blobs_of(settings))
    peers = {peer.name: peer for peer in peers_of(settings) if peer.receives}
    requester = NetworkCommitmentRequester(settings.node.ae_title, inbox)
    ready()
    work = Courier(store, peers, sender_of(settings), requester, now, options)
    work.run(stop)
    stop.wait()  # without a destination there is nothing to do, and still nothing wrong
    database.close()
