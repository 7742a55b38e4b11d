"""Plans of trials that were registered here before their data: the audit log is the register, so its order is proof.

What a caller says about when a plan was fixed counts for nothing: the time is that of the row.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from evenhand.errors import ConflictError
from evenhand.registry import audit
from evenhand.registry.actor import Actor
from evenhand.registry.audit.searching import MOST
from evenhand.registry.policies.record import get, noted

__all__ = ["Registered", "open_trials", "register_trial", "registered_trial", "registered_trials"]

REGISTER, DECIDE = "policy.register_trial", "policy.decide"  # actions of the rows


class Registered(NamedTuple):
    """That and when a plan was registered."""

    plan_sha256: str
    at: datetime
    by: str
    sequence: int  # of the audit log


def register_trial(connection: Connection, id: str, plan_sha256: str, *, actor: Actor, now: datetime) -> Registered:
    """Register the plan of a policy's trial; the same plan again changes nothing."""
    get(connection, id)
    known = _found(connection, id, plan_sha256)
    if known is None:
        noted(connection, id, "register_trial", {"plan_sha256": plan_sha256}, actor=actor, now=now)
        known = _found(connection, id, plan_sha256)
    if known is None:
        raise AssertionError("the row was written in this transaction")
    return known


def registered_trial(connection: Connection, id: str, plan_sha256: str) -> Registered:
    """Return when a plan of a policy's trial was registered; ConflictError where it was not."""
    found = _found(connection, id, plan_sha256)
    if found is None:
        raise ConflictError(
            f"nobody registered the plan {plan_sha256[:12]}… here", where=f"policy {id!r}",
            rule="a plan is registered with this server before its data are gathered",
            mend=f"POST /v1/policies/{id}/trials before the next trial",
        )  # fmt: skip
    return found


def registered_trials(connection: Connection, *, limit: int = MOST) -> list[tuple[str, Registered]]:
    """Return the newest registrations with their policies' ids, the newest first."""
    rows = audit.search(connection, action=REGISTER, limit=min(limit, MOST)).records
    return [
        (str(row.subject).removeprefix("policies/"),
         Registered(str(row.details["plan_sha256"]), row.at, row.actor.name, row.sequence))
        for row in rows
    ]  # fmt: skip


def open_trials(connection: Connection) -> list[Registered]:
    """Return the trials, of any policy, that the gate has neither shipped nor stopped, the newest first."""
    ended = {
        row.details.get("plan_sha256")
        for row in audit.search(connection, action=DECIDE, limit=MOST).records
        if row.details.get("verdict") in ("SHIP", "STOP")
    }
    return [one for _, one in registered_trials(connection) if one.plan_sha256 not in ended]


def _found(connection: Connection, id: str, plan_sha256: str) -> Registered | None:
    before: int | None = None
    while True:
        page = audit.search(connection, action=REGISTER, subject=f"policies/{id}", before=before, limit=MOST)
        for row in page.records:
            if row.details.get("plan_sha256") == plan_sha256:
                return Registered(plan_sha256, row.at, row.actor.name, row.sequence)
        if page.before is None:
            return None
        before = page.before
