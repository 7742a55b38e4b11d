"""From a view to an answer."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from evenhand.server.auth import Caller
from evenhand.server.deps import deps_of
from evenhand.server.pages.models import Page
from evenhand.server.pages.rendering import render
from evenhand.server.pages.views.frame import frame_of

__all__ = ["show"]


def show(request: Request, caller: Caller, view: Callable[[Connection], Page], *, status: int = 200) -> HTMLResponse:
    """Fill a view and its surroundings from one look at the registry, and return the page."""
    deps = deps_of(request)
    with deps.database.reading() as connection:
        page, frame = view(connection), frame_of(connection, request, deps, caller)
    return HTMLResponse(render(page, frame), status)
