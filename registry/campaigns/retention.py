"""How long campaign plans keep a row per customer: until nobody needs them any more, and never much longer.

The limit counts from a plan's last day. Plans that were sent during one roll-out go together, when the last of them is
that old: a look at it takes all of them, and what it noted would become another thing with some. Held for up to a
second limit, and no longer, are plans of a roll-out that still runs, and plans that ended after a trial was registered
which the gate has neither shipped nor stopped: its analysis may stand on them.

What stays has no customer in it: the plan's numbers, what came of requests, observations, evidence and decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, exists, select, update

from evenhand.registry import policies
from evenhand.registry.actor import SYSTEM
from evenhand.registry.campaigns.plans import Plan, count_rows, note
from evenhand.registry.campaigns.results import answered, refused
from evenhand.registry.tables import plan_rows, plans, results, segmentations
from evenhand.segments.canonical import Json

__all__ = ["expire", "is_due"]


def is_due(connection: Connection, *, limit: timedelta, now: datetime) -> bool:
    """Whether there are rows to be deleted."""
    return next(_due(connection, limit, now.date()), None) is not None


def expire(connection: Connection, *, limit: timedelta, now: datetime) -> list[Plan]:
    """Delete the rows and results of the oldest plan that is due, with those of its roll-out, and return these plans.

    One row of the audit log and one event each, by the system. Call it again until nothing is due: a turn to write is
    short that way.
    """
    found = next(_due(connection, limit, now.date()), [])
    for plan in found:
        _forget(connection, plan, now)
    return found


def _due(connection: Connection, limit: timedelta, today: date) -> Iterator[list[Plan]]:
    """Yield the plans that go together, the oldest first."""
    for together in _together(connection):
        over = max(plan.ends for plan in together) + limit
        if over <= today and (over + limit <= today or not _held(connection, together)):
            yield together


def _together(connection: Connection) -> list[list[Plan]]:
    """Return the plans that have rows, those of a roll-out in one list."""
    query = select(plans).where(exists().where(plan_rows.c.plan == plans.c.id)).order_by(plans.c.at, plans.c.id)
    found = dict[object, list[Plan]]()
    for plan in (Plan(*row) for row in connection.execute(query)):
        found.setdefault(plan.id if plan.request is None else plan.request, []).append(plan)
    return list(found.values())


def _held(connection: Connection, together: list[Plan]) -> bool:
    running = select(segmentations.c.name).where(segmentations.c.rolling_request == together[0].request)
    if together[0].request is not None and connection.execute(running).first():
        return True
    return any(trial.at.date() < plan.ends for trial in policies.open_trials(connection) for plan in together)


def _forget(connection: Connection, plan: Plan, now: datetime) -> None:
    left: dict[str, Json] = {
        "on": now.date().isoformat(),
        "customers": count_rows(connection, plan.id),
        "answered": answered(connection, plan.id),
        "refused": dict(refused(connection, plan.id)),
    }
    came = connection.execute(delete(results).where(results.c.plan == plan.id)).rowcount
    connection.execute(delete(plan_rows).where(plan_rows.c.plan == plan.id))
    document = {**plan.document, "forgotten": left}
    connection.execute(update(plans).where(plans.c.id == plan.id).values(document=document))
    note(connection, plan, "forget", {"customers": left["customers"], "results": came, "ended": plan.document["ends"]},
         actor=SYSTEM, now=now)  # fmt: skip
