"""Writes that are repeated: the same key gets the same answer, and the work is done once.

`begin` and `finish` stand in the transaction of the work itself. Writers take turns, so of two that come at once the
second finds the first one's answer, or, when that failed and was undone, does the work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from evenhand.errors import ConflictError, DataError
from evenhand.registry.actor import Actor
from evenhand.registry.tables import idempotency

__all__ = ["KEPT", "LONGEST", "Answer", "begin", "expire", "finish"]

KEPT = timedelta(hours=24)  # how long an answer can be asked for again
LONGEST = 200  # characters of a key


class Answer(NamedTuple):
    """What was answered the first time."""

    status: int
    body: bytes
    headers: dict[str, str]


def begin(connection: Connection, *, actor: Actor, key: str, request_sha256: str, now: datetime) -> Answer | None:
    """Return the answer that this actor's key has had, or None: then do the work, and `finish` it.

    DataError for an unusable key. ConflictError when the key came with another request, or when its work was begun in
    a transaction that is over, without an answer.
    """
    if not key.isprintable() or not 0 < len(key) <= LONGEST:
        raise DataError(f"{key[:40]!r} is no key", where="Idempotency-Key", rule=f"1 to {LONGEST} printable characters")
    known = connection.execute(select(idempotency).where(_is(actor, key))).one_or_none()
    if known is not None and now - known.at <= KEPT:
        _check_same(known.request_sha256, known.status, request_sha256)
        return Answer(known.status, known.body, known.headers)
    connection.execute(delete(idempotency).where(_is(actor, key)))
    row = {"actor": str(actor), "key": key, "request_sha256": request_sha256, "at": now}
    connection.execute(insert(idempotency).values(row))
    return None


def finish(connection: Connection, *, actor: Actor, key: str, answer: Answer) -> None:
    """Keep the answer to what `begin` began."""
    connection.execute(update(idempotency).where(_is(actor, key)).values(answer._asdict()))


def expire(connection: Connection, *, now: datetime) -> int:
    """Forget the answers that are older than `KEPT`, and return how many."""
    return connection.execute(delete(idempotency).where(idempotency.c.at < now - KEPT)).rowcount


def _is(actor: Actor, key: str) -> ColumnElement[bool]:
    return and_(idempotency.c.actor == str(actor), idempotency.c.key == key)


def _check_same(sha256: str, status: int | None, wanted: str) -> None:
    if sha256 != wanted:
        raise ConflictError(
            "this key came with another request before",
            where="Idempotency-Key",
            rule="one key, one request",
            mend="make a new key for a new request",
        )
    if status is None:
        raise ConflictError(
            "the first request with this key is at work or was given up",
            where="Idempotency-Key",
            mend="look whether it took effect, then use a new key",
        )
