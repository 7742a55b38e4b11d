"""The dashboard: of the first segmentation, or of one by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from evenhand.registry import segmentations
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.places import address
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.views.dashboard import dashboard_page
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.schemas.segmentations import SegmentationName

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/dashboard")
Reader = Annotated[Caller, require("segmentations:read")]


@router.get("")
def first(caller: Reader, deps: DepsOf) -> Response:
    """Lead to the first segmentation's dashboard; without any, to the page that says how to begin."""
    with deps.database.reading() as connection:
        found = segmentations.every(connection, limit=1)
    return RedirectResponse(address("dashboard-of", name=found[0].name) if found else address("segmentations"), 303)


@router.get("/{name}")
def read(request: Request, name: SegmentationName, caller: Reader, deps: DepsOf) -> Response:
    """Show a segmentation at a glance."""
    say = speech_of(request)
    return show(request, caller, lambda connection: dashboard_page(connection, name, deps=deps, say=say))
