"""Sessions of people in browsers: a random token in a cookie, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from evenhand.registry.audit import append
from evenhand.registry.identity.users import User, find_user
from evenhand.registry.tables import sessions

__all__ = [
    "Session",
    "close_session",
    "drop_ended_sessions",
    "find_session",
    "hash_token",
    "open_session",
    "touch_session",
]

TOUCH = timedelta(minutes=1)  # how exactly `seen_at` is kept: a write for each request would cost too much


class Session(NamedTuple):
    """One log-in that goes on."""

    token_hash: str
    user: User
    csrf: str  # what a form must send back
    created_at: datetime
    expires_at: datetime
    seen_at: datetime

    def stale(self, now: datetime) -> bool:
        """Tell whether `seen_at` should be written again."""
        return now - self.seen_at >= TOUCH


def hash_token(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain hash cannot be reversed."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def open_session(connection: Connection, user: User, *, life: timedelta, now: datetime) -> tuple[str, Session]:
    """Log a user in: return a new token, which nobody can have known before, and its session."""
    token = secrets.token_urlsafe(32)
    session = Session(hash_token(token), user, secrets.token_urlsafe(32), now, now + life, now)
    connection.execute(insert(sessions).values({**session._asdict(), "user": user.name}))
    append(connection, action="session.open", subject=f"users/{user.name}", details={}, actor=user.actor, now=now)
    return token, session


def find_session(connection: Connection, token: str, *, idle: timedelta, now: datetime) -> Session | None:
    """Return the session of a token; None when there is none, when it ended, or when its user was shut out."""
    row = connection.execute(select(sessions).where(sessions.c.token_hash == hash_token(token))).one_or_none()
    if row is None or now >= row.expires_at or now - row.seen_at >= idle:
        return None
    user = find_user(connection, row.user)
    if user.disabled:
        return None
    return Session(row.token_hash, user, row.csrf, row.created_at, row.expires_at, row.seen_at)


def touch_session(connection: Connection, session: Session, *, now: datetime) -> None:
    """Note that a session was used; a clock that jumped back shortens nothing."""
    later = (sessions.c.token_hash == session.token_hash) & (sessions.c.seen_at < now)
    connection.execute(update(sessions).where(later).values(seen_at=now))


def close_session(connection: Connection, session: Session, *, now: datetime) -> None:
    """Log out."""
    actor = session.user.actor
    connection.execute(delete(sessions).where(sessions.c.token_hash == session.token_hash))
    append(connection, action="session.close", subject=f"users/{actor.name}", details={}, actor=actor, now=now)


def drop_ended_sessions(connection: Connection, *, idle: timedelta, now: datetime) -> None:
    """Forget sessions that have ended."""
    ended = (sessions.c.expires_at <= now) | (sessions.c.seen_at <= now - idle)
    connection.execute(delete(sessions).where(ended))
