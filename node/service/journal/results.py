"""The files of a result: as they are made, and where whoever reads them finds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ResultObject:
    """One file of a result. The UIDs are empty for what is not DICOM, and that never leaves for a PACS."""

    role: str
    file_name: str
    content: bytes = field(repr=False)
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    transfer_syntax_uid: str = ""


class ResultFiles(Protocol):
    """Reads; never writes. ``store`` implements it over journal and blobs."""

    def files_of(self, job_id: int) -> Mapping[str, Path]:
        """Where each file of a job's result can be read, by its name; empty where the job has none.

        A path may be gone (somebody removed blobs by hand). Raises Transient where the journal is away.
        """
        ...
