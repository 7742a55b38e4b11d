"""The log: one JSON object a line on standard error, with the request's id, and nothing about persons.

Neither bodies nor addresses, names nor query strings are logged, and of an exception its type and its place, never
its message: messages quote values.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

import structlog

__all__ = ["configuration", "configure", "log", "said_of"]

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
log = structlog.stdlib.get_logger("evenhand")
PLACES = 12  # innermost frames that are logged


def said_of(error: BaseException) -> dict[str, Any]:
    """Return the type of an exception and where it was raised, innermost frame last."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _plain_exception(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace an exception in a line by what may be said of it."""
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    return {**event, **said_of(error)} if isinstance(error, BaseException) else event


def configuration(level: str) -> dict[str, Any]:
    """Return the logging configuration (`logging.config` form), for uvicorn's own lines as well as ours."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": _SHARED,
        "processors": [
            _plain_exception,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    }
    one = {"handlers": ["lines"], "level": level.upper(), "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {"evenhand": one, "uvicorn": one, "uvicorn.error": one, "uvicorn.access": {**one, "handlers": []}},
        "root": {"handlers": ["lines"], "level": "WARNING"},
    }


def configure() -> None:
    """Let structlog write through the standard library's logging; what is shown, `configuration` says."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


logging.getLogger("evenhand").addHandler(logging.NullHandler())  # a library is silent until it is configured
