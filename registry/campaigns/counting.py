"""Campaign plans in counts, worked out by the database: no row of a customer leaves it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Connection, Integer, Text, and_, case, cast, func, or_, select

from evenhand.registry.tables import plan_rows, results
from evenhand.registry.types import Instant

__all__ = ["Cell", "Stamp", "cells_of", "stamp_of", "stayed"]


class Cell(NamedTuple):
    """Customers of a plan who are alike in arm, segment, campaign and groups, and what is known of them."""

    arm: str
    segment: str
    campaign: str  # that they were given
    groups: dict[str, str | None]  # by protected attribute, as they were; None: not known
    customers: int
    answered: int  # of whom anything came back
    told_opened: int  # of whom it is known whether they opened
    told_redeemed: int
    engaged: int  # opened, clicked or redeemed
    redeemed: int


class Stamp(NamedTuple):
    """What a plan's counts stand on: while it stays the same, so do they."""

    customers: int
    results: int
    newest: datetime | None
    completed_at: datetime | None


def stamp_of(connection: Connection, plan: str, completed_at: datetime | None) -> Stamp:
    """Return the stamp of a plan: an erasure, a result or its completion makes it another one."""
    rows = connection.execute(select(func.count()).where(plan_rows.c.plan == plan)).scalar_one()
    query = select(func.count(), func.max(results.c.at, type_=Instant)).where(results.c.plan == plan)
    count, newest = connection.execute(query).one()
    return Stamp(int(rows), int(count), newest, completed_at)


def cells_of(connection: Connection, plan: str) -> list[Cell]:
    """Return the customers of a plan who are still there, counted by arm, segment, campaign and groups.

    Several results of a customer are parts of one answer: yes wins over no.
    """
    came = results.c
    answers = (
        select(came.customer, *(func.max(came[name]).label(name) for name in ("opened", "clicked", "redeemed")))
        .where(came.plan == plan, came.reason == "")
        .group_by(came.customer)
        .subquery()
    )
    row, told = plan_rows.c, answers.c
    groups = _protected(connection).label("groups")
    engaged = or_(*(told[name] > 0 for name in ("opened", "clicked", "redeemed")))
    by = (row.arm, row.segment, row.campaign, groups)
    query = (
        select(
            *by, func.count(), func.count(told.customer), func.count(told.opened), func.count(told.redeemed),
            _number(engaged), _number(told.redeemed > 0),
        )
        .select_from(plan_rows.outerjoin(answers, told.customer == row.customer))
        .where(row.plan == plan)
        .group_by(*by)
        .order_by(*by)
    )  # fmt: skip
    return [
        Cell(arm, segment, campaign, json.loads(told) if told else {}, *(int(n) for n in counts))
        for arm, segment, campaign, told, *counts in connection.execute(query)
    ]


def stayed(connection: Connection, before: str, after: str) -> dict[str, tuple[int, int]]:
    """Return, by segment of the plan `before`, its customers and how many are in the same segment in `after`."""
    old, new = plan_rows.alias("old"), plan_rows.alias("new")
    same = and_(new.c.plan == after, new.c.customer == old.c.customer, new.c.segment == old.c.segment)
    query = (
        select(old.c.segment, func.count(), func.count(new.c.customer))
        .select_from(old.outerjoin(new, same))
        .where(old.c.plan == before)
        .group_by(old.c.segment)
    )
    return {str(segment): (int(members), int(still)) for segment, members, still in connection.execute(query)}


def _number(holds: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((holds, 1), else_=0)), 0, type_=Integer)


def _protected(connection: Connection) -> ColumnElement[Any]:
    """Return the groups of a row as JSON text; each database reads JSON by a function of its own."""
    if connection.dialect.name == "postgresql":
        return func.json_extract_path_text(cast(plan_rows.c.baseline, JSON), "protected", type_=Text)
    return func.json_extract(plan_rows.c.baseline, "$.protected", type_=Text)
