"""The files of a result, for whoever reads them: the page, and commands that copy them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class ResultFiles(Protocol):
    """Reads; never writes. ``store`` implements it over journal and blobs."""

    def files_of(self, job_id: int) -> Mapping[str, Path]:
        """Where each file of a job's result can be read, by its name; empty where the job has none.

        A path may be gone (somebody removed blobs by hand). Raises Transient where the journal is away.
        """
        ...
