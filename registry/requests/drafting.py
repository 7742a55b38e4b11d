"""Writing requests: draft or propose, edit, submit, withdraw, and what is predicted of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Exists, exists, insert, select

from evenhand.errors import ConflictError, DataError, RefusedError
from evenhand.registry import segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.requests.asking import ask_evidence
from evenhand.registry.requests.change import Change, GoBack, Outcome, form_of, kind_of, outcome
from evenhand.registry.requests.record import Request, contributors, get, move, note, outdated
from evenhand.registry.requests.risk import ReviewRules, facts_of, quorum_of, risk_of
from evenhand.registry.segmentations import Record
from evenhand.registry.tables import edits, evidence, requests, reviews
from evenhand.registry.texts import line, paragraph
from evenhand.segments import Segmentation
from evenhand.segments.canonical import Json
from evenhand.segments.sentences import tweak_sentence

__all__ = ["Proposal", "draft", "edit", "effect", "note_predicted", "propose", "sentences_of", "submit", "withdraw"]

DEFAULT = ReviewRules()


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What somebody asks for, and why."""

    change: Change
    title: str
    reason: str
    share: float | None = None  # of customers that its roll-out starts with; none: everybody at once
    predicted: Mapping[str, Json] | None = None  # among it `customers_share` and `margin_used`: see `facts_of`


def draft(
    connection: Connection,
    segmentation: str,
    proposal: Proposal,
    *,
    base_version: int | None = None,
    rules: ReviewRules = DEFAULT,
    actor: Actor,
    now: datetime,
) -> Request:
    """Write a request that its author still works on.

    `base_version` is what the author has seen: ConflictError when another one is in force by now. RuleError for a
    change that does not fit it, or changes nothing.
    """
    return _new(connection, segmentation, proposal, base_version, rules, state="draft", actor=actor, now=now)


def propose(
    connection: Connection,
    segmentation: str,
    proposal: Proposal,
    *,
    base_version: int | None = None,
    rules: ReviewRules = DEFAULT,
    actor: Actor,
    now: datetime,
) -> Request:
    """Write a request that can be reviewed at once, and ask for evidence on it; see `draft`."""
    return _new(connection, segmentation, proposal, base_version, rules, state="in_review", actor=actor, now=now)


def edit(
    connection: Connection,
    id: int,
    proposal: Proposal,
    *,
    revision: int | None = None,
    rules: ReviewRules = DEFAULT,
    actor: Actor,
    now: datetime,
) -> Request:
    """Put another proposal in a request's place, on the version in force now; all its approvals are void."""
    request = get(connection, id, revision=revision)
    record = segmentations.get(connection, request.segmentation)
    values = _content(connection, record, proposal, rules, now)
    values |= {"edit": request.edit + 1, "scheduled_for": None}
    moved = move(connection, request, "edit", actor=actor, now=now, values=values)
    _keep(connection, moved, actor=actor, now=now)
    return _reviewable(connection, moved, now)


def note_predicted(
    connection: Connection,
    id: int,
    predicted: Mapping[str, Json],
    *,
    revision: int | None = None,
    rules: ReviewRules = DEFAULT,
    actor: Actor,
    now: datetime,
) -> Request:
    """Note what is foretold of a request, before it is agreed; its risk is judged anew, and approvals are void.

    They are, since people approve what they have seen. Whoever brings a prediction does not thereby write the request:
    only a program may, so that nobody's own words count as evidence. What the server has simulated stands against the
    word of any other program, or a key would be enough to lower a risk; ConflictError then.
    """
    if actor.kind == "user":
        raise RefusedError("a person cannot foretell", rule="predictions come from programs", mend="edit the request")
    request = get(connection, id, revision=revision)
    if request.state not in ("draft", "in_review"):
        raise ConflictError(f"the request is {request.state.replace('_', ' ')}", where=request.subject,
                            rule="predictions come before the agreement")  # fmt: skip
    if actor.kind == "service" and connection.execute(select(_simulated(id))).scalar():
        raise ConflictError("the server has simulated it", where=request.subject,
                            rule="what was simulated here stands against what a program says",
                            mend="edit the request: it is simulated anew")  # fmt: skip
    risk = _risk(predicted, rules)
    values = {"predicted": dict(predicted), **risk, "edit": request.edit + 1}
    details: dict[str, Json] = {"what": "predicted", **risk}
    moved = move(connection, request, "edit", actor=actor, now=now, details=details, values=values)
    _keep(connection, moved, actor=actor, now=now)
    return moved


def _simulated(id: int) -> Exists:
    return exists().where(evidence.c.subject_kind == "request", evidence.c.subject == str(id))


def submit(connection: Connection, id: int, *, revision: int | None = None, actor: Actor, now: datetime) -> Request:
    """Ask for the review of a draft, and for evidence on it; ConflictError where it must be edited first."""
    request = get(connection, id, revision=revision)
    if outdated(request, segmentations.get(connection, request.segmentation)):
        raise ConflictError(f"it is based on version {request.base_version}", where=request.subject,
                            rule="a request is based on the version in force", mend="edit it")  # fmt: skip
    objection = exists().where(
        reviews.c.request == id, reviews.c.edit == request.edit, reviews.c.verdict == "request_changes"
    )
    if request.state == "draft" and connection.execute(select(objection)).scalar():
        raise ConflictError("changes were asked for, and none was made", where=request.subject, mend="edit it first")
    return _reviewable(connection, move(connection, request, "submit", actor=actor, now=now), now)


