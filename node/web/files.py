"""The files of a result."""

from pathlib import PurePath
from typing import Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from node.web.parameters import JobId
from node.web.sources import Sources

MEDIA_TYPES: Final = {".dcm": "application/dicom", ".png": "image/png", ".json": "application/json"}
SHOWN: Final = frozenset({".png", ".json"})
"""A browser shows these itself; the others it saves."""


class Files:
    """Only what the journal lists for the job; a name is never a path."""

    def __init__(self, sources: Sources) -> None:
        self._results = sources.results

    def router(self) -> APIRouter:
        """The address of a file."""
        router = APIRouter(tags=["results"])
        router.add_api_route("/jobs/{job_id}/files/{name}", self.file, response_class=FileResponse)
        return router

    def file(self, job_id: JobId, name: str) -> FileResponse:
        """One file of a job's result: seg.dcm, sr.dcm, overlay.dcm, overlay.png or findings.json."""
        path = self._results.files_of(job_id).get(name)
        if path is None:
            raise HTTPException(404, f"Job {job_id} has no such file.")
        if not path.is_file():
            raise HTTPException(404, f"{name} of job {job_id} is no longer in the data folder.")
        suffix = PurePath(name).suffix
        return FileResponse(
            path,
            media_type=MEDIA_TYPES.get(suffix, "application/octet-stream"),
            filename=f"job-{job_id}-{name}",
            content_disposition_type="inline" if suffix in SHOWN else "attachment",
        )
