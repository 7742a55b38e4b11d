"""One id for each request: in the answer, in every line of the log and in every problem."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evenhand.server.logs import current_request

__all__ = ["HEADER", "RequestIds", "request_id"]

HEADER = "X-Request-Id"
_RAW = HEADER.lower().encode()
_FIT = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def request_id(scope: Scope) -> str:
    """Return the id of the request of a scope."""
    found: str = scope["state"]["request_id"]
    return found


class RequestIds:
    """Takes the id that a client or proxy sent, or makes one up, and answers with it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name == _RAW), b"")
        found = sent.decode() if _FIT.fullmatch(sent) else secrets.token_hex(8)
        scope["state"] = {**scope.get("state", {}), "request_id": found}

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = found
            await send(message)

        before = current_request.set(found)
        try:
            await self.app(scope, receive, with_id)
        finally:
            current_request.reset(before)
