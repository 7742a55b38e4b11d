"""Change requests: ask for a change, list, read and edit; `reviewing` and `rollouts` hold what is done with them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import DataError
from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter, Proposal, Request, Risk, State
from evenhand.registry.requests.change import change_from
from evenhand.segments import tweak_from_json
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.etags import IfMatch, etag_of, revision_of
from evenhand.server.schemas.base import Instant
from evenhand.server.schemas.requests import (
    CommentShown,
    EditShown,
    NewRecommended,
    NewRequest,
    OverlapShown,
    RequestChange,
    RequestDetail,
    RequestId,
    RequestPage,
    RequestShown,
    ReviewShown,
    StepShown,
)
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["done", "router"]

router = APIRouter(prefix="/v1/change-requests", tags=["requests"])
Reader = Annotated[Caller, require("requests:read")]
Writing = Annotated[Write, writes("requests:write")]
Name = Annotated[str | None, Query(max_length=100)]
After = Annotated[int | None, Query(ge=1, lt=2**63, description="Only older ones, from `next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of a page.")]
Until = Annotated[Instant | None, Query(description="Written before.")]
Since = Annotated[Instant | None, Query(description="Written then or later.")]


@router.get("", response_model=RequestPage, summary="List change requests")
def list_all(
    caller: Reader,
    deps: DepsOf,
    state: Annotated[list[State], Query(default_factory=list, max_length=20)],
    segmentation: Name = None,
    author: Name = None,
    waiting_for: Annotated[str | None, Query(max_length=100, description="Whose approval would count now.")] = None,
    risk: Risk | None = None,
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """List the requests that match, the newest first, with how many there are by state: both from one look."""
    wanted = Filter(
        states=tuple(state), segmentation=segmentation, author=author, waiting_for=waiting_for, risk=risk,
        since=since, until=until,
    )  # fmt: skip
    now = deps.clock()
    with deps.database.reading() as connection:
        found = requests.page(connection, wanted, after=after, limit=limit, now=now)
        counts = requests.counts(connection, wanted, now=now)
    items, following = [RequestShown.of(one) for one in found.items], found.after
    page = RequestPage(
        items=items, next=None if following is None else str(following), total=sum(counts.values()), counts=counts
    )
    return respond(Done(page))


@router.post("", response_model=RequestShown, status_code=201, summary="Ask for a change")
def propose(body: NewRequest, write: Writing) -> Response:
    """Ask for a tweak, for a whole edited segmentation, or to go back to an earlier version; others review it."""
    proposal = Proposal(
        change=change_from(body.kind, body.change), title=body.title, reason=body.reason, share=body.share
    )
    ask = requests.draft if body.draft else requests.propose

    def command(connection: Connection, now: datetime) -> Done:
        return _made(
            ask(
                connection,
                body.segmentation,
                proposal,
                base_version=body.base_version,
                rules=write.deps.settings.review_rules,
                actor=write.actor,
                now=now,
            )
        )

    return write.once(command)


@router.post("/recommended", response_model=RequestShown, status_code=201, summary="Ask for what was recommended")
def propose_recommended(body: NewRecommended, write: Writing) -> Response:
    """Ask for a tweak exactly as a policy recommended it: the policy is its author, and you may review it yourself.

    Without a tweak it is the plan that the recommendation named: a whole segmentation, of kind `edit`.
    """
    tweak = None if body.tweak is None else tweak_from_json(body.tweak)

    def command(connection: Connection, now: datetime) -> Done:
        return _made(
            requests.propose_recommended(
                connection,
                body.segmentation,
                tweak,
                recommendation=body.recommendation,
                share=body.share,
                rules=write.deps.settings.review_rules,
                actor=write.actor,
                now=now,
            )
        )

    return write.once(command)


@router.get("/{id}", response_model=RequestDetail, summary="Read a change request")
def read(id: RequestId, caller: Reader, deps: DepsOf) -> Response:
    """Show a request with its verdicts, comments, edits, overlaps and history."""
    with deps.database.reading() as connection:
        request = requests.get(connection, id)
        return respond(Done(_detail(connection, request), etag=etag_of(request.revision)))


@router.patch("/{id}", response_model=RequestShown, summary="Edit a change request")
def edit(id: RequestId, body: RequestChange, write: Writing, if_match: IfMatch = None) -> Response:
    """Put other content in its place, on the version in force now. Approvals are void; `share: null` means at once."""
    revision = revision_of(if_match)

    def command(connection: Connection, now: datetime) -> Done:
        request = requests.get(connection, id, revision=revision)
        proposal, rules = _edited(request, body), write.deps.settings.review_rules
        return done(requests.edit(connection, id, proposal, revision=revision, rules=rules, actor=write.actor, now=now))

    return write.once(command)


@router.post("/{id}/rebase", response_model=RequestShown, summary="Rebase a change request")
def rebase(id: RequestId, write: Writing, if_match: IfMatch = None) -> Response:
    """Put the same change on the version in force now. It counts as an edit: approvals and predictions are void."""
    return _edit_unchanged(id, write, revision_of(if_match))


def _edit_unchanged(id: int, write: Write, revision: int) -> Response:
    def command(connection: Connection, now: datetime) -> Done:
        proposal = _edited(requests.get(connection, id, revision=revision), RequestChange())
        rules = write.deps.settings.review_rules
        return done(requests.edit(connection, id, proposal, revision=revision, rules=rules, actor=write.actor, now=now))

    return write.once(command)


def done(request: Request) -> Done:
    """Return the answer that shows a request as it is now."""
    return Done(RequestShown.of(request), etag=etag_of(request.revision))


def _made(request: Request) -> Done:
    return done(request)._replace(status=201, location=f"/v1/change-requests/{request.id}")


def _edited(request: Request, body: RequestChange) -> Proposal:
    """Return what a request asks for after a change of it; what was predicted of it before is not kept."""
    if body.kind is not None and body.change is None:
        raise DataError("a kind without a change", where="body.kind", rule="the change is of that kind")
    change = request.wish if body.change is None else change_from(body.kind or request.kind, body.change)
    return Proposal(
        change=change,
        title=body.title or request.title,
        reason=body.reason or request.reason,
        share=body.share if "share" in body.model_fields_set else request.share,
    )


def _detail(connection: Connection, request: Request) -> RequestDetail:
    id, record = request.id, segmentations.get(connection, request.segmentation)
    return RequestDetail(
        **RequestShown.of(request).model_dump(),
        outdated=requests.outdated(request, record),
        sentences=requests.sentences_of(connection, request),
        reviews=[ReviewShown.of(one, request.edit) for one in requests.reviews_of(connection, id)],
        comments=[CommentShown.of(one) for one in requests.comments_of(connection, id)],
        wanted_reviewers=requests.wanted_of(connection, id),
        edits=[EditShown.of(one) for one in requests.edits_of(connection, id)],
        overlaps=[OverlapShown.of(one) for one in requests.overlaps(connection, id)],
        history=[StepShown.of(one) for one in requests.history(connection, id)],
    )
