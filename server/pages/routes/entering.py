"""In and out: log-in, log-out, and how somebody likes to read."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from evenhand.registry.identity import TooManyError
from evenhand.server.auth import ANYBODY
from evenhand.server.auth.caller import session_of
from evenhand.server.auth.cookies import token_of
from evenhand.server.auth.csrf import check_origin
from evenhand.server.auth.login import give_cookie, log_in, log_out
from evenhand.server.deps import DepsOf
from evenhand.server.pages.catalogue import locales
from evenhand.server.pages.models import LogInPage
from evenhand.server.pages.places import address
from evenhand.server.pages.rendering import render
from evenhand.server.pages.routes.forms import Form, back_to, form
from evenhand.server.pages.views.frame import COOKIE, THEMES, bare_frame, reading_of
from evenhand.server.problems import Problem

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
After = Annotated[str, Query(max_length=2_000)]
YEAR = 31_536_000  # seconds
LONGEST = 1_000  # characters of a name or a password


@router.get("/log-in", dependencies=[ANYBODY])
async def ask(request: Request, deps: DepsOf, after: After = "/") -> Response:
    """Show the log-in form; whoever was sent here by an ended session is told so, who is logged in is led on."""
    if await session_of(request, deps) is not None:
        return RedirectResponse(_local(after), 303)
    ended = token_of(request) and request.query_params.get("done") is None
    page = LogInPage(after=_local(after), error="ended" if ended else "")
    return HTMLResponse(render(page, bare_frame(request, deps)))


@router.post("/log-in", dependencies=[ANYBODY])
async def enter(request: Request, deps: DepsOf) -> Response:
    """Open a session and lead to where somebody wanted to go."""
    check_origin(request)
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    name, password, after = sent.get("name", ""), sent.get("password", ""), _local(sent.get("after", "/"))
    try:
        token, _ = await log_in(request, deps, name=name.strip()[:LONGEST], password=password[:LONGEST])
    except TooManyError as error:
        page, status = LogInPage(name=name, error="slow", wait=error.retry_after, after=after), 429
    except Problem:
        page, status = LogInPage(name=name, error="wrong", after=after), 401
    else:
        response = RedirectResponse(after, 303)
        give_cookie(request, response, deps, token)
        return response
    return HTMLResponse(render(page, bare_frame(request, deps)), status)


@router.post("/log-out")
def leave(sent: Annotated[Form, form("account:use")], deps: DepsOf) -> Response:
    """End the session."""
    response = RedirectResponse(back_to("log-in", "logged-out"), 303)
    log_out(sent.request, response, deps, sent.caller.session)
    return response


@router.post("/reading", dependencies=[ANYBODY])
async def read_as(request: Request) -> Response:
    """Keep the language and the appearance that somebody chose, in a cookie, and lead back."""
    check_origin(request)
    sent = await request.form()
    before = reading_of(request)
    locale, theme = sent.get("locale"), sent.get("theme")
    chosen = (locale if locale in locales() else before.locale, theme if theme in THEMES else before.theme)
    response = RedirectResponse(_local(str(sent.get("back", "/"))), 303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, ".".join(map(str, chosen)), max_age=YEAR, httponly=True, secure=secure, samesite="lax")
    return response


def _local(url: str) -> str:
    """Return an address of this server, the queue for any other: nobody is led away from here."""
    plain = url.startswith("/") and not url.startswith("//") and "\\" not in url and url.isprintable()
    inside = plain and urlsplit(url).path not in (address("log-in"), address("log-out"))
    return url if inside else address("queue")
