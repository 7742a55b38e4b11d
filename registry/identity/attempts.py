"""How often somebody may try to log in: counted in the database, so that all workers count together.

An attempt is written down as failed *before* the password is looked at, so that many at once cannot outrun the count;
one that turns out right is set right afterwards. Names and addresses are kept for a day at most.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from evenhand.errors import RefusedError
from evenhand.registry.identity.users import NAME
from evenhand.registry.tables import login_attempts as attempts

__all__ = ["Allowance", "TooManyError", "begin_attempt", "check_attempts", "succeed"]

KEPT = timedelta(days=1)


class Allowance(NamedTuple):
    """How many attempts may fail within a window of time."""

    window: timedelta = timedelta(minutes=15)
    pair: int = 5  # of one name from one address
    name: int = 20  # of one name, from anywhere
    address: int = 50  # from one address, whatever the name


class TooManyError(RefusedError):
    """Too many attempts failed; `retry_after` says in how many seconds another one is looked at."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too many attempts to log in have failed", where="log-in", rule="attempts are counted by name and address",
            mend=f"wait {retry_after} s, or ask an administrator",
        )  # fmt: skip
        self.retry_after = retry_after


def begin_attempt(connection: Connection, *, name: str, address: str, now: datetime) -> int:
    """Write an attempt down as failed and return its id.

    What cannot be a user's name is kept as empty: people type passwords into the wrong field.
    """
    connection.execute(delete(attempts).where(attempts.c.at < now - KEPT))
    row = {"name": _kept(name), "address": address[:64], "at": now, "ok": False}
    return int(connection.execute(insert(attempts).values(row).returning(attempts.c.id)).scalar_one())


def check_attempts(connection: Connection, id: int, *, allowance: Allowance, now: datetime) -> None:
    """Raise TooManyError when the attempts until this one, and with it, exceed what is allowed."""
    this = connection.execute(select(attempts).where(attempts.c.id == id)).one()
    by_name, by_address = attempts.c.name == this.name, attempts.c.address == this.address
    last = select(func.max(attempts.c.id)).where(by_name & by_address & attempts.c.ok).scalar_subquery()
    since_success = by_name & by_address & (attempts.c.id > func.coalesce(last, 0))
    for of, most in ((since_success, allowance.pair), (by_name, allowance.name), (by_address, allowance.address)):
        _within(connection, of & (attempts.c.id <= id), most, allowance.window, now)


def succeed(connection: Connection, id: int) -> None:
    """Set an attempt right."""
    connection.execute(update(attempts).where(attempts.c.id == id).values(ok=True))


def _within(connection: Connection, of: ColumnElement[bool], most: int, window: timedelta, now: datetime) -> None:
    recent = of & ~attempts.c.ok & (attempts.c.at > now - window)
    times = connection.execute(select(attempts.c.at).where(recent).order_by(attempts.c.id.desc()).limit(most + 1))
    found = list(times.scalars())
    if len(found) > most:
        raise TooManyError(
            max(1, math.ceil((found[most - 1] + window - now).total_seconds()))
        )  # the next one counts too


def _kept(name: str) -> str:
    return name if NAME.fullmatch(name) else ""
