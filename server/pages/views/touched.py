"""How many customers each request of a list touches, counted as its own page counts, and each only once."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection

from evenhand.errors import EvenhandError
from evenhand.registry.requests import Request
from evenhand.segments import canonical_json
from evenhand.server.pages.views.audience import audience_of
from evenhand.server.pages.views.request import affected_by, versions_of_request
from evenhand.server.serving.folders import NO_TABLE, Stamp, stamp_of

__all__ = ["touched_by"]

# Customer table, segmentation, base version, change: none of which ever changes.
Key: TypeAlias = tuple[Path, Stamp, str, int, str]
MOST = 10_000
_known: dict[Key, int | None] = {}


def touched_by(connection: Connection, request: Request, data_dir: Path) -> int | None:
    """Return how many customers a request touches; None where no table is here, or it fits no longer."""
    stamp = stamp_of(data_dir, request.segmentation)
    if stamp == NO_TABLE:
        return None
    key = (data_dir, stamp, request.segmentation, request.base_version, canonical_json(request.change))
    if key not in _known:
        if len(_known) >= MOST:
            _known.clear()
        _known[key] = _counted(connection, request, data_dir)
    return _known[key]


def _counted(connection: Connection, request: Request, data_dir: Path) -> int | None:
    try:
        before, after = versions_of_request(connection, request)
    except EvenhandError:
        return None
    audience = audience_of(data_dir, request.segmentation, before, after)
    return affected_by(before, after, audience)[0] if audience else None
