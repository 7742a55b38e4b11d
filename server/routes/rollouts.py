"""From an agreement to customers: schedule, apply, roll out step by step, stop, and back again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.registry import requests
from evenhand.registry.requests import Request
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.etags import IfMatch, revision_of
from evenhand.server.routes.requests import done
from evenhand.server.schemas.base import Why
from evenhand.server.schemas.policies import PolicyId
from evenhand.server.schemas.requests import CalibrationShown, Noted, Reckoning, RequestId, RequestShown, Scheduled
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["requests"])
Applying = Annotated[Write, writes("requests:apply")]
ONE = "/change-requests/{id}"


@router.post(ONE + "/schedule", response_model=RequestShown, summary="Schedule an approved request")
def schedule(id: RequestId, body: Scheduled, write: Applying, if_match: IfMatch = None) -> Response:
    """Let an approved request come by itself at an instant."""
    return _move(write, requests.schedule, id, body.at, revision=revision_of(if_match))


@router.post(ONE + "/apply", response_model=RequestShown, summary="Apply an approved request")
def apply(id: RequestId, write: Applying, if_match: IfMatch = None) -> Response:
    """Put an approved change in force for everybody at once, as a new version."""
    return _move(write, requests.apply, id, revision=revision_of(if_match))


@router.post(ONE + "/start", response_model=RequestShown, summary="Start a roll-out")
def start(id: RequestId, write: Applying, if_match: IfMatch = None) -> Response:
    """Give an approved change to its share of the customers; the others keep the old version."""
    return _move(write, requests.start, id, revision=revision_of(if_match))


@router.post(ONE + "/pause", response_model=RequestShown, summary="Pause a roll-out")
def pause(id: RequestId, body: Why, write: Applying) -> Response:
    """Keep a roll-out where it stands. A brake needs no If-Match."""
    return _move(write, requests.pause, id, reason=body.reason)


@router.post(ONE + "/resume", response_model=RequestShown, summary="Resume a roll-out")
def resume(id: RequestId, write: Applying, if_match: IfMatch = None) -> Response:
    """Let a paused roll-out go on."""
    return _move(write, requests.resume, id, revision=revision_of(if_match))


@router.post(ONE + "/stop", response_model=RequestShown, summary="Stop a roll-out")
def stop(id: RequestId, body: Why, write: Applying) -> Response:
    """End a roll-out: everybody has the old version again. A brake needs no If-Match."""
    return _move(write, requests.stop, id, reason=body.reason)


@router.post(ONE + "/finish", response_model=RequestShown, summary="Finish a roll-out")
def finish(id: RequestId, write: Applying, if_match: IfMatch = None) -> Response:
    """Put a rolled-out version in force for everybody."""
    return _move(write, requests.finish, id, revision=revision_of(if_match))


@router.post(ONE + "/roll-back", response_model=RequestShown, summary="Roll back in an emergency")
def roll_back(id: RequestId, body: Why, write: Annotated[Write, writes("segmentations:rollback")]) -> Response:
    """Undo the newest applied request at once, without a review; the audit log marks it as an emergency."""
    return _move(write, requests.roll_back, id, reason=body.reason)


@router.put(ONE + "/predicted", response_model=RequestShown, summary="Note what is foretold")
def predicted(id: RequestId, body: Noted, write: Annotated[Write, writes("requests:write")]) -> Response:
    """Note what a program foretells of a request, before it is agreed; its risk is judged anew, approvals are void."""
    rules = write.deps.settings.review_rules
    return _move(write, requests.note_predicted, id, body.document, rules=rules)


@router.put(ONE + "/realised", response_model=RequestShown, summary="Note what came of it")
def realised(id: RequestId, body: Noted, write: Annotated[Write, writes("observations:write")]) -> Response:
    """Note what came of a request that customers had; a later note replaces an earlier one, not in the audit log."""
    return _move(write, requests.note_realised, id, body.document)


@router.get(ONE + "/outcome", response_model=Reckoning, summary="Predicted against realised")
def outcome(id: RequestId, caller: Annotated[Caller, require("requests:read")], deps: DepsOf) -> Response:
    """Show what was foretold of a request and what came of it, from the results of plans sent while it rolled out."""
    with deps.database.reading() as connection:
        request = requests.get(connection, id)
    return respond(Done(Reckoning.of(request.id, request.predicted, request.realised)))


@router.get("/policies/{id}/calibration", response_model=CalibrationShown, summary="A policy's record")
def calibration(id: PolicyId, caller: Annotated[Caller, require("policies:read")], deps: DepsOf) -> Response:
    """Show what a policy foretold of all that ran as it recommended, and what came."""
    with deps.database.reading() as connection:
        return respond(Done(CalibrationShown.of(id, requests.calibration(connection, id))))


def _move(write: Write, command: Callable[..., Request], *given: Any, **named: Any) -> Response:
    """Run one of the registry's commands on a request and show what became of it."""

    def work(connection: Connection, now: datetime) -> Done:
        return done(command(connection, *given, **named, actor=write.actor, now=now))

    return write.once(work)
