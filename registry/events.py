"""One event for each change of state, written in the same transaction, for whoever delivers them later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from evenhand.registry.tables import events
from evenhand.segments.canonical import Json

__all__ = ["Event", "delivered", "emit", "waiting"]


class Event(NamedTuple):
    """Something that others may want to be told."""

    id: int  # in the order of writing
    at: datetime
    kind: str  # such as `request.approved`
    subject: str  # such as `requests/12`
    document: Any
    delivered_at: datetime | None


def emit(connection: Connection, *, kind: str, subject: str, document: Json, now: datetime) -> int:
    """Write an event into the caller's transaction and return its id."""
    row = {"at": now, "kind": kind, "subject": subject, "document": document}
    return int(connection.execute(insert(events).values(row).returning(events.c.id)).scalar_one())


def waiting(connection: Connection, *, limit: int = 100) -> list[Event]:
    """Return the oldest events that were not delivered yet."""
    rows = select(events).where(events.c.delivered_at.is_(None)).order_by(events.c.id).limit(limit)
    return [Event(*row) for row in connection.execute(rows)]


def delivered(connection: Connection, ids: Iterable[int], *, now: datetime) -> None:
    """Note that events have been delivered; those that were before keep their time."""
    these = events.c.id.in_(list(ids)) & events.c.delivered_at.is_(None)
    connection.execute(update(events).where(these).values(delivered_at=now))
