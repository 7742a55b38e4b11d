"""One customer in all campaigns: to hand out what is known of them, and to forget them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from evenhand.registry.campaigns.results import Result
from evenhand.registry.tables import plan_rows, plans, results

__all__ = ["Contact", "contacts_of", "forget"]


class Contact(NamedTuple):
    """What one customer was to get by a plan, and what is known of it."""

    plan: str
    segmentation: str
    row: dict[str, Any]
    results: list[dict[str, Any]]  # refused ones too, with the reason


def contacts_of(connection: Connection, customer: str) -> list[Contact]:
    """Return everything that plans and results hold about a customer, the oldest plan first."""
    came = dict[str, list[dict[str, Any]]]()
    told = [results.c.plan, *(results.c[name] for name in Result._fields if name not in ("content", "customer"))]
    for row in connection.execute(select(*told).where(results.c.customer == customer).order_by(results.c.key)):
        known = {name: value for name, value in row._mapping.items() if value is not None and name != "plan"}
        came.setdefault(row.plan, []).append(known)
    joined = plan_rows.join(plans, plans.c.id == plan_rows.c.plan)
    query = select(plan_rows, plans.c.segmentation).select_from(joined).where(plan_rows.c.customer == customer)
    return [
        Contact(
            row["plan"], row["segmentation"],
            {name: value for name, value in row.items() if name not in ("plan", "customer", "segmentation")},
            came.get(row["plan"], []),
        )
        for row in connection.execute(query.order_by(plans.c.at, plans.c.id)).mappings()
    ]  # fmt: skip


def forget(connection: Connection, customer: str) -> None:
    """Delete a customer's rows from every plan and its results; what is counted without names stays."""
    for table in (results, plan_rows):
        connection.execute(delete(table).where(table.c.customer == customer))
