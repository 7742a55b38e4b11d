"""The seam where identities come in: who is it that shows these credentials?

The embedded default compares a password. An OIDC log-in would be a second class here: its `identify` takes the code and
state that the provider sent back, exchanges and verifies the ID token (issuer, audience, nonce, signature), maps the
provider's groups to roles, adds or changes the user by `evenhand.registry.identity`, and returns that user. Sessions,
permissions and the audit log know nothing of the difference.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from evenhand.errors import MissingError
from evenhand.registry.database import Database
from evenhand.registry.identity import (
    Allowance,
    Passwords,
    User,
    begin_attempt,
    check_attempts,
    find_user,
    renew_hash,
    succeed,
)
from evenhand.server.problems import Problem

__all__ = ["Credentials", "Identifier", "PasswordIdentifier"]


class Credentials(NamedTuple):
    """What somebody shows at the door."""

    name: str
    password: str
    address: str  # where the request came from


class Identifier(Protocol):
    """Makes out who somebody is."""

    def identify(self, database: Database, credentials: Credentials, *, now: datetime) -> User:
        """Return the user; the problem `unauthenticated` when they are not who they say, TooManyError after too many.

        Runs in a thread of its own: it may take its time.
        """
        ...


class PasswordIdentifier:
    """Compares passwords, and counts attempts in the database."""

    def __init__(self, passwords: Passwords, allowance: Allowance) -> None:
        self.passwords, self.allowance = passwords, allowance

    def identify(self, database: Database, credentials: Credentials, *, now: datetime) -> User:
        """Return the user of a name and a password; unknown, shut out and wrong take the same time and answer."""
        name, password, address = credentials
        with database.writing() as connection:
            attempt = begin_attempt(connection, name=name, address=address, now=now)
        with database.reading() as connection:
            check_attempts(connection, attempt, allowance=self.allowance, now=now)
            user = _known(connection, name)
        matches = self.passwords.matches(user.password_hash if user else None, password)
        if user is None or user.disabled or not matches:
            raise Problem("unauthenticated", "the name or the password is wrong")
        kept = user.password_hash or ""
        renewed = self.passwords.hash(password) if self.passwords.outdated(kept) else None
        with database.writing() as connection:
            succeed(connection, attempt)
            if renewed:
                renew_hash(connection, user, renewed)
        return user


def _known(connection: Connection, name: str) -> User | None:
    try:
        return find_user(connection, name)
    except MissingError:
        return None
