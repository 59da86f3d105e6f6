"""Parameters of addresses that several of them share."""

from typing import Annotated

from fastapi import Path, Query

JobId = Annotated[int, Path(ge=1, le=2**63 - 1, description="Number of a job.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
