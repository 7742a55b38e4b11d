"""The kill switch of a segmentation: one person turns it on at once, a second one turns it off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from evenhand.errors import ConflictError
from evenhand.registry import segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.requests.record import get
from evenhand.registry.requests.rollout import halt
from evenhand.registry.requests.rules import check_second_person
from evenhand.registry.segmentations import Record, note
from evenhand.registry.tables import segmentations as table
from evenhand.registry.texts import paragraph

__all__ = ["freeze", "unfreeze"]


def freeze(connection: Connection, name: str, *, reason: str, actor: Actor, now: datetime) -> Record:
    """Return to the version that was last in force for everybody, and stay there.

    A running roll-out is stopped; nothing is recommended and nothing comes into force until a second person unfreezes.
    """
    record = segmentations.get(connection, name)
    if record.frozen:
        raise ConflictError(f"{record.frozen_by!r} has frozen it already", where=f"segmentation {name!r}")
    why = paragraph(reason, what="reason")
    if record.rolling_request is not None:
        halt(connection, get(connection, record.rolling_request), reason=f"frozen: {why}", actor=actor, now=now)
    values = {"frozen_at": now, "frozen_by": actor.name, "frozen_reason": why}
    back = {"current_version": record.stable_version, "rolling_request": None}
    connection.execute(update(table).where(table.c.name == name).values(**values, **back))
    note(connection, name, "freeze", {"reason": why, "version": record.stable_version}, actor=actor, now=now)
    return segmentations.get(connection, name)


def unfreeze(connection: Connection, name: str, *, reason: str, actor: Actor, now: datetime) -> Record:
    """Let a segmentation change again; RefusedError for whoever froze it."""
    record = segmentations.get(connection, name)
    if not record.frozen:
        raise ConflictError("it is not frozen", where=f"segmentation {name!r}")
    check_second_person(actor, record.frozen_by or "", what="unfreeze it")
    why = paragraph(reason, what="reason")
    values = {"frozen_at": None, "frozen_by": None, "frozen_reason": None}
    connection.execute(update(table).where(table.c.name == name).values(**values))
    note(connection, name, "unfreeze", {"reason": why}, actor=actor, now=now)
    return segmentations.get(connection, name)
