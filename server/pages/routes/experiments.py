"""Experiments for people: what was planned, how it went, what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import DataError, EvenhandError
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.routes.forms import Form, back_to, form, new_key
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.views.experiments import experiment_page, experiments_page, plan_page, report_of
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.problems import as_problem
from evenhand.server.serving.registering import MOST_BYTES, plan_from, register_plan

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/experiments")
Reader = Annotated[Caller, require("policies:read")]
Sent = Annotated[Form, form("policies:promote")]
ExperimentId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@router.get("")
def every(request: Request, caller: Reader) -> Response:
    """Show all experiments."""
    return show(request, caller, lambda connection: experiments_page(connection, caller))


@router.get("/plan")
def begin(request: Request, caller: Annotated[Caller, require("policies:promote")]) -> Response:
    """Show where a plan is chosen."""
    return show(request, caller, lambda connection: plan_page(connection, key=""))


@router.post("/plan")
def bring(sent: Sent) -> Response:
    """Show what a plan says that was sent, or register the one that was read and confirmed."""
    policy, say = sent.text("policy"), speech_of(sent.request)
    try:
        plan = plan_from(_content(sent))
        if sent.text("do") != "register":
            return show(
                sent.request, sent.caller,
                lambda connection: plan_page(connection, key=new_key(), policy=policy, read=plan, say=say),
            )  # fmt: skip

        def command(connection: Connection, now: datetime) -> str:
            register_plan(connection, policy, plan, actor=sent.write.actor, now=now)
            return back_to("experiments", "registered")

        return sent.act(command)
    except EvenhandError as error:
        wrong = error
    return show(
        sent.request, sent.caller, lambda connection: plan_page(connection, key="", policy=policy, error=wrong),
        status=as_problem(wrong).status_code,
    )  # fmt: skip


def _content(sent: Form) -> bytes:
    """Return the file that was chosen, or the plan that the page of the first step holds; DataError without either."""
    if sent.text("plan"):
        return sent.text("plan").encode()
    file = sent.files.get("file")
    content = file.file.read(MOST_BYTES + 1) if file is not None and file.filename else b""
    if not content:
        raise DataError("no file was chosen", where="plan", rule="one TOML or JSON file",
                        mend="choose one, then press the button")  # fmt: skip
    return content


@router.get("/{id}")
def read(request: Request, id: ExperimentId, caller: Reader) -> Response:
    """Show one experiment."""
    say = speech_of(request)
    return show(request, caller, lambda connection: experiment_page(connection, id, say))


@router.get("/{id}/report")
def report(id: ExperimentId, caller: Reader, deps: DepsOf) -> Response:
    """Hand out the whole report as a file: its styles stand inside it, which no page of this server may have."""
    with deps.database.reading() as connection:
        text = report_of(connection, id)
    saved = {"Content-Disposition": f'attachment; filename="experiment-{id}.html"'}
    return Response(text, headers=saved, media_type="text/html; charset=utf-8")
