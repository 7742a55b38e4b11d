"""What happens by itself: scheduled requests come, old ones expire, newer ones take the place of others."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from evenhand.errors import ConflictError, RefusedError
from evenhand.registry import segmentations
from evenhand.registry.actor import SYSTEM, Actor
from evenhand.registry.requests.record import Request, contributors, get, move
from evenhand.registry.requests.rollout import apply, start
from evenhand.registry.requests.states import OPEN
from evenhand.registry.tables import requests

__all__ = ["expire_due", "start_due", "supersede", "waits_for_time"]


def waits_for_time(connection: Connection, *, now: datetime) -> bool:
    """Whether `start_due` or `expire_due` may find something: to look before taking a turn at writing."""
    c = requests.c
    come = (c.state == "scheduled") & (c.scheduled_for <= now)
    over = c.state.in_(OPEN) & (c.expires_at <= now)
    return connection.execute(select(c.id).where(come | over).limit(1)).first() is not None


def start_due(connection: Connection, *, now: datetime) -> list[Request]:
    """Apply or start the requests whose time has come, the earliest first, and return them.

    One that cannot come now, since its segmentation is frozen or another roll-out runs, stays scheduled.
    """
    due = (requests.c.state == "scheduled") & (requests.c.scheduled_for <= now)
    query = select(requests.c.id).where(due).order_by(requests.c.scheduled_for, requests.c.id)
    come = []
    for id in connection.execute(query).scalars().all():
        request = get(connection, id)  # as it is by now: one that came before may have changed it
        record = segmentations.get(connection, request.segmentation)
        if request.state == "scheduled" and not record.frozen and record.rolling_request is None:
            come.append((apply if request.share is None else start)(connection, id, actor=SYSTEM, now=now))
    return come


def expire_due(connection: Connection, *, now: datetime) -> list[Request]:
    """Expire the open requests whose time is over, and return them."""
    over = requests.c.state.in_(OPEN) & (requests.c.expires_at <= now)
    rows = connection.execute(select(requests).where(over).order_by(requests.c.id)).all()
    return [
        move(connection, Request(*row), "expire", actor=SYSTEM, now=now, values={"scheduled_for": None}) for row in rows
    ]


def supersede(connection: Connection, id: int, *, by: int, actor: Actor, now: datetime) -> Request:
    """Let a newer request of the same segmentation take the place of an open one; the system's to do, or a policy's.

    A policy may do it with its own recommendations only, as long as no person has edited them.
    """
    request, newer = get(connection, id), get(connection, by)
    if newer.id <= request.id or newer.segmentation != request.segmentation or newer.state not in OPEN:
        raise ConflictError(f"requests/{by} cannot take its place", where=request.subject,
                            rule="a newer open request of the same segmentation does")  # fmt: skip
    own = actor.kind == "policy" and all(_wrote(connection, actor, one) for one in (request, newer))
    if actor.kind != "system" and not own:
        raise RefusedError(f"{actor.name!r} cannot do that", where=request.subject,
                           rule="people withdraw or reject; a policy supersedes its own")  # fmt: skip
    return move(connection, request, "supersede", actor=actor, now=now, details={"by": newer.subject},
                values={"scheduled_for": None})  # fmt: skip


def _wrote(connection: Connection, policy: Actor, request: Request) -> bool:
    """Whether a policy is the author, and no person has edited it since."""
    people = any(one.kind == "user" for one in contributors(connection, request.id))
    return (request.author_kind, request.author) == policy and not people
