"""What came back of a campaign plan, each row once, however often and in whatever order it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from evenhand.registry.campaigns.plans import AT_ONCE, Plan
from evenhand.registry.tables import results

__all__ = ["CONTRADICTS", "Result", "Tally", "add", "answered", "believed", "refused"]

CONTRADICTS = "contradicts"
_KEYS = 500  # in one query


class Result(NamedTuple):
    """One row of results: believed, or refused for a reason. What a refused row said is not kept."""

    key: str
    content: str
    reason: str
    customer: str
    time: str
    sent: str
    delivered: float | None = None
    opened: float | None = None
    clicked: float | None = None
    redeemed: float | None = None
    unsubscribed: float | None = None
    spend: float | None = None
    margin: float | None = None


class Tally(NamedTuple):
    """What became of the rows of one posting; `reasons` in their order, "" for what is believed."""

    reasons: tuple[str, ...]
    new: int  # believed, and not known before
    known: int  # believed, and known already
    written: int  # rows that the registry did not have, refused ones too

    @property
    def refused(self) -> dict[str, int]:
        """How many rows were refused, by reason."""
        return dict(Counter(reason for reason in self.reasons if reason))


def add(connection: Connection, plan: Plan, rows: Sequence[Result], *, now: datetime) -> Tally:
    """Add rows to what came back of a plan; what is known already changes nothing.

    A row with the key of an earlier one that says something else is refused: the first word stands.
    """
    contents = _contents(connection, plan.id, {row.key for row in rows})
    fresh, reasons, new, known = list[Result](), list[str](), 0, 0
    for given in rows:
        row = given if contents.get(given.key, given.content) == given.content else _contradicting(given)
        reasons.append(row.reason)
        if row.reason == CONTRADICTS and row.key not in contents:
            contents |= _contents(connection, plan.id, {row.key})
        if row.key not in contents:
            contents[row.key] = row.content
            fresh.append(row)
            new += not row.reason
        else:
            known += not row.reason
    for start in range(0, len(fresh), AT_ONCE):
        part = fresh[start : start + AT_ONCE]
        connection.execute(insert(results), [{"plan": plan.id, **row._asdict(), "at": now} for row in part])
    return Tally(tuple(reasons), new, known, len(fresh))


def believed(connection: Connection, plan: str) -> list[Result]:
    """Return what is believed of a plan, by key."""
    columns = [results.c[name] for name in Result._fields]
    query = select(*columns).where(results.c.plan == plan, results.c.reason == "").order_by(results.c.key)
    return [Result(*row) for row in connection.execute(query)]


def refused(connection: Connection, plan: str) -> dict[str, int]:
    """Return how many different rows were refused, by reason."""
    query = select(results.c.reason, func.count()).where(results.c.plan == plan, results.c.reason != "")
    rows = connection.execute(query.group_by(results.c.reason).order_by(results.c.reason))
    return {str(reason): int(count) for reason, count in rows}


def answered(connection: Connection, plan: str) -> int:
    """Return of how many customers anything is known."""
    query = select(func.count(results.c.customer.distinct())).where(results.c.plan == plan, results.c.reason == "")
    return int(connection.execute(query).scalar_one())


def _contents(connection: Connection, plan: str, keys: Iterable[str]) -> dict[str, str]:
    wanted, found = sorted(keys), dict[str, str]()
    for start in range(0, len(wanted), _KEYS):
        some = results.c.key.in_(wanted[start : start + _KEYS])
        rows = connection.execute(select(results.c.key, results.c.content).where(results.c.plan == plan, some))
        found.update((str(row.key), str(row.content)) for row in rows)
    return found


def _contradicting(row: Result) -> Result:
    key = "refused:" + sha256(f"{row.key}\n{row.content}".encode()).hexdigest()
    return Result(key, row.content, CONTRADICTS, row.customer, row.time, "")