def withdraw(
    connection: Connection, id: int, *, reason: str = "", revision: int | None = None, actor: Actor, now: datetime
) -> Request:
    """Take a request back; RefusedError unless the actor wrote or edited it."""
    request = get(connection, id, revision=revision)
    if actor not in contributors(connection, id):
        raise RefusedError(f"{actor.name!r} did not write it", where=request.subject,
                           rule="who wrote or edited a request may withdraw it", mend="reject it")  # fmt: skip
    reason = paragraph(reason, what="reason", needed=False)
    return move(connection, request, "withdraw", actor=actor, now=now, values={"stop_reason": reason or None})


def effect(connection: Connection, segmentation: str, change: Change, *, base_version: int) -> Outcome:
    """Return what a change makes of a version; RuleError or ConflictError when it does not fit it."""
    base = segmentations.version(connection, segmentation, base_version)
    if not isinstance(change, GoBack):
        return outcome(change, base.content)
    target = segmentations.version(connection, segmentation, change.version)
    if target.fate in ("never_in_force", "rolling_out"):
        raise ConflictError(f"version {target.number} was never in force", where=f"segmentation {segmentation!r}",
                            rule="a roll-back goes to what was in force for everybody")  # fmt: skip
    return outcome(target.content, base.content)


def sentences_of(connection: Connection, request: Request) -> list[str]:
    """Say what a request changes of the version that it is based on."""
    base = segmentations.version(connection, request.segmentation, request.base_version).content
    wish = request.wish
    if not isinstance(wish, GoBack | Segmentation):
        return [tweak_sentence(wish, base)]
    return base.diff(effect(connection, request.segmentation, wish, base_version=request.base_version).segmentation)


# -------------------------------------------------------------------------------------------------- inside


def _new(
    connection: Connection,
    name: str,
    proposal: Proposal,
    base_version: int | None,
    rules: ReviewRules,
    *,
    state: str,
    actor: Actor,
    now: datetime,
) -> Request:
    record = segmentations.get(connection, name)
    _check_may_start(record, base_version, actor)
    values = {
        **_content(connection, record, proposal, rules, now),
        "segmentation": name, "state": state, "revision": 1, "edit": 1,
        "author_kind": actor.kind, "author": line(actor.name, what="author"), "created_at": now, "updated_at": now,
    }  # fmt: skip
    id = connection.execute(insert(requests).values(**values).returning(requests.c.id)).scalar_one()
    request = get(connection, int(id))
    _keep(connection, request, actor=actor, now=now)
    note(connection, request, "draft" if state == "draft" else "propose", actor=actor, now=now)
    return _reviewable(connection, request, now)


def _reviewable(connection: Connection, request: Request, now: datetime) -> Request:
    """Ask for evidence on a content that people are to judge from now on, whichever door it came in by."""
    if request.state == "in_review":
        ask_evidence(connection, request, now=now)
    return request


def _check_may_start(record: Record, base_version: int | None, actor: Actor) -> None:
    where = f"segmentation {record.name!r}"
    if record.frozen and actor.kind == "policy":
        raise ConflictError("it is frozen", where=where, rule="no recommendations until it is unfrozen")
    if base_version not in (None, record.current_version):
        raise ConflictError(f"version {record.current_version} is in force, not {base_version}", where=where,
                            rule="a request is based on the version in force", mend="look at it again")  # fmt: skip


def _content(
    connection: Connection, record: Record, proposal: Proposal, rules: ReviewRules, now: datetime
) -> dict[str, object]:
    """Return the columns that a proposal fills, checked against the version in force."""
    base = record.current_version
    result = effect(connection, record.name, proposal.change, base_version=base)
    return {
        "base_version": base,
        "kind": kind_of(proposal.change),
        "change": form_of(proposal.change),
        "touches": sorted(result.touches),
        "title": line(proposal.title, what="title"),
        "reason": paragraph(proposal.reason, what="reason"),
        "share": _share(proposal.share),
        "predicted": None if proposal.predicted is None else dict(proposal.predicted),
        "expires_at": now + rules.lifetime,
        **_risk(proposal.predicted, rules),
    }


def _risk(predicted: Mapping[str, Json] | None, rules: ReviewRules) -> dict[str, Json]:
    risk = risk_of(facts_of(predicted), rules)
    return {"risk": risk, "quorum": quorum_of(risk, rules)}


def _share(share: float | None) -> float | None:
    if share is not None and not 0 < share < 1:
        raise DataError(f"share {share!r}", rule="between 0 and 1", mend="leave it out for everybody at once")
    return share


def _keep(connection: Connection, request: Request, *, actor: Actor, now: datetime) -> None:
    """Keep this edit as it is: a review names it."""
    row = {"request": request.id, "number": request.edit, "base_version": request.base_version, "at": now}
    content = {"change": request.change, "predicted": request.predicted}
    connection.execute(insert(edits).values(**row, **content, editor_kind=actor.kind, editor=actor.name))
