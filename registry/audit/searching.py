"""Looking things up in the audit log, newest first, page by page."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnClause, ColumnElement, Connection, Row, func, select, true

from evenhand.errors import DataError
from evenhand.registry.actor import Actor
from evenhand.registry.audit.log import links
from evenhand.registry.types import as_instant, as_microseconds

__all__ = ["MOST", "Page", "Record", "count", "search"]

MOST = 1000  # records on a page


class Record(NamedTuple):
    """A row of the log, for people."""

    sequence: int
    id: str
    at: datetime  # UTC
    actor: Actor
    action: str
    subject: str
    details: Any
    hash: str


class Page(NamedTuple):
    """Some records, and where the next page begins."""

    records: list[Record]
    before: int | None  # hand it to `search` for the next page; None: this is the last one


def search(
    connection: Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Page:
    """Return the newest rows that meet all the filters given.

    `actor`, `action` and `subject` are whole names; an action that ends in `.` means all that begin so (`request.`).
    `since` is included, `until` is not; `before` comes from the page before. Pages are cut by sequence, so rows that
    come in between neither double nor hide one. DataError for a limit that is not 1 to 1000.
    """
    if not 1 <= limit <= MOST:
        raise DataError(f"a limit of {limit} is not possible", where="limit", rule=f"1 to {MOST}")
    wanted = _wanted(actor, action, subject, since, until)
    if before is not None:
        wanted.append(links.c.sequence < before)
    query = select(links).where(*wanted).order_by(links.c.sequence.desc()).limit(limit + 1)
    rows = connection.execute(query).all()
    records = [_record(row) for row in rows[:limit]]
    return Page(records, records[-1].sequence if len(rows) > limit else None)


def count(
    connection: Connection,
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Return how many rows `search` would return on all its pages."""
    query = select(func.count()).select_from(links).where(*_wanted(actor, action, subject, since, until))
    return int(connection.execute(query).scalar_one())


def _wanted(
    actor: str | None, action: str | None, subject: str | None, since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    """Return the conditions that a search and its count share."""
    return [true(), *_named(actor=actor, action=action, subject=subject), *_timed(since, until)]


def _named(**names: str | None) -> list[ColumnElement[bool]]:
    return [_name(links.c[field], name) for field, name in names.items() if name is not None]


def _name(field: ColumnClause[str], name: str) -> ColumnElement[bool]:
    if field.name == "action" and name.endswith("."):
        return func.substr(field, 1, len(name)) == name  # LIKE minds no case on SQLite
    return field == name


def _timed(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if since is not None:
        filters.append(links.c.at >= as_microseconds(since))
    if until is not None:
        filters.append(links.c.at < as_microseconds(until))
    return filters


def _record(row: Row[Any]) -> Record:
    actor = Actor(row.actor_kind, row.actor)
    at, details = as_instant(row.at), json.loads(row.details)
    return Record(row.sequence, row.id, at, actor, row.action, row.subject, details, row.hash)
