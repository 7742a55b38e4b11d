"""What people say about a change request: verdicts, comments, whom they ask, and in whose name they speak."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import RefusedError
from evenhand.registry import requests
from evenhand.registry.identity import find_user
from evenhand.server.auth import Caller, permissions_of, require
from evenhand.server.deps import DepsOf
from evenhand.server.etags import IfMatch, revision_of
from evenhand.server.routes.requests import done
from evenhand.server.schemas.base import Page
from evenhand.server.schemas.requests import (
    LARGEST,
    CommentShown,
    DelegationShown,
    NewComment,
    NewDelegation,
    NewReview,
    Objected,
    RequestId,
    RequestShown,
    Reviewers,
)
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["requests"])
Writing = Annotated[Write, writes("requests:write")]
Lending = Annotated[Write, writes("delegations:write")]
DelegationId = Annotated[int, Path(ge=1, le=LARGEST, description="Id of a delegation.", examples=[1])]


@router.post("/change-requests/{id}/submit", response_model=RequestShown, summary="Submit a draft")
def submit(id: RequestId, write: Writing, if_match: IfMatch = None) -> Response:
    """Ask for the review of a draft."""
    revision = revision_of(if_match)

    def command(connection: Connection, now: datetime) -> Done:
        return done(requests.submit(connection, id, revision=revision, actor=write.actor, now=now))

    return write.once(command)


@router.post("/change-requests/{id}/withdraw", response_model=RequestShown, summary="Withdraw a request")
def withdraw(id: RequestId, body: Objected, write: Writing) -> Response:
    """Take a request back that one wrote or edited."""

    def command(connection: Connection, now: datetime) -> Done:
        return done(requests.withdraw(connection, id, reason=body.reason, actor=write.actor, now=now))

    return write.once(command)


@router.post("/change-requests/{id}/reviews", response_model=RequestShown, summary="Review a request")
def review(
    id: RequestId, body: NewReview, write: Annotated[Write, writes("requests:review")], if_match: IfMatch = None
) -> Response:
    """Judge the revision that was read. Nobody judges what they wrote or edited, administrators included."""
    revision = revision_of(if_match)

    def command(connection: Connection, now: datetime) -> Done:
        return done(requests.review(connection, id, **body.model_dump(), revision=revision, actor=write.actor, now=now))

    return write.once(command)


@router.post("/change-requests/{id}/comments", response_model=CommentShown, status_code=201, summary="Comment")
def comment(id: RequestId, body: NewComment, write: Annotated[Write, writes("requests:comment")]) -> Response:
    """Say something about a request, whatever its state."""

    def command(connection: Connection, now: datetime) -> Done:
        said = requests.comment(connection, id, body.text, actor=write.actor, now=now)
        kept = next(one for one in requests.comments_of(connection, id) if one.id == said)
        return Done(CommentShown.of(kept), 201)

    return write.once(command)


@router.put("/change-requests/{id}/reviewers", response_model=Reviewers, summary="Ask for reviewers")
def ask_reviewers(id: RequestId, body: Reviewers, write: Writing) -> Response:
    """Ask these people to look at a request, and no longer others."""

    def command(connection: Connection, now: datetime) -> Done:
        for name in body.users:
            _check_reviewer(connection, name)
        requests.request_reviewers(connection, id, body.users, actor=write.actor, now=now)
        return Done(Reviewers(users=requests.wanted_of(connection, id)))

    return write.once(command)


@router.get("/delegations", response_model=Page[DelegationShown], summary="List delegations")
def list_delegations(caller: Annotated[Caller, require("requests:read")], deps: DepsOf) -> Response:
    """List the delegations that one gave or was given, the oldest first."""
    with deps.database.reading() as connection:
        found = requests.delegations_of(connection, caller.user.name)
    return respond(Done(Page[DelegationShown](items=[DelegationShown.of(one) for one in found], next=None)))


@router.post("/delegations", response_model=DelegationShown, status_code=201, summary="Delegate")
def delegate(body: NewDelegation, write: Lending) -> Response:
    """Let another reviewer judge in one's name for a while; together they still have one voice."""

    def command(connection: Connection, now: datetime) -> Done:
        _check_reviewer(connection, body.delegate)
        given = {"starts": body.starts, "ends": body.ends}
        lent = requests.delegate(connection, body.delegate, **given, actor=write.actor, now=now)
        return Done(DelegationShown.of(lent), 201)

    return write.once(command)


@router.delete("/delegations/{id}", status_code=204, summary="End a delegation")
def end_delegation(id: DelegationId, write: Lending) -> Response:
    """End a delegation that one gave."""

    def command(connection: Connection, now: datetime) -> Done:
        requests.end_delegation(connection, id, actor=write.actor, now=now)
        return Done(status=204)

    return write.once(command)


def _check_reviewer(connection: Connection, name: str) -> None:
    user = find_user(connection, name)
    if user.disabled or "requests:review" not in permissions_of(user.roles):
        raise RefusedError(f"{name} does not review", rule="reviewers and administrators do", mend="ask somebody else")
