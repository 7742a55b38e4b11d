"""From an agreement to customers: schedule, apply, roll out step by step, stop, and back again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Update, select, update

from evenhand.errors import ConflictError, DataError
from evenhand.registry import segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.requests.coming import come_into_force
from evenhand.registry.requests.drafting import effect
from evenhand.registry.requests.record import Request, get, move, outdated
from evenhand.registry.requests.states import after
from evenhand.registry.segmentations import Record
from evenhand.registry.tables import requests
from evenhand.registry.tables import segmentations as table
from evenhand.registry.texts import paragraph
from evenhand.segments.canonical import Json

__all__ = ["apply", "finish", "halt", "newest_applied", "pause", "resume", "roll_back", "schedule", "start", "stop"]


def schedule(
    connection: Connection, id: int, at: datetime, *, revision: int | None = None, actor: Actor, now: datetime
) -> Request:
    """Let an approved request come by itself, after an instant that lies ahead and before the request expires."""
    request = get(connection, id, revision=revision)
    latest = request.expires_at
    if at <= now or (latest is not None and at >= latest):
        raise DataError(f"scheduled for {at:%Y-%m-%d %H:%M}", where=request.subject,
                        rule=f"after now, and before it expires on {latest:%Y-%m-%d %H:%M}")  # fmt: skip
    return move(connection, request, "schedule", actor=actor, now=now, values={"scheduled_for": at})


def apply(connection: Connection, id: int, *, revision: int | None = None, actor: Actor, now: datetime) -> Request:
    """Put an approved change in force for everybody at once, as a new version.

    ConflictError while the segmentation is frozen or another roll-out runs, or where the request asks for a roll-out.
    """
    request = get(connection, id, revision=revision)
    after(request.state, "apply", where=request.subject)
    if request.share is not None:
        raise ConflictError("it asks for a roll-out", where=request.subject, mend="start it")
    number = _add_version(connection, request, actor, now)
    values = {"version": number, "scheduled_for": None}
    applied = move(connection, request, "apply", actor=actor, now=now, details={"version": number}, values=values)
    come_into_force(connection, applied, number, frozenset(request.touches), now)
    return applied


def start(connection: Connection, id: int, *, revision: int | None = None, actor: Actor, now: datetime) -> Request:
    """Give the approved change to its share of the customers, as a new version; the others keep the old one.

    ConflictError while the segmentation is frozen or another roll-out runs, or where no share is asked for.
    """
    request = get(connection, id, revision=revision)
    after(request.state, "start", where=request.subject)
    if request.share is None:
        raise ConflictError("it asks for no roll-out", where=request.subject, mend="apply it")
    number = _add_version(connection, request, actor, now)
    connection.execute(_segmentation(request).values(rolling_request=request.id))
    details = {"version": number, "share": request.share}
    values = {"version": number, "scheduled_for": None}
    return move(connection, request, "start", actor=actor, now=now, details=details, values=values)


def pause(
    connection: Connection, id: int, *, reason: str, revision: int | None = None, actor: Actor, now: datetime
) -> Request:
    """Keep a roll-out where it stands: its share keeps the new version, and it cannot finish."""
    request = get(connection, id, revision=revision)
    why = paragraph(reason, what="reason")
    return move(connection, request, "pause", actor=actor, now=now, values={"stop_reason": why})


def resume(connection: Connection, id: int, *, revision: int | None = None, actor: Actor, now: datetime) -> Request:
    """Let a paused roll-out go on."""
    request = get(connection, id, revision=revision)
    return move(connection, request, "resume", actor=actor, now=now, values={"stop_reason": None})


def finish(connection: Connection, id: int, *, revision: int | None = None, actor: Actor, now: datetime) -> Request:
    """Put a rolled-out version in force for everybody."""
    request = get(connection, id, revision=revision)
    applied = move(connection, request, "finish", actor=actor, now=now, details={"version": request.version})
    come_into_force(connection, applied, request.version or 0, frozenset(request.touches), now)
    return applied


def stop(
    connection: Connection, id: int, *, reason: str, revision: int | None = None, actor: Actor, now: datetime
) -> Request:
    """End a roll-out: everybody has the old version, and the new one stays in history as never in force."""
    return halt(connection, get(connection, id, revision=revision), reason=reason, actor=actor, now=now)


def halt(connection: Connection, request: Request, *, reason: str, actor: Actor, now: datetime) -> Request:
    """End the roll-out of a request that was read already; see `stop`."""
    reason = paragraph(reason, what="reason")
    details = {"version": request.version, "reason": reason}
    stopped = move(connection, request, "stop", actor=actor, now=now, details=details, values={"stop_reason": reason})
    connection.execute(_segmentation(request).values(rolling_request=None))
    return stopped


def roll_back(
    connection: Connection, id: int, *, reason: str, revision: int | None = None, actor: Actor, now: datetime
) -> Request:
    """Undo the newest applied request at once, without a review; the audit log marks it as an emergency.

    What was in force before comes back as a new version. ConflictError where another change came after it: that one
    goes first, or a request to go back is reviewed.
    """
    request = get(connection, id, revision=revision)
    after(request.state, "roll_back", where=request.subject)
    record = segmentations.get(connection, request.segmentation)
    _check_free(record)
    if request.version != record.current_version:
        raise ConflictError(f"version {record.current_version} came after its version {request.version}",
                            where=request.subject, rule="the newest change is undone first")  # fmt: skip
    why = paragraph(reason, what="reason")
    before = segmentations.version(connection, record.name, request.base_version)
    remark = f"emergency roll-back of version {request.version}: {why}"
    number = segmentations.add_version(
        connection, record.name, before.content, request=id, remark=remark, actor=actor, now=now
    )
    details: dict[str, Json] = {"emergency": True, "reason": why, "version": number, "like": before.number}
    undone = move(connection, request, "roll_back", actor=actor, now=now, details=details, values={"stop_reason": why})
    come_into_force(connection, undone, number, frozenset(request.touches), now)
    return undone


def newest_applied(connection: Connection, segmentation: str) -> Request:
    """Return the request whose version is in force; ConflictError where none is, so that nothing can be undone."""
    record = segmentations.get(connection, segmentation)
    here = (requests.c.segmentation == segmentation) & (requests.c.version == record.current_version)
    row = connection.execute(select(requests).where(here, requests.c.state == "applied")).first()
    if row is None:
        raise ConflictError(
            f"version {record.current_version} came from no request that can be undone",
            where=f"segmentation {segmentation!r}",
            mend="make a request of kind 'rollback'",
        )
    return Request(*row)


# -------------------------------------------------------------------------------------------------- inside


def _add_version(connection: Connection, request: Request, actor: Actor, now: datetime) -> int:
    """Write the version that a request becomes; ConflictError where it cannot come now."""
    record = segmentations.get(connection, request.segmentation)
    _check_free(record)
    if outdated(request, record):  # cannot be: who is outdated is no longer approved. It guards what matters most.
        raise ConflictError(f"it is based on version {request.base_version}", where=request.subject, mend="edit it")
    result = effect(connection, record.name, request.wish, base_version=record.current_version)
    return segmentations.add_version(
        connection, record.name, result.segmentation, request=request.id, remark=request.title, actor=actor, now=now
    )


def _check_free(record: Record) -> None:
    where = f"segmentation {record.name!r}"
    if record.frozen:
        raise ConflictError(f"{record.frozen_by!r} has frozen it: {record.frozen_reason}", where=where,
                            rule="nothing comes into force until a second person unfreezes it")  # fmt: skip
    if record.rolling_request is not None:
        raise ConflictError(f"the roll-out of requests/{record.rolling_request} runs", where=where,
                            rule="one change at a time", mend="finish or stop it first")  # fmt: skip


def _segmentation(request: Request) -> Update:
    return update(table).where(table.c.name == request.segmentation)
