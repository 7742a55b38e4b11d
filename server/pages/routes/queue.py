"""The queue: where everybody begins."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.models.queue import Filters
from evenhand.server.pages.routes.showing import show as shown
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.pages.views.queue import queue_page

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Number = Annotated[int | None, Query(ge=1, lt=2**63)]
Text = Annotated[str, Query(max_length=200)]


@router.get("/")
def queue(
    request: Request,
    caller: Annotated[Caller, require("requests:read")],
    deps: DepsOf,
    show: Literal["mine", "open", "running", "closed", "all"] = "mine",
    segmentation: Text = "",
    risk: Literal["", "low", "high"] = "",
    words: Text = "",
    order: Literal["oldest", "newest"] = "oldest",
    after: Number = None,
    first: Number = None,
) -> Response:
    """Show a leaf of the requests that match."""
    filters = Filters(show=show, segmentation=segmentation, risk=risk, words=words, order=order)
    now = deps.clock()
    return shown(
        request, caller,
        lambda connection: queue_page(
            connection, filters, after=after, first=first or 1, caller=caller, deps=deps, say=speech_of(request),
            now=now,
        ),
    )  # fmt: skip
