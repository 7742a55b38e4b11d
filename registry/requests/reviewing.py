"""What others say about a request: verdicts, comments, and whom somebody asks to look at it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from evenhand.errors import ConflictError, RefusedError
from evenhand.registry import segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.requests.delegating import lent_by
from evenhand.registry.requests.record import Request, contributors, get, move, note, outdated
from evenhand.registry.requests.rules import Judgement, Verdict, agreed, check_judge
from evenhand.registry.requests.states import Action, after
from evenhand.registry.tables import comments, reviews, wanted_reviewers
from evenhand.registry.texts import line, paragraph

__all__ = ["comment", "judgements", "request_reviewers", "review"]


def review(
    connection: Connection,
    id: int,
    verdict: Verdict,
    *,
    reason: str = "",
    on_behalf_of: str | None = None,
    revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> Request:
    """Judge the request as it stands; the approval that completes the quorum makes it approved.

    An objection says why. RefusedError for who may not judge it; ConflictError for a second approval by the same
    person, in another state, where the request must be rebased by an edit first, and for any approval while the
    segmentation is frozen: one would be of a time when something is known to be wrong.
    """
    request = get(connection, id, revision=revision)
    behalf = None if on_behalf_of is None else line(on_behalf_of, what="on_behalf_of")
    judgement = Judgement(request.edit, actor.name, behalf, verdict)
    after(request.state, verdict, where=request.subject)
    writers = contributors(connection, id)
    lent = lent_by(connection, {*judgement.people, *(one.name for one in writers)})
    check_judge(judgement, actor=actor, contributors=writers, delegations=lent, now=now)
    action = _approval(connection, request, judgement) if verdict == "approve" else verdict
    why = paragraph(reason, what="reason", needed=verdict != "approve")
    row = {"request": id, "reviewer": actor.name, "on_behalf_of": behalf, "reason": why, "at": now}
    connection.execute(insert(reviews).values(**row, edit=request.edit, verdict=verdict))
    details = {} if behalf is None else {"on_behalf_of": behalf}
    if action == "approve":  # more are needed: nothing that others have seen becomes outdated by it
        note(connection, request, action, actor=actor, now=now, details=details)
        return request
    cleared = {"scheduled_for": None}
    return move(connection, request, action, actor=actor, now=now, details=details, values=cleared)


def comment(connection: Connection, id: int, text: str, *, actor: Actor, now: datetime) -> int:
    """Say something about a request, whatever its state; returns the comment's id."""
    request = get(connection, id)
    row = {"request": id, "author": actor.name, "text": paragraph(text, what="comment"), "at": now}
    said = int(connection.execute(insert(comments).values(**row).returning(comments.c.id)).scalar_one())
    note(connection, request, "comment", actor=actor, now=now, details={"comment": said})
    return said


def request_reviewers(
    connection: Connection, id: int, users: Sequence[str], *, revision: int | None = None, actor: Actor, now: datetime
) -> Request:
    """Ask these people, and no longer others, to look at a request; RefusedError for one who wrote it."""
    request = get(connection, id, revision=revision)
    names = sorted({line(user, what="reviewer") for user in users})
    writers = {one.name for one in contributors(connection, id) if one.kind == "user"}
    if mine := sorted(writers.intersection(names)):
        raise RefusedError(f"{mine[0]!r} wrote or edited it", where=request.subject, rule="others review it")
    if request.state not in ("draft", "in_review"):
        raise ConflictError(f"the request is {request.state.replace('_', ' ')}", where=request.subject,
                            rule="reviewers are asked before the agreement")  # fmt: skip
    connection.execute(delete(wanted_reviewers).where(wanted_reviewers.c.request == id))
    if names:
        connection.execute(insert(wanted_reviewers), [{"request": id, "user": name} for name in names])
    note(connection, request, "request_reviewers", actor=actor, now=now, details={"reviewers": names})
    return request


def judgements(connection: Connection, id: int) -> list[Judgement]:
    """Return what was said about all edits of a request, the oldest first."""
    columns = (reviews.c.edit, reviews.c.reviewer, reviews.c.on_behalf_of, reviews.c.verdict)
    rows = connection.execute(select(*columns).where(reviews.c.request == id).order_by(reviews.c.id))
    return [Judgement(*row) for row in rows]


# -------------------------------------------------------------------------------------------------- inside


def _approval(connection: Connection, request: Request, judgement: Judgement) -> Action:
    record = segmentations.get(connection, request.segmentation)
    if record.frozen:
        raise ConflictError(f"{record.frozen_by!r} has frozen the segmentation: {record.frozen_reason}",
                            where=request.subject, rule="nothing is approved until a second person unfreezes it",
                            mend="object or comment now, approve after that")  # fmt: skip
    if outdated(request, record):
        raise ConflictError(f"it is based on version {request.base_version}, and another one is in force",
                            where=request.subject, rule="an outdated request is rebased by an edit first")  # fmt: skip
    complete = agreed(judgements(connection, request.id), judgement, quorum=request.quorum)
    return "agree" if complete else "approve"
