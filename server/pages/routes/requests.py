"""One request: read it, judge it, talk about it, take the next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter
from fastapi import Request as Asked
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import ConflictError, DataError, EvenhandError
from evenhand.registry import requests
from evenhand.registry.requests import GoBack, Proposal, Verdict
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.models import RequestPage
from evenhand.server.pages.models.request import Obstacle
from evenhand.server.pages.routes.forms import Form, back_to, form, new_key
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.sentences import trouble_said
from evenhand.server.pages.views.deciding import ACTS
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.pages.views.request import request_page
from evenhand.server.pages.words import N_
from evenhand.server.problems import as_problem
from evenhand.server.schemas.requests import RequestId

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/requests/{id}")
Reader = Annotated[Caller, require("requests:read")]
_BACK = N_("Back to version %(n)s")
COMMANDS: dict[str, Callable[..., requests.Request]] = {
    "submit": requests.submit,
    "apply": requests.apply,
    "start": requests.start,
    "finish": requests.finish,
    "resume": requests.resume,
}
WITH_REASON: dict[str, Callable[..., requests.Request]] = {
    "withdraw": requests.withdraw,
    "pause": requests.pause,
    "stop": requests.stop,
    "emergency": requests.roll_back,
}


@router.get("")
def read(request: Asked, id: RequestId, caller: Reader, deps: DepsOf) -> Response:
    """Show a request."""
    now = deps.clock()
    return show(
        request, caller,
        lambda connection: request_page(
            connection, id, caller=caller, deps=deps, say=speech_of(request), key=new_key(), now=now
        ),
    )  # fmt: skip


@router.post("/review")
def decide(id: RequestId, sent: Annotated[Form, form("requests:review")], deps: DepsOf) -> Response:
    """Give a verdict on the content that was read; what was typed stays on the page when it cannot be given."""
    verdict = sent.text("verdict")

    def command(connection: Connection, now: datetime) -> str:
        if verdict not in get_args(Verdict):
            raise DataError("no verdict was chosen", where="verdict", mend="choose one")
        requests.review(
            connection,
            id,
            cast("Verdict", verdict),
            reason=sent.reason(),
            revision=sent.revision,
            actor=sent.write.actor,
            now=now,
        )
        return back_to("request", verdict, id=id)

    try:
        return sent.act(command)
    except (DataError, ConflictError) as error:
        return _again(sent, id, deps, error)


@router.post("/comments")
def comment(id: RequestId, sent: Annotated[Form, form("requests:comment")]) -> Response:
    """Say something about a request."""

    def command(connection: Connection, now: datetime) -> str:
        requests.comment(connection, id, sent.text("text"), actor=sent.write.actor, now=now)
        return back_to("request", "comment", id=id) + "#talk"

    return sent.act(command)


@router.post("/act")
def act(id: RequestId, sent: Annotated[Form, form("requests:read")]) -> Response:
    """Take the next step with a request, for whoever may."""
    step = sent.text("act")
    if step not in ACTS:
        raise DataError(f"there is no step {step[:40]!r}", where="act", mend="load the page again")
    sent.caller.check(ACTS[step])

    def command(connection: Connection, now: datetime) -> str:
        acted = _step(connection, id, step, sent, now)
        return back_to("request", step, id=acted.id)

    return sent.act(command)


def _step(connection: Connection, id: int, step: str, sent: Form, now: datetime) -> requests.Request:
    given: dict[str, Any] = {"revision": sent.revision, "actor": sent.write.actor, "now": now}
    if step == "schedule":
        return requests.schedule(connection, id, _instant(sent.text("at")), **given)
    if step == "roll_back":
        return _propose_back(connection, id, sent, now)
    if step in WITH_REASON:
        return WITH_REASON[step](connection, id, reason=sent.reason(), **given)
    return COMMANDS[step](connection, id, **given)


def _propose_back(connection: Connection, id: int, sent: Form, now: datetime) -> requests.Request:
    """Ask for a return to the version that was in force before a request."""
    request = requests.get(connection, id, revision=sent.revision)
    title = speech_of(sent.request)(_BACK) % {"n": request.base_version}
    proposal = Proposal(change=GoBack(request.base_version), title=title, reason=sent.reason())
    rules = sent.write.deps.settings.review_rules
    return requests.propose(connection, request.segmentation, proposal, rules=rules, actor=sent.write.actor, now=now)


def _instant(text: str) -> datetime:
    """Return the instant of a form's date and time, which the page asks for in UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise DataError(f"{text[:40]!r} is no date and time", where="at", mend="2026-11-30T09:00") from None


def _again(sent: Form, id: int, deps: DepsOf, error: EvenhandError) -> Response:
    """Show the request anew with what was typed, and say why the verdict was not taken."""
    now, request = deps.clock(), sent.request

    def view(connection: Connection) -> RequestPage:
        page = request_page(
            connection, id, caller=sent.caller, deps=deps, say=speech_of(request), key=new_key(), now=now
        )
        chosen = sent.text("verdict")
        deciding = replace(
            page.deciding, reason=sent.text("reason"), error=trouble_said(error, speech_of(request)),
            chosen=chosen if chosen in page.deciding.verdicts else None,
            obstacles=(*_edited(sent, page), *page.deciding.obstacles),
        )  # fmt: skip
        return replace(page, deciding=deciding)

    return show(request, sent.caller, view, status=as_problem(error).status_code)


def _edited(sent: Form, page: RequestPage) -> tuple[Obstacle, ...]:
    """Say so where the sender read another content than the present one."""
    seen = sent.number("edit")
    return (Obstacle(kind="edited", current=page.deciding.edit),) if seen not in (None, page.deciding.edit) else ()
