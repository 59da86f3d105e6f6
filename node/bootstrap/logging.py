"""The log: one JSON object a line on stderr, without patient data."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any, Final

import structlog
from structlog.typing import Processor

from node.settings import LogSettings

PATIENT_KEYS: Final = frozenset({"patient_id", "patient_name", "patient_birth_date", "accession_number", "dataset"})
"""Keys that never reach the log, whoever binds them."""


def _without_patient(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    for key in PATIENT_KEYS & event.keys():
        event[key] = "(withheld)"
    return event


def _with_role(role: str, _logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    event["role"] = role  # of the process, so in threads too
    return event


def configure_logging(settings: LogSettings, role: str) -> None:
    """Send structlog's and the standard library's records to stderr, marked with ``role``: JSON lines, or text.

    The libraries underneath (pynetdicom, SQLAlchemy, numba) speak from WARNING on: below that pynetdicom logs
    attributes of what it receives.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        partial(_with_role, role),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_patient,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_renderers(settings.format),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("node").setLevel(settings.level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _renderers(form: str) -> list[Processor]:
    if form == "text":
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
