"""Lending one's voice: who judges in whose name, and for how long."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select

from evenhand.errors import ConflictError, DataError, RefusedError
from evenhand.registry import audit, events
from evenhand.registry.actor import Actor
from evenhand.registry.requests.rules import Delegation
from evenhand.registry.tables import delegations
from evenhand.registry.texts import line

__all__ = ["Lent", "delegate", "delegations_of", "end_delegation", "lent_by"]


class Lent(NamedTuple):
    """A delegation as it is kept."""

    id: int
    delegator: str
    delegate: str
    starts: datetime
    ends: datetime


def delegate(connection: Connection, to: str, *, starts: datetime, ends: datetime, actor: Actor, now: datetime) -> Lent:
    """Let another person judge in the actor's name for a while; RefusedError for programs."""
    if actor.kind != "user":
        raise RefusedError(f"a {actor.kind} has no voice to lend", rule="people delegate to people")
    name = line(to, what="delegate")
    if name == actor.name or not starts < ends or ends <= now:
        raise DataError(f"from {actor.name!r} to {name!r}, {starts:%Y-%m-%d} to {ends:%Y-%m-%d}", where="delegation",
                        rule="to somebody else, from an instant to a later one that has not passed")  # fmt: skip
    same = (delegations.c.delegator == actor.name) & (delegations.c.delegate == name) & (delegations.c.starts == starts)
    if connection.execute(select(delegations.c.id).where(same)).first():
        raise ConflictError("there is one from that instant already", where="delegation", mend="end that one first")
    row = {"delegator": actor.name, "delegate": name, "starts": starts, "ends": ends}
    id = int(connection.execute(insert(delegations).values(**row).returning(delegations.c.id)).scalar_one())
    _note_delegation(connection, "delegate", id, actor, name, now)
    return Lent(id, actor.name, name, starts, ends)


def end_delegation(connection: Connection, id: int, *, actor: Actor, now: datetime) -> None:
    """End a delegation; RefusedError unless the actor gave it."""
    found = next((one for one in delegations_of(connection, actor.name) if one.id == id), None)
    if found is None or found.delegator != actor.name or actor.kind != "user":
        raise RefusedError(f"{actor.name!r} gave no delegation {id}", rule="who delegates ends it")
    connection.execute(delete(delegations).where(delegations.c.id == id))
    _note_delegation(connection, "end_delegation", id, actor, found.delegate, now)


def delegations_of(connection: Connection, user: str) -> list[Lent]:
    """Return the delegations from and to a person, the oldest first."""
    name = line(user, what="user")
    theirs = or_(delegations.c.delegator == name, delegations.c.delegate == name)
    return [Lent(*row) for row in connection.execute(select(delegations).where(theirs).order_by(delegations.c.id))]


def lent_by(connection: Connection, people: Set[str]) -> list[Delegation]:
    """Return the delegations that these people ever gave."""
    query = select(delegations).where(delegations.c.delegator.in_(people))
    return [Delegation(*row[1:]) for row in connection.execute(query)]


def _note_delegation(connection: Connection, action: str, id: int, actor: Actor, name: str, now: datetime) -> None:
    subject, details = f"delegations/{id}", {"delegate": name}
    audit.append(connection, action=f"user.{action}", subject=subject, details=details, actor=actor, now=now)
    document = {**details, "actor": str(actor)}
    events.emit(connection, kind=f"user.{action}", subject=subject, document=document, now=now)
