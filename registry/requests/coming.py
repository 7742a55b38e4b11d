"""What follows when another version comes into force: who is carried along, who is outdated, who is undone."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

from sqlalchemy import Connection, select, update

from evenhand.registry import segmentations
from evenhand.registry.actor import SYSTEM
from evenhand.registry.requests.rebasing import reason_against
from evenhand.registry.requests.record import Request, move, note
from evenhand.registry.requests.states import OPEN
from evenhand.registry.segmentations import Version
from evenhand.registry.tables import requests
from evenhand.segments.canonical import Json

__all__ = ["come_into_force"]


def come_into_force(connection: Connection, request: Request, number: int, touches: Set[str], now: datetime) -> None:
    """Put a version in force for everybody and tell every other request of the segmentation what that means for it.

    Open requests that fit the new version are rebased and keep their approvals; the others lose them. Those whose
    effect a roll-back takes away are rolled back. Each of them is written down as a change of its own, by the system.
    """
    name = request.segmentation
    old = segmentations.current(connection, name)
    segmentations.bring_into_force(connection, name, number)
    new = segmentations.version(connection, name, number)
    for other in _others(connection, request, OPEN):
        if other.base_version == old.number:  # the others are outdated already, and wait for their edit
            _carry(connection, other, old, new, touches, cause=request, now=now)
    if request.kind == "rollback" and request.version == number:
        for other in _others(connection, request, ("applied",)):
            if request.change["version"] < (other.version or 0) <= old.number:
                move(connection, other, "roll_back", actor=SYSTEM, now=now, details={"by": request.subject})


def _carry(
    connection: Connection, other: Request, old: Version, new: Version, touches: Set[str], *, cause: Request,
    now: datetime,
) -> None:  # fmt: skip
    details: dict[str, Json] = {"by": cause.subject, "from": old.number, "to": new.number}
    reason = reason_against(other.wish, old=old.content, new=new.content, meanwhile=touches)
    if reason is not None:
        move(connection, other, "outdate", actor=SYSTEM, now=now, details={**details, "why": reason},
             values={"scheduled_for": None})  # fmt: skip
        return
    moved = other._replace(base_version=new.number, revision=other.revision + 1, updated_at=now)
    values = {"base_version": moved.base_version, "revision": moved.revision, "updated_at": now}
    connection.execute(update(requests).where(requests.c.id == other.id).values(**values))
    note(connection, moved, "rebase", actor=SYSTEM, now=now, details=details)


def _others(connection: Connection, request: Request, states: Sequence[str]) -> list[Request]:
    mine = (requests.c.segmentation == request.segmentation) & (requests.c.id != request.id)
    query = select(requests).where(mine, requests.c.state.in_(states)).order_by(requests.c.id)
    return [Request(*row) for row in connection.execute(query)]
