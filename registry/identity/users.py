"""Users, people and programs alike: made, changed, shut out; never deleted, since the audit log names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from evenhand.errors import ConflictError, DataError, MissingError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import append
from evenhand.registry.events import emit
from evenhand.registry.identity.passwords import Passwords, check_password
from evenhand.registry.identity.roles import Role, check_roles
from evenhand.registry.tables import sessions, users
from evenhand.segments.canonical import Json

__all__ = [
    "NAME",
    "User",
    "add_user",
    "change_user",
    "check_name",
    "find_user",
    "list_users",
    "renew_hash",
    "set_password",
]

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
DISPLAY_MOST = 100


class User(NamedTuple):
    """One who may come in; the hash of the password is None for one who cannot log in by password."""

    name: str
    display: str
    roles: tuple[Role, ...]
    password_hash: str | None
    disabled: bool
    created_at: datetime

    @property
    def actor(self) -> Actor:
        """How the audit log names this user."""
        return Actor("service" if self.roles == ("service",) else "user", self.name)


def check_name(name: str) -> str:
    """Return a user's name; DataError unless it is lower-case letters, digits, dots, dashes and underscores."""
    if not NAME.fullmatch(name):
        raise DataError(
            f"{name!r:.60} is no name for a user",
            where="name",
            rule="1 to 63 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit",
            mend="such as ann.smith",
        )
    return name


def find_user(connection: Connection, name: str) -> User:
    """Return a user; MissingError when there is none of this name."""
    row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    if row is None:
        raise MissingError(f"there is no user {name!r:.60}", where="users")
    return _user(row)


def list_users(connection: Connection, *, after: str = "", limit: int = 100) -> list[User]:
    """Return users in the order of their names, those behind `after`."""
    query = select(users).where(users.c.name > after).order_by(users.c.name).limit(limit)
    return [_user(row) for row in connection.execute(query)]


def add_user(
    connection: Connection,
    name: str,
    *,
    roles: Iterable[str],
    display: str = "",
    password: str | None = None,
    passwords: Passwords | None = None,
    actor: Actor,
    now: datetime,
) -> User:
    """Make a user. Without a password it cannot log in by one; a service never can.

    DataError for a bad name, role or password; ConflictError when the name is taken.
    """
    check_name(name)
    made = check_roles(roles)
    if connection.execute(select(users.c.name).where(users.c.name == name)).first():
        raise ConflictError(f"the name {name} is taken", where="name", mend="take another; names are never freed")
    kept = _kept(password, name=name, roles=made, passwords=passwords)
    user = User(name, _display(display or name), made, kept, False, now)
    connection.execute(insert(users).values({**user._asdict(), "roles": list(made)}))
    _note(connection, user, "user.add", {"roles": list(made)}, actor=actor, now=now)
    return user


def change_user(
    connection: Connection,
    name: str,
    *,
    display: str | None = None,
    roles: Iterable[str] | None = None,
    disabled: bool | None = None,
    actor: Actor,
    now: datetime,
) -> User:
    """Change what is given of a user; one who is shut out, or has other roles than before, is logged out.

    ConflictError where nobody would be left to administrate.
    """
    before = find_user(connection, name)
    after = before._replace(
        display=before.display if display is None else _display(display),
        roles=before.roles if roles is None else check_roles(roles),
        disabled=before.disabled if disabled is None else disabled,
    )
    if after == before:
        return before
    _still_administrated(connection, before, after)
    changed = {"display": after.display, "roles": list(after.roles), "disabled": after.disabled}
    if "service" in after.roles:
        changed["password_hash"] = None
        after = after._replace(password_hash=None)
    connection.execute(update(users).where(users.c.name == name).values(changed))
    if (after.roles, after.disabled) != (before.roles, before.disabled):
        connection.execute(delete(sessions).where(sessions.c.user == name))
    details: Json = {"roles": list(after.roles), "disabled": after.disabled}
    _note(connection, after, "user.change", details, actor=actor, now=now)
    return after


def set_password(
    connection: Connection, name: str, password: str, *, passwords: Passwords, actor: Actor, now: datetime
) -> User:
    """Give a user another password and end all sessions of that user; DataError for a bad one, or for a service."""
    user = find_user(connection, name)
    kept = _kept(password, name=name, roles=user.roles, passwords=passwords)
    connection.execute(update(users).where(users.c.name == name).values(password_hash=kept))
    connection.execute(delete(sessions).where(sessions.c.user == name))
    _note(connection, user, "user.set_password", {}, actor=actor, now=now)
    return user._replace(password_hash=kept)


def renew_hash(connection: Connection, user: User, kept: str) -> None:
    """Keep the same password at another cost, unless it was changed meanwhile."""
    same = (users.c.name == user.name) & (users.c.password_hash == user.password_hash)
    connection.execute(update(users).where(same).values(password_hash=kept))


def _kept(password: str | None, *, name: str, roles: tuple[Role, ...], passwords: Passwords | None) -> str | None:
    if password is None:
        return None
    if "service" in roles:
        raise DataError("a service has no password", where="password", rule="programs use API keys",
                        mend="evenhand key create")  # fmt: skip
    return (passwords or Passwords()).hash(check_password(password, name=name))


def _display(text: str) -> str:
    if not 0 < len(text) <= DISPLAY_MOST or not text.isprintable() or not text.strip():
        raise DataError("this cannot be shown as a name", where="display",
                        rule=f"1 to {DISPLAY_MOST} printable characters")  # fmt: skip
    return text


def _still_administrated(connection: Connection, before: User, after: User) -> None:
    """Refuse to shut out the last administrator: nobody could let anyone in again."""

    def administrates(user: User) -> bool:
        return "administrator" in user.roles and not user.disabled

    if not administrates(before) or administrates(after):
        return
    others = (_user(row) for row in connection.execute(select(users).where(users.c.name != before.name)))
    if not any(administrates(user) for user in others):
        raise ConflictError(
            f"{before.name} is the last administrator", where="users", rule="one administrator stays",
            mend="make another one first",
        )  # fmt: skip


def _note(connection: Connection, user: User, verb: str, details: Json, *, actor: Actor, now: datetime) -> None:
    append(connection, action=verb, subject=f"users/{user.name}", details=details, actor=actor, now=now)
    emit(connection, kind=verb, subject=f"users/{user.name}", document=details, now=now)


def _user(row: Any) -> User:
    return User(**{**row._mapping, "roles": tuple(row.roles)})
