"""The rule editor: change rules by hand, look at the preview, send it to review."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import DataError, EvenhandError
from evenhand.registry import requests
from evenhand.registry.requests import Proposal
from evenhand.server.auth import Caller, require
from evenhand.server.deps import Deps, DepsOf
from evenhand.server.pages.models import EditPage
from evenhand.server.pages.models.segmentations import Preview
from evenhand.server.pages.routes.forms import Form, back_to, form, new_key
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.sentences import trouble_said
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.editing import Subject, Typed, edit_page, preview_of, subject_of, typed_of
from evenhand.server.pages.views.facts import facts_about
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.pages.views.moving import moved
from evenhand.server.pages.views.rules import read_draft, segmentation_from
from evenhand.server.problems import as_problem
from evenhand.server.schemas.requests import RequestId
from evenhand.server.schemas.segmentations import SegmentationName

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Writer = Annotated[Caller, require("requests:write")]
Sent = Annotated[Form, form("requests:write")]


@router.get("/segmentations/{name}/edit")
def begin(request: Request, name: SegmentationName, caller: Writer) -> Response:
    """Show the editor of a segmentation."""
    return show(request, caller, lambda connection: _fresh(connection, request, subject_of(connection, name=name)))


@router.get("/requests/{id}/edit")
def begin_again(request: Request, id: RequestId, caller: Writer) -> Response:
    """Show the editor of a request."""
    return show(request, caller, lambda connection: _fresh(connection, request, subject_of(connection, id=id)))


@router.post("/segmentations/{name}/edit")
def propose(name: SegmentationName, sent: Sent, deps: DepsOf) -> Response:
    """Do what the pressed button says; the last one writes a request."""
    return _pressed(sent, deps, name=name)


@router.post("/requests/{id}/edit")
def edit(id: RequestId, sent: Sent, deps: DepsOf) -> Response:
    """Do what the pressed button says; the last one puts the content in the request's place, in review."""
    return _pressed(sent, deps, id=id)


def _fresh(connection: Connection, request: Request, subject: Subject) -> EditPage:
    return edit_page(subject, typed_of(connection, subject), speech_of(request), key=new_key())


def _pressed(sent: Form, deps: Deps, *, name: str | None = None, id: int | None = None) -> Response:
    typed = Typed(read_draft(sent.fields), sent.text("heading"), sent.text("reason"))
    button = sent.text("do")
    if button != "submit":
        return _shown(sent, deps, typed, button, name=name, id=id)

    def command(connection: Connection, now: datetime) -> str:
        return _written(connection, subject_of(connection, name=name, id=id), typed, sent, now)

    try:
        return sent.act(command)
    except EvenhandError as error:
        return _shown(sent, deps, typed, "", error=error, name=name, id=id)


def _written(connection: Connection, subject: Subject, typed: Typed, sent: Form, now: datetime) -> str:
    """Write a request, or another content of one, and return where it is shown."""
    settings, record, request = sent.write.deps.settings, subject.record, subject.request
    after = segmentation_from(typed.draft, subject.base.catalogue)
    proposal = Proposal(
        change=after, title=typed.heading, reason=sent.reason(), share=request.share if request else None,
        predicted=facts_about(settings.data_dir, record.name, subject.base, after),
    )  # fmt: skip
    rules, actor = settings.review_rules, sent.write.actor
    if request is not None:
        edited = requests.edit(
            connection, request.id, proposal, revision=sent.revision, rules=rules, actor=actor, now=now
        )  # fmt: skip
        if edited.state == "draft":  # the button says that it goes to review
            requests.submit(connection, request.id, actor=actor, now=now)
        return back_to("request", "edited", id=request.id)
    base = sent.number("base")
    made = requests.propose(connection, record.name, proposal, base_version=base, rules=rules, actor=actor, now=now)
    return back_to("request", "proposed", id=made.id)


def _shown(
    sent: Form, deps: Deps, typed: Typed, button: str, *, error: EvenhandError | None = None, name: str | None,
    id: int | None,
) -> Response:  # fmt: skip
    """Show the editor with what was typed, after a button or with what is wrong."""

    def view(connection: Connection) -> EditPage:
        subject = subject_of(connection, name=name, id=id)
        now_typed, preview, said = typed, None, error
        try:
            if button == "preview":
                preview = _preview(connection, subject, typed, deps, speech_of(sent.request))
            elif button:
                now_typed = typed._replace(draft=moved(typed.draft, button, feature=_first(subject)))
        except EvenhandError as problem:
            said = problem
        text = "" if said is None else trouble_said(said, speech_of(sent.request))
        return edit_page(
            subject, now_typed, speech_of(sent.request), key=new_key(), preview=preview, error=text,
            base=sent.number("base"),
        )  # fmt: skip

    return show(sent.request, sent.caller, view, status=200 if error is None else as_problem(error).status_code)


def _preview(connection: Connection, subject: Subject, typed: Typed, deps: Deps, say: Speech) -> Preview:
    return preview_of(connection, subject, segmentation_from(typed.draft, subject.base.catalogue), deps, say)


def _first(subject: Subject) -> str:
    features = subject.base.catalogue.features
    if not features:
        raise DataError("there is no feature that a rule could use")
    return features[0].name
