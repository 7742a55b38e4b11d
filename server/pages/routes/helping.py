"""Help: every term, who may do what, and a tour."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.registry import requests
from evenhand.registry.requests import Filter
from evenhand.server.auth import Caller, require
from evenhand.server.deps import Deps, DepsOf
from evenhand.server.pages.models import HelpPage, TourPage
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.pages.views.roles import roles_said
from evenhand.server.pages.views.tour import made_up_segments

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Myself = Annotated[Caller, require("account:use")]


@router.get("/help")
def read(request: Request, caller: Myself) -> Response:
    """Explain every term."""
    return show(request, caller, lambda _: HelpPage(roles=roles_said(speech_of(request))))


@router.get("/tour/{step}")
def tour(request: Request, step: Annotated[int, Path(ge=1, le=5)], caller: Myself, deps: DepsOf) -> Response:
    """Show one step of the tour."""
    return show(request, caller, lambda connection: _tour(connection, step, deps, speech_of(request)))


def _tour(connection: Connection, step: int, deps: Deps, say: Speech) -> TourPage:
    newest = requests.page(connection, Filter(), limit=1, now=deps.clock()).items
    return TourPage(
        step=step, request=newest[0].id if newest else None, segments=made_up_segments(say) if step == 1 else ()
    )  # fmt: skip
