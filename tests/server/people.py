"""Who the tests of the server are: a user and a key for each role, and a clock that stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import FastAPI

from evenhand.registry.actor import Actor
from evenhand.registry.identity import ROLES, Passwords, Role, add_user, create_key
from evenhand.server.auth.permissions import permissions_of

__all__ = ["CHEAP_HASHES", "LIFE", "OPERATOR", "PASSWORD", "Clock", "let_in", "user_of"]

CHEAP_HASHES = Passwords(8, 1)  # their cost is not what these tests are about
PASSWORD = "correct horse battery staple"
OPERATOR = Actor("system", "test")
LIFE = timedelta(days=30)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def user_of(role: Role) -> str:
    """Return the name of the user who has a role: `data_scientist` is `data.scientist`."""
    return role.replace("_", ".")


def let_in(app: FastAPI) -> dict[Role, str]:
    """Make a user for each role, and return a key of everything that the role may do."""
    deps, made = app.state.deps, dict[Role, str]()
    now = deps.clock()
    with deps.database.writing() as connection:
        for role in ROLES:
            name, permitted = user_of(role), permissions_of([role])
            password = None if role == "service" else PASSWORD
            add_user(connection, name, roles=[role], password=password, passwords=CHEAP_HASHES, actor=OPERATOR, now=now)
            made[role], _ = create_key(
                connection, name, name="test", scopes=permitted, permitted=permitted, life=LIFE, actor=OPERATOR, now=now
            )
    return made
