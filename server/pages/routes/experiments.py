"""Experiments for people: what was planned, how it went, what was decided."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.views.experiments import experiment_page, experiments_page, report_of
from evenhand.server.pages.views.frame import speech_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/experiments")
Reader = Annotated[Caller, require("policies:read")]
ExperimentId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@router.get("")
def every(request: Request, caller: Reader) -> Response:
    """Show all experiments."""
    return show(request, caller, experiments_page)


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
