"""The log: one JSON object a line on standard error, with the request's id, and nothing about persons.

Neither bodies nor addresses, names nor query strings are logged, and of an exception its type and its place, never
its message: messages quote values.
"""

from __future__ import annotations

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

__all__ = ["JsonLines", "Log", "configuration", "configure", "current_request", "log", "said_of"]

NAME = "evenhand"
PLACES = 12  # innermost frames that are logged
current_request: ContextVar[str | None] = ContextVar("current_request", default=None)  # its id, in each of its lines
_text = json.JSONEncoder(ensure_ascii=False, default=str).encode


def said_of(error: BaseException) -> dict[str, Any]:
    """Return the type of an exception and where it was raised, innermost frame last."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


class Log:
    """Lines of an event and what is said of it: `log.info("request", status=200)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **said: Any) -> None:
        """Say what happened as it should."""
        self._logger.info(event, extra={"said": said})

    def warning(self, event: str, **said: Any) -> None:
        """Say what somebody may want to mend."""
        self._logger.warning(event, extra={"said": said})

    def error(self, event: str, **said: Any) -> None:
        """Say what somebody must mend."""
        self._logger.error(event, extra={"said": said})


log = Log(NAME)


class JsonLines(logging.Formatter):
    """Writes each record as one line of JSON, uvicorn's as well as ours."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of an exception, what may be said of it."""
        line: dict[str, Any] = {**getattr(record, "said", {}), "event": record.getMessage()}
        if (request := current_request.get()) is not None:
            line["request_id"] = request
        line["level"] = record.levelname.lower()
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        if record.exc_info and record.exc_info[1] is not None:
            line |= said_of(record.exc_info[1])
        return _text(line)


def configuration(level: str) -> dict[str, Any]:
    """Return the logging configuration (`logging.config` form), for uvicorn's own lines as well as ours."""
    one = {"handlers": ["lines"], "level": level.upper(), "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {NAME: one, "uvicorn": one, "uvicorn.error": one, "uvicorn.access": {**one, "handlers": []}},
        "root": {"handlers": ["lines"], "level": "WARNING"},
    }


def configure() -> None:
    """Keep the log to ourselves until `configuration` says where it goes: a library is silent."""
    logger = logging.getLogger(NAME)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
