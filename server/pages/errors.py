"""Problems as pages, for people whose browser asks for HTML."""

from __future__ import annotations

from typing import Any, cast, get_args, get_type_hints
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from evenhand.server.deps import deps_of
from evenhand.server.pages.models import ErrorPage
from evenhand.server.pages.places import address
from evenhand.server.pages.rendering import render
from evenhand.server.pages.sentences import sentence, told
from evenhand.server.pages.views.frame import bare_frame, speech_of
from evenhand.server.problems import Problem

__all__ = ["error_page", "wants_page"]

STATUSES = get_args(get_type_hints(ErrorPage)["status"])
LIKE = {405: 404, 408: 503, 412: 409, 415: 400, 428: 400}  # worded as another one


def wants_page(request: Request) -> bool:
    """Tell whether a person asks, not a program: the interface for programs lies under /v1 and answers JSON."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def error_page(request: Request, problem: Problem, request_id: str) -> Response:
    """Return the page that says what is wrong; whoever is not logged in is led to the log-in and back."""
    if problem.status_code == 401 and request.method in ("GET", "HEAD"):
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{address('log-in')}?{urlencode({'after': here})}", 303)
    if problem.status_code == 405 and request.method in ("GET", "HEAD"):  # a form goes there; its page is one above
        return RedirectResponse(request.url.path.rpartition("/")[0] or address("queue"), 303)
    status = LIKE.get(problem.status_code, problem.status_code)
    detail = "" if status in (404, 500, 503) and problem.title == problem.detail else str(problem.detail)
    say = speech_of(request)
    page = ErrorPage(
        status=cast("Any", status if status in STATUSES else 500),
        detail="" if status >= 500 else sentence(told(detail, say)),
        rule=sentence(told(problem.members.get("rule") or "", say)),
        mend=sentence(told(problem.members.get("mend") or "", say)),
        request_id=request_id,
        back=_before(request),
    )  # fmt: skip
    frame = bare_frame(request, deps_of(request), getattr(request.state, "caller", None))
    return HTMLResponse(render(page, frame), problem.status_code, dict(problem.headers or {}))


def _before(request: Request) -> str:
    """Return the page of this server that the browser came from, the queue where that is not known."""
    came = urlsplit(request.headers.get("referer", ""))
    here = came.netloc == request.headers.get("host") and came.path.startswith("/") and not came.path.startswith("//")
    return came.path if here else address("queue")
