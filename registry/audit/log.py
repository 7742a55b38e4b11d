"""Writing to the audit log, in the transaction of what is written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, bindparam, column, insert, select, table, update

from evenhand.errors import ArtefactError, DataError
from evenhand.registry.actor import Actor, ActorKind
from evenhand.registry.audit.chain import Head, Link, hash_of
from evenhand.registry.tables import audit_head
from evenhand.registry.types import as_microseconds, document_text
from evenhand.segments.canonical import Json

__all__ = ["Draft", "Entry", "Row", "append", "append_all", "append_drafts", "draft", "head_of", "links"]

# The table as the chain sees it: whole numbers and texts as they are kept, which are what is hashed.
COLUMNS = (*Link._fields, "hash")
links = table("audit", *map(column, COLUMNS))

# Statements that every request runs are made once.
WRITE = insert(links)
READ_HEAD = select(audit_head.c.sequence, audit_head.c.hash)
HOLD_HEAD = READ_HEAD.with_for_update()
MOVE_HEAD = update(audit_head).where(audit_head.c.id == 1).values(sequence=bindparam("end"), hash=bindparam("its_hash"))

LONGEST = 200  # characters of an action, a subject or an actor's name


class Entry(NamedTuple):
    """What is to be written down. No personal data: customers appear by the opaque ids of `subjects`."""

    action: str  # such as `request.approve`
    subject: str  # what it was done to, such as `requests/12`
    details: Json
    actor: Actor
    now: datetime  # aware


class Draft(NamedTuple):
    """An entry that was found good, as it will be kept; only its place in the chain is missing."""

    id: str
    at: int  # microseconds since 1970, UTC
    actor_kind: ActorKind
    actor: str
    action: str
    subject: str
    details: str  # canonical JSON


class Row(NamedTuple):
    """Where an entry stands in the log."""

    sequence: int
    id: str
    hash: str


def append(connection: Connection, *, action: str, subject: str, details: Json, actor: Actor, now: datetime) -> Row:
    """Write one row at the end of the log, in the caller's transaction.

    DataError for an empty, overlong or unprintable name; RuleError for details that JSON cannot hold.
    """
    return append_all(connection, [Entry(action, subject, details, actor, now)])[0]


def append_all(connection: Connection, entries: Sequence[Entry]) -> list[Row]:
    """Write several rows at the end of the log, in their order and in the caller's transaction."""
    return append_drafts(connection, [draft(entry) for entry in entries])


def draft(entry: Entry) -> Draft:
    """Check an entry; what comes back can only fail to be written for the database's sake."""
    action, subject, details, actor, now = entry
    return Draft(
        id=uuid4().hex,
        at=as_microseconds(now),
        actor_kind=actor.kind,
        actor=_name("actor", actor.name),
        action=_name("action", action),
        subject=_name("subject", subject),
        details=document_text(details),
    )


def append_drafts(connection: Connection, drafts: Sequence[Draft]) -> list[Row]:
    """Chain checked entries to the end of the log and write them, in the caller's transaction."""
    if not drafts:
        return []
    head, rows, values = head_of(connection, lock=True), list[Row](), []
    for each in drafts:
        link = (head.sequence + 1, *each, head.hash)
        head = Head(link[0], hash_of(link))
        values.append(dict(zip(COLUMNS, (*link, head.hash), strict=True)))
        rows.append(Row(link[0], each.id, head.hash))
    connection.execute(WRITE, values)
    connection.execute(MOVE_HEAD, {"end": head.sequence, "its_hash": head.hash})
    return rows


def head_of(connection: Connection, *, lock: bool = False) -> Head:
    """Return where the log ends; `lock` keeps it there until the end of the transaction."""
    row = connection.execute(HOLD_HEAD if lock else READ_HEAD).one_or_none()
    if row is None:
        raise ArtefactError("the audit log has lost its head", mend="evenhand db restore, from a backup")
    return Head(*row)


def _name(field: str, value: str) -> str:
    if not value.isprintable() or not 0 < len(value) <= LONGEST:
        raise DataError(
            f"{value[:40]!r} cannot be kept", where=f"audit {field}", rule=f"1 to {LONGEST} printable characters"
        )
    return value
