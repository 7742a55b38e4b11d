"""Campaign plans: kept with every row and its chances before anything is sent, and never changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from evenhand.errors import ConflictError, MissingError
from evenhand.registry import audit, events
from evenhand.registry.actor import Actor
from evenhand.registry.tables import plan_rows, plans, results
from evenhand.segments.canonical import Json

__all__ = [
    "Plan",
    "Row",
    "check_rows",
    "complete",
    "count_rows",
    "every",
    "get",
    "keep",
    "note",
    "of_request",
    "rows_of",
    "withdraw",
]

AT_ONCE = 5_000  # rows written or read in one query


class Plan(NamedTuple):
    """A campaign plan without its rows. `document` has what holds for all of them, `starts` and `ends` among it."""

    id: str
    segmentation: str
    version: int  # in force outside of a roll-out
    document: Any
    at: datetime
    request: int | None  # whose roll-out ran when it was made
    completed_at: datetime | None  # since when silence means that nothing happened

    @property
    def subject(self) -> str:
        """What the audit log calls it."""
        return f"campaign-plans/{self.id}"

    @property
    def ends(self) -> date:
        """First day after it."""
        return date.fromisoformat(self.document["ends"])

    @property
    def forgotten(self) -> Any:
        """What is left of its rows: counts, and the day on which they were deleted; None as long as they are kept."""
        return self.document.get("forgotten")


class Row(NamedTuple):
    """What one customer is to get, and with what chance."""

    customer: str
    arm: str
    segment: str
    planned: str  # campaign of the segment, as far as the customer is eligible
    campaign: str  # that is given
    eligible: int
    explored: bool
    exploration: float
    propensity: float
    baseline: Any  # features and protected attributes, as they were


def keep(
    connection: Connection, id: str, *, segmentation: str, version: int, request: int | None,
    document: Mapping[str, Json], rows: Sequence[Row], actor: Actor, now: datetime,
) -> Plan:  # fmt: skip
    """Keep a plan with its rows; the same plan again changes nothing.

    ConflictError where another plan of the segmentation covers one of its days: customers would hear twice.
    """
    known = connection.execute(select(plans).where(plans.c.id == id)).first()
    if known is not None:
        return Plan(*known)
    plan = Plan(id, segmentation, version, dict(document), now, request, None)
    _check_days(connection, plan)
    connection.execute(insert(plans).values(plan._asdict()))
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(insert(plan_rows), [{"plan": id, **row._asdict()} for row in rows[start : start + AT_ONCE]])
    details: dict[str, Json] = {"segmentation": segmentation, "version": version, "request": request,
                                "customers": len(rows), "starts": document["starts"]}  # fmt: skip
    note(connection, plan, "make", details, actor=actor, now=now)
    return plan


def get(connection: Connection, id: str) -> Plan:
    """Return a plan; MissingError when there is none of that id."""
    row = connection.execute(select(plans).where(plans.c.id == id)).first()
    if row is None:
        raise MissingError("there is no such campaign plan", where="campaign-plans")
    return Plan(*row)


def every(
    connection: Connection, *, segmentation: str | None = None, after: str | None = None, limit: int | None = None
) -> list[Plan]:
    """Return plans, the newest first: of one segmentation or of all, and only what comes behind the plan `after`."""
    query = select(plans).order_by(plans.c.at.desc(), plans.c.id.desc()).limit(limit)
    if segmentation is not None:
        query = query.where(plans.c.segmentation == segmentation)
    if after:
        last = get(connection, after)
        query = query.where(or_(plans.c.at < last.at, (plans.c.at == last.at) & (plans.c.id < last.id)))
    return [Plan(*row) for row in connection.execute(query)]


def of_request(connection: Connection, request: int) -> list[Plan]:
    """Return the plans that were made while the roll-out of a request ran, the oldest first."""
    query = select(plans).where(plans.c.request == request).order_by(plans.c.at, plans.c.id)
    return [Plan(*row) for row in connection.execute(query)]


def rows_of(connection: Connection, id: str, *, after: str = "", limit: int | None = None) -> list[Row]:
    """Return rows of a plan by customer: all of them, or at most `limit` behind a customer."""
    query = select(*(plan_rows.c[name] for name in Row._fields)).where(plan_rows.c.plan == id)
    if after:
        query = query.where(plan_rows.c.customer > after)
    return [Row(*row) for row in connection.execute(query.order_by(plan_rows.c.customer).limit(limit))]


def count_rows(connection: Connection, id: str) -> int:
    """Return how many customers a plan has by now: those who were erased are gone from it."""
    return int(
        connection.execute(select(func.count()).select_from(plan_rows).where(plan_rows.c.plan == id)).scalar_one()
    )


def complete(connection: Connection, plan: Plan, *, now: datetime) -> Plan:
    """Say that all results of a plan are in: whoever is not among them did nothing."""
    if plan.completed_at is not None:
        return plan
    connection.execute(update(plans).where(plans.c.id == plan.id).values(completed_at=now))
    return plan._replace(completed_at=now)


def withdraw(connection: Connection, id: str, *, actor: Actor, now: datetime) -> None:
    """Take back a plan that nobody sent; ConflictError once it has results, or is so old that its rows are gone."""
    plan = get(connection, id)
    check_rows(plan)
    if connection.execute(select(results.c.key).where(results.c.plan == id).limit(1)).first():
        raise ConflictError("it has results", where=plan.subject, rule="what was sent cannot be taken back")
    connection.execute(delete(plan_rows).where(plan_rows.c.plan == id))
    connection.execute(delete(plans).where(plans.c.id == id))
    note(connection, plan, "withdraw", {"segmentation": plan.segmentation}, actor=actor, now=now)


def check_rows(plan: Plan) -> None:
    """Raise ConflictError where the rows of a plan were deleted because of its age."""
    if plan.forgotten:
        raise ConflictError(
            f"its rows and results were deleted on {plan.forgotten['on']}", where=plan.subject,
            rule="they are kept for `plan_days` days after a plan's last day",
        )  # fmt: skip


def note(
    connection: Connection, plan: Plan, action: str, details: dict[str, Json], *, actor: Actor, now: datetime
) -> None:
    """Write down what was done to a plan: one row of the audit log, one event."""
    kind = f"plan.{action}"
    audit.append(connection, action=kind, subject=plan.subject, details=details, actor=actor, now=now)
    events.emit(connection, kind=kind, subject=plan.subject, document={**details, "actor": str(actor)}, now=now)


def _check_days(connection: Connection, plan: Plan) -> None:
    starts, ends = (date.fromisoformat(plan.document[name]) for name in ("starts", "ends"))
    for other in every(connection, segmentation=plan.segmentation):
        said = other.document
        if date.fromisoformat(said["starts"]) < ends and starts < date.fromisoformat(said["ends"]):
            raise ConflictError(
                f"plan {other.id} covers {said['starts']} up to {said['ends']}", where="starts",
                rule="one plan of a segmentation at a time: customers would hear twice",
                mend=f"start on {said['ends']}, or withdraw that plan if it was not sent",
            )  # fmt: skip
