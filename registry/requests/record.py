"""A change request as it is kept, and the one way in which it moves on: state, audit row and event together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from evenhand.errors import ConflictError, MissingError
from evenhand.registry import audit, events
from evenhand.registry.actor import Actor, ActorKind
from evenhand.registry.requests.change import Change, Kind, change_from
from evenhand.registry.requests.risk import Risk
from evenhand.registry.requests.states import OPEN, Action, State, after
from evenhand.registry.segmentations import Record
from evenhand.registry.tables import audit as log
from evenhand.registry.tables import edits, requests
from evenhand.segments.canonical import Json

__all__ = ["Request", "contributors", "get", "move", "note", "outdated"]

LARGEST = 2**63


class Request(NamedTuple):
    """A change request: what would change, what it risks and how far it has come."""

    id: int
    segmentation: str
    base_version: int  # that it was written for; once applied, the one that was in force before
    revision: int  # counts edits and changes of state: the ETag
    edit: int  # counts edits of the content; a review names the one that it judged
    state: State
    kind: Kind
    author_kind: ActorKind
    author: str  # who wrote it; who edited it since: `contributors`
    title: str
    reason: str
    change: Any  # the JSON form of `wish`
    touches: list[str]  # ids of segments, sorted
    risk: Risk
    quorum: int
    share: float | None  # of customers that its roll-out starts with; none: everybody at once
    scheduled_for: datetime | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int | None  # what it became
    predicted: Any
    realised: Any
    stop_reason: str | None

    @property
    def subject(self) -> str:
        """What the audit log calls it."""
        return f"requests/{self.id}"

    @property
    def wish(self) -> Change:
        """What it would change."""
        return change_from(self.kind, self.change)


def get(connection: Connection, id: int, *, revision: int | None = None) -> Request:
    """Return a request; MissingError when there is none.

    ConflictError when `revision` is given and the request has moved on since: it says who changed what.
    """
    row = connection.execute(select(requests).where(requests.c.id == id)).first() if 0 < id < LARGEST else None
    if row is None:
        raise MissingError(f"there is no request {id}")
    request = Request(*row)
    if revision is not None and revision != request.revision:
        raise ConflictError(
            f"it is at revision {request.revision}, not {revision}: {_since(connection, request, revision)}",
            where=request.subject,
            rule="who changes a request has seen its newest revision",
            mend="read it again, then decide",
        )
    return request


def outdated(request: Request, record: Record) -> bool:
    """Whether it waits to be rebased by an edit: another change came into force that it does not fit."""
    return request.state in OPEN and request.base_version != record.current_version


def contributors(connection: Connection, id: int) -> frozenset[Actor]:
    """Return who wrote a request and everyone who edited it."""
    found = select(edits.c.editor_kind, edits.c.editor).where(edits.c.request == id).distinct()
    return frozenset(Actor(*row) for row in connection.execute(found))


def move(
    connection: Connection,
    request: Request,
    action: Action,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Json] | None = None,
    values: Mapping[str, object] | None = None,
) -> Request:
    """Take a request along one way of the table of states, and write that down.

    `values` are columns that change with it. ConflictError when the state does not know the action.
    """
    state = after(request.state, action, where=request.subject)
    moved = request._replace(**{**(values or {}), "state": state, "revision": request.revision + 1, "updated_at": now})  # type: ignore[arg-type]  # columns by name
    changed = {name: value for name, value in moved._asdict().items() if value != getattr(request, name)}
    connection.execute(update(requests).where(requests.c.id == request.id).values(**changed))
    note(connection, moved, "approve" if action == "agree" else action, actor=actor, now=now, details=details)
    return moved


def note(
    connection: Connection,
    request: Request,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Json] | None = None,
) -> None:
    """Write down what was done to a request: one row of the audit log, one event."""
    kind = f"request.{action}"
    stand: dict[str, Json] = {"state": request.state, "revision": request.revision, "edit": request.edit}
    document: dict[str, Json] = {"segmentation": request.segmentation, **stand, **(details or {})}
    audit.append(connection, action=kind, subject=request.subject, details=document, actor=actor, now=now)
    events.emit(connection, kind=kind, subject=request.subject, document={**document, "actor": str(actor)}, now=now)


def _since(connection: Connection, request: Request, revision: int) -> str:
    """Say who did what to a request after a revision, the newest last."""
    query = select(log.c.actor, log.c.action, log.c.details).where(log.c.subject == request.subject)
    rows = connection.execute(query.order_by(log.c.sequence))
    said, before = [], 0
    for actor, action, details in rows:
        reached = details.get("revision", before)  # a comment reaches none
        if revision < reached != before:
            said.append(f"{actor} did {action.removeprefix('request.').replace('_', ' ')}")
        before = reached
    return ", then ".join(said[-5:]) or "there never was such a revision"
