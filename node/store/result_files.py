"""The files of a result: implements ``results.ResultFiles``."""

from collections.abc import Mapping
from pathlib import Path

from node.store.blobs import Blobs
from node.store.views import Views


class StoredResults:
    """Names from the journal, bytes from the blobs."""

    def __init__(self, views: Views, blobs: Blobs) -> None:
        self._views = views
        self._blobs = blobs

    def files_of(self, job_id: int) -> Mapping[str, Path]:
        """Path by name, in the order of the names."""
        return {name: self._blobs.path(key) for name, key in sorted(self._views.results_of(job_id).items())}
