"""API keys: `evh_<id>_<secret>`, shown once; scoped, ending, replaceable without a gap."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from evenhand.errors import ConflictError, DataError, MissingError, RefusedError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import append
from evenhand.registry.events import emit
from evenhand.registry.identity.users import User, find_user
from evenhand.registry.tables import keys
from evenhand.segments.canonical import Json

__all__ = ["Key", "create_key", "find_key", "get_key", "list_keys", "revoke_key", "rotate_key", "touch_key"]

PREFIX = "evh"
_FORM = re.compile(r"evh_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
NAME_MOST = 100
LIFE_MOST = timedelta(days=3_650)


class Key(NamedTuple):
    """What is known of a key; the secret is not: only its SHA-256, for it has 256 random bits."""

    id: str
    owner: str
    name: str  # what it is for, in the owner's words
    secret_hash: str
    scopes: tuple[str, ...]  # permissions; what the owner may not do, the key may not either
    expires_at: datetime | None
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    def works(self, now: datetime) -> bool:
        """Tell whether the key opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create_key(
    connection: Connection,
    owner: str,
    *,
    name: str,
    scopes: Iterable[str],
    permitted: Collection[str],
    life: timedelta,
    actor: Actor,
    now: datetime,
) -> tuple[str, Key]:
    """Make a key and return its text, which nobody can get again, and its record.

    RefusedError for scopes outside `permitted`; DataError for a bad name or life; ConflictError for an owner who is
    shut out.
    """
    user = find_user(connection, owner)
    if user.disabled:
        raise ConflictError(f"{owner} is shut out", where="owner", mend="let the user in again first")
    wanted = tuple(sorted(set(scopes)))
    if not wanted:
        raise DataError("no scope is given", where="scopes", rule="a key may do at least one thing")
    for scope in wanted:
        if scope not in permitted:
            raise RefusedError(f"{scope!r:.60} cannot be given", where="scopes", rule="a key may do what its owner may")
    if not timedelta(0) < life <= LIFE_MOST:
        raise DataError("the key's life is out of range", where="life", rule=f"up to {LIFE_MOST.days} days")
    text, key = _new(owner, _named(name), wanted, expires_at=now + life, now=now)
    connection.execute(insert(keys).values({**key._asdict(), "scopes": list(wanted)}))
    details = {"owner": owner, "scopes": list(wanted), "expires_at": now_text(key.expires_at)}
    _note(connection, key, "key.create", details, actor=actor, now=now)
    return text, key


def find_key(connection: Connection, text: str, *, now: datetime) -> tuple[Key, User] | None:
    """Return the key of a text and its owner; None when it is unknown, wrong, ended, or its owner was shut out."""
    parts = _FORM.fullmatch(text)
    row = connection.execute(select(keys).where(keys.c.id == parts[1])).one_or_none() if parts else None
    if parts is None or row is None or not hmac.compare_digest(row.secret_hash, _hash(parts[2])):
        return None
    key = _key(row)
    user = find_user(connection, key.owner)
    return (key, user) if key.works(now) and not user.disabled else None


def get_key(connection: Connection, id: str) -> Key:
    """Return the record of a key; MissingError when there is none."""
    row = connection.execute(select(keys).where(keys.c.id == id)).one_or_none()
    if row is None:
        raise MissingError(f"there is no key {id!r:.60}", where="keys")
    return _key(row)


def list_keys(connection: Connection, *, owner: str | None = None, after: str = "", limit: int = 100) -> list[Key]:
    """Return the keys of an owner, or of all, in the order of their ids, those behind `after`."""
    query = select(keys).where(keys.c.id > after).order_by(keys.c.id).limit(limit)
    rows = connection.execute(query if owner is None else query.where(keys.c.owner == owner))
    return [_key(row) for row in rows]


def rotate_key(
    connection: Connection, id: str, *, grace: timedelta, life: timedelta, actor: Actor, now: datetime
) -> tuple[str, Key]:
    """Replace a key by one of the same name and scopes; the old one works for `grace` more.

    ConflictError for a key that has ended.
    """
    old = _working(get_key(connection, id), now)
    ends = now + grace if old.expires_at is None else min(old.expires_at, now + grace)
    ended = {"expires_at": ends} | ({"revoked_at": now} if not grace else {})
    connection.execute(update(keys).where(keys.c.id == id).values(ended))
    text, key = _new(old.owner, old.name, old.scopes, expires_at=now + life, now=now)
    connection.execute(insert(keys).values({**key._asdict(), "scopes": list(key.scopes)}))
    details = {"owner": key.owner, "replaced_by": key.id, "until": now_text(ends)}
    _note(connection, old, "key.rotate", details, actor=actor, now=now)
    return text, key


def revoke_key(connection: Connection, id: str, *, actor: Actor, now: datetime) -> Key:
    """End a key at once; one that was revoked stays so."""
    key = get_key(connection, id)
    if key.revoked_at is not None:
        return key
    connection.execute(update(keys).where(keys.c.id == id).values(revoked_at=now))
    _note(connection, key, "key.revoke", {"owner": key.owner}, actor=actor, now=now)
    return key._replace(revoked_at=now)


def touch_key(connection: Connection, id: str, *, now: datetime) -> None:
    """Note when a key was used last; a clock that jumped back changes nothing."""
    earlier = keys.c.last_used_at.is_(None) | (keys.c.last_used_at < now)
    connection.execute(update(keys).where((keys.c.id == id) & earlier).values(last_used_at=now))


def now_text(instant: datetime | None) -> str | None:
    """Return an instant as text of ISO 8601."""
    return None if instant is None else instant.isoformat()


def _new(owner: str, name: str, scopes: tuple[str, ...], *, expires_at: datetime, now: datetime) -> tuple[str, Key]:
    id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    return f"{PREFIX}_{id}_{secret}", Key(id, owner, name, _hash(secret), scopes, expires_at, now, None, None)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _named(name: str) -> str:
    if not 0 < len(name) <= NAME_MOST or not name.isprintable():
        raise DataError("this is no name for a key", where="name", rule=f"1 to {NAME_MOST} printable characters")
    return name


def _working(key: Key, now: datetime) -> Key:
    if not key.works(now):
        raise ConflictError(f"the key {key.id} has ended", where="keys", mend="create another one")
    return key


def _note(connection: Connection, key: Key, verb: str, details: Json, *, actor: Actor, now: datetime) -> None:
    append(connection, action=verb, subject=f"keys/{key.id}", details=details, actor=actor, now=now)
    emit(connection, kind=verb, subject=f"keys/{key.id}", document=details, now=now)


def _key(row: Any) -> Key:
    return Key(**{**row._mapping, "scopes": tuple(row.scopes)})
