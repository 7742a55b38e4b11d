"""What happened to a request, what else is open beside it, and what came of it against what was foretold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, func, select, update

from evenhand.errors import ConflictError
from evenhand.registry.actor import Actor, ActorKind
from evenhand.registry.requests.record import Request, get, note
from evenhand.registry.requests.states import OPEN, ROLLING
from evenhand.registry.tables import audit, comments, edits, requests, reviews, wanted_reviewers
from evenhand.registry.texts import line
from evenhand.segments.canonical import Json

__all__ = [
    "Calibration",
    "Comment",
    "Edit",
    "Overlap",
    "Review",
    "Step",
    "calibration",
    "came_true",
    "comments_of",
    "edits_of",
    "given_to_all",
    "history",
    "note_realised",
    "overlapping",
    "overlaps",
    "reviews_of",
    "wanted_of",
]

RUN = ("rolling_out", "paused", "applied", "rolled_back", "stopped")  # customers had it, a share of them or all


class Step(NamedTuple):
    """Something that was done to a request, as the audit log has it."""

    sequence: int
    at: datetime
    actor_kind: ActorKind
    actor: str
    action: str
    details: Any


class Review(NamedTuple):
    """A verdict as it was given."""

    id: int
    request: int
    edit: int
    reviewer: str
    on_behalf_of: str | None
    verdict: str
    reason: str
    at: datetime


class Comment(NamedTuple):
    """Something that was said."""

    id: int
    request: int
    author: str
    text: str
    at: datetime


class Edit(NamedTuple):
    """The content of a request as it was when people judged it."""

    request: int
    number: int
    editor_kind: ActorKind
    editor: str
    base_version: int
    change: Any
    predicted: Any
    at: datetime


class Overlap(NamedTuple):
    """Another request that is not over and reaches some of the same segments."""

    request: Request
    segments: list[str]


class Calibration(NamedTuple):
    """What was foretold of a request, and what came."""

    request: int
    predicted: Any
    realised: Any
    title: str


def history(connection: Connection, id: int) -> list[Step]:
    """Return everything that was done to a request, in order."""
    columns = (audit.c.sequence, audit.c.at, audit.c.actor_kind, audit.c.actor, audit.c.action, audit.c.details)
    subject = get(connection, id).subject
    rows = connection.execute(select(*columns).where(audit.c.subject == subject).order_by(audit.c.sequence))
    return [Step(*row) for row in rows]


def reviews_of(connection: Connection, id: int) -> list[Review]:
    """Return all verdicts on a request, of earlier edits too, the oldest first."""
    rows = connection.execute(select(reviews).where(reviews.c.request == get(connection, id).id).order_by(reviews.c.id))
    return [Review(*row) for row in rows]


def comments_of(connection: Connection, id: int) -> list[Comment]:
    """Return what was said about a request, the oldest first."""
    rows = connection.execute(
        select(comments).where(comments.c.request == get(connection, id).id).order_by(comments.c.id)
    )
    return [Comment(*row) for row in rows]


def edits_of(connection: Connection, id: int) -> list[Edit]:
    """Return all edits of a request, the oldest first."""
    rows = connection.execute(select(edits).where(edits.c.request == get(connection, id).id).order_by(edits.c.number))
    return [Edit(*row) for row in rows]


def wanted_of(connection: Connection, id: int) -> list[str]:
    """Return who was asked to look at a request."""
    asked = wanted_reviewers.c.request == get(connection, id).id
    return list(connection.execute(select(wanted_reviewers.c.user).where(asked).order_by("user")).scalars())


def overlapping(connection: Connection, request: Request) -> dict[int, list[str]]:
    """Return the other requests, open or rolling out, that reach a segment which this one reaches: id -> segments."""
    others = (requests.c.segmentation == request.segmentation) & (requests.c.id != request.id)
    going = requests.c.state.in_((*OPEN, *ROLLING))
    rows = connection.execute(select(requests.c.id, requests.c.touches).where(others, going).order_by(requests.c.id))
    mine = set(request.touches)
    return {id: sorted(mine.intersection(touches)) for id, touches in rows if not mine.isdisjoint(touches)}


def overlaps(connection: Connection, id: int) -> list[Overlap]:
    """Return the other requests that `overlapping` finds, whole."""
    return [Overlap(get(connection, other), segments)
            for other, segments in overlapping(connection, get(connection, id)).items()]  # fmt: skip


def note_realised(
    connection: Connection, id: int, document: Mapping[str, Json], *, actor: Actor, now: datetime
) -> Request:
    """Note what came of a request that customers had; a later note replaces an earlier one, not in the log."""
    request = get(connection, id)
    if request.state not in RUN:
        raise ConflictError(f"the request is {request.state.replace('_', ' ')}", where=request.subject,
                            rule="only what ran can have come true")  # fmt: skip
    kept = request._replace(realised=dict(document), revision=request.revision + 1, updated_at=now)
    values = {"realised": kept.realised, "revision": kept.revision, "updated_at": now}
    connection.execute(update(requests).where(requests.c.id == id).values(**values))
    note(connection, kept, "note_realised", actor=actor, now=now, details={"realised": kept.realised})
    return kept


def calibration(connection: Connection, policy: str) -> list[Calibration]:
    """Return predicted against realised for all that a policy recommended and nobody edited, the oldest first."""
    edited = exists().where(edits.c.request == requests.c.id, edits.c.editor_kind == "user")
    own = (requests.c.author_kind == "policy") & (requests.c.author == line(policy, what="policy"))
    return _calibration(connection, own & ~edited)


def came_true(connection: Connection, segmentation: str) -> list[Calibration]:
    """Return predicted against realised for all changes of a segmentation, the oldest first."""
    return _calibration(connection, requests.c.segmentation == segmentation)


def given_to_all(connection: Connection, segmentation: str) -> int:
    """Return how many changes everybody got at once and nobody noted what came of: with nobody left to compare with."""
    mine = (requests.c.segmentation == segmentation) & requests.c.state.in_(("applied", "rolled_back"))
    untold = requests.c.share.is_(None) & requests.c.realised.is_(None)
    return int(connection.execute(select(func.count()).select_from(requests).where(mine, untold)).scalar_one())


def _calibration(connection: Connection, wanted: ColumnElement[bool]) -> list[Calibration]:
    columns = (requests.c.id, requests.c.predicted, requests.c.realised, requests.c.title)
    query = select(*columns).where(wanted, requests.c.realised.is_not(None)).order_by(requests.c.id)
    return [Calibration(*row) for row in connection.execute(query)]
