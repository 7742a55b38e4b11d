"""The last place where an error is caught: what no route foresaw is logged, and answered without a word about it."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evenhand.errors import UnavailableError
from evenhand.server.limits import linger
from evenhand.server.logs import log, said_of
from evenhand.server.problems import Problem, answer, as_problem
from evenhand.server.requestid import request_id

__all__ = ["Catch", "on_error"]


class Catch:
    """Answers every error with a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            response = _answered(error, scope)
            if begun:  # too late to say anything else: the connection is cut, so that nobody takes it for whole
                raise ConnectionAbortedError from None
            await _send(response, scope, receive, send)


async def on_error(request: Request, error: Exception) -> Response:
    """Answer an error that a route raised."""
    return _answered(error, request.scope)


def _answered(error: Exception, scope: Scope) -> Response:
    problem = as_problem(error)
    if problem.name == "fault":
        log.error("fault", **said_of(error))
    elif isinstance(error, UnavailableError):
        log.warning("unavailable", what=error.what, mend=error.mend)
    return _worded(problem, scope)


def _worded(problem: Problem, scope: Scope) -> Response:
    """Answer a program with the problem itself, a person with a page about it."""
    from evenhand.server.pages.errors import error_page, wants_page  # pages need what is caught here

    request, id_ = Request(scope), request_id(scope)
    return error_page(request, problem, id_) if wants_page(request) else answer(problem, id_)


async def _send(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer; one that ends the connection waits a moment for what is still being sent."""
    if response.headers.get("connection") != "close":
        await response(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await linger(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})
