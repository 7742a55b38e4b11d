"""The first visit: a table comes in, its owner says what the columns mean, and version 1 is in force."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from evenhand.errors import DataError, EvenhandError
from evenhand.registry import audit
from evenhand.server.arriving import child, folder
from evenhand.server.arriving.folder import Arrival
from evenhand.server.auth import Caller, require
from evenhand.server.deps import Deps, DepsOf
from evenhand.server.pages.models import Page, UploadPage
from evenhand.server.pages.places import address
from evenhand.server.pages.routes.forms import Form, back_to, form, new_key
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.pages.views.starting import (
    MOST_CAMPAIGNS,
    answers_from,
    begun,
    name_of,
    schema_page,
    today_page,
    upload_page,
)
from evenhand.server.problems import as_problem

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/start")
Loader = Annotated[Caller, require("customers:load")]
Sent = Annotated[Form, form("customers:load")]
TableId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.get("")
def begin(request: Request, caller: Loader, deps: DepsOf) -> Response:
    """Show where a table is chosen."""
    return show(request, caller, lambda _: _upload_page(request, caller, deps))


@router.post("")
def bring(sent: Sent, deps: DepsOf) -> Response:
    """Read a table that was sent, and lead to what its columns were taken for."""
    try:
        arrival = _kept(sent, deps)
    except EvenhandError as error:
        return _refused(sent, _upload_page(sent.request, sent.caller, deps, error), error)
    return RedirectResponse(address("schema", table=arrival.id), 303)


@router.get("/{table}")
def describe(request: Request, table: TableId, caller: Loader, deps: DepsOf) -> Response:
    """Show what each column was taken for."""
    arrival = folder.find(deps.settings.data_dir, table, caller.user.name)
    return show(
        request, caller, lambda _: schema_page(arrival, arrival.answers or begun(arrival), speech_of(request))
    )  # fmt: skip


@router.post("/{table}")
def described(table: TableId, sent: Sent, deps: DepsOf) -> Response:
    """Keep what was said of the columns, and lead to the segmentation that follows from it."""
    arrival, say = folder.find(deps.settings.data_dir, table, sent.caller.user.name), speech_of(sent.request)
    answers = answers_from(sent.fields, arrival.look)
    if sent.text("do") == "more":
        if len(answers.campaigns) < MOST_CAMPAIGNS:
            answers = answers.with_campaign()
        return show(sent.request, sent.caller, lambda _: schema_page(arrival, answers, say))
    arrival.say(answers)
    try:
        if not answers.title:
            raise DataError("it has no name", where="title", mend="say what you call it")
        name_of(answers.title)
        child.run("divide", arrival, answers)
    except EvenhandError as error:
        return _refused(sent, schema_page(arrival, answers, say, error=error), error)
    return RedirectResponse(address("today", table=table), 303)


@router.get("/{table}/today")
def look(request: Request, table: TableId, caller: Loader, deps: DepsOf) -> Response:
    """Show the first segmentation before it is in force."""
    arrival, key = folder.find(deps.settings.data_dir, table, caller.user.name), new_key()
    if not arrival.divided:
        return RedirectResponse(address("schema", table=table), 303)
    return show(request, caller, lambda _: today_page(arrival, speech_of(request), key=key))


@router.post("/{table}/today")
def confirm(table: TableId, sent: Sent, deps: DepsOf) -> Response:
    """Put the first segmentation into force; its table is not kept for longer."""
    data_dir, owner = deps.settings.data_dir, sent.caller.user.name

    def command(connection: Connection, now: datetime) -> str:
        return _taken_over(connection, folder.find(data_dir, table, owner), sent, deps, now)

    try:
        response = sent.act(command)
    except EvenhandError as error:
        arrival = folder.find(data_dir, table, owner)
        page = today_page(arrival, speech_of(sent.request), error=error, key=new_key())
        return _refused(sent, page, error)
    for arrival in folder.of_owner(data_dir, owner):
        folder.drop(arrival)
    return response


@router.post("/{table}/drop")
def drop(table: TableId, sent: Sent, deps: DepsOf) -> Response:
    """Delete a table that its owner does not want here after all."""
    folder.drop(folder.find(deps.settings.data_dir, table, sent.caller.user.name))
    return RedirectResponse(back_to("start", "dropped"), 303)


def _upload_page(request: Request, caller: Caller, deps: Deps, error: EvenhandError | None = None) -> UploadPage:
    waiting = folder.of_owner(deps.settings.data_dir, caller.user.name)
    return upload_page(waiting, speech_of(request), most_bytes=deps.settings.upload_limit, error=error)


def _kept(sent: Form, deps: Deps) -> Arrival:
    """Keep and read what was sent; whatever is wrong with it, then nothing stays."""
    file: UploadFile | None = sent.files.get("file")
    name = PurePosixPath(((file and file.filename) or "").replace("\\", "/")).name
    name = "".join(letter for letter in name if letter.isprintable())[:100]
    if file is None or not name:
        raise DataError("no file was chosen", rule="one CSV or Parquet file", mend="choose one, then press the button")
    arrival = folder.keep(deps.settings.data_dir, sent.caller.user.name, name, file.file, now=deps.clock())
    try:
        child.run("look", arrival)
        with deps.database.writing() as connection:
            audit.append(
                connection, action="table.read", subject=f"tables/{arrival.id}",
                details={"rows": arrival.look.rows, "sha256": arrival.look.sha256}, actor=sent.write.actor,
                now=deps.clock(),
            )  # fmt: skip
    except BaseException:
        folder.drop(arrival)
        raise
    return arrival


def _taken_over(connection: Connection, arrival: Arrival, sent: Form, deps: Deps, now: datetime) -> str:
    from evenhand.server.importing import take_over  # takes what is slow to import

    if not arrival.divided or arrival.answers is None:
        raise DataError("its columns are not described yet", where=arrival.file, mend="say what they mean first")
    name = name_of(arrival.answers.title)
    take_over(connection, arrival.study, name, data_dir=deps.settings.data_dir, source=arrival.look.sha256,
              actor=sent.write.actor, now=now)  # fmt: skip
    return back_to("segmentation", "started", name=name)


def _refused(sent: Form, page: Page, error: EvenhandError) -> Response:
    """Show a page with what is wrong; nothing was changed."""
    return show(sent.request, sent.caller, lambda _: page, status=as_problem(error).status_code)
