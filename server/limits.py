"""What one request may cost: bytes, depth, time, and a place among those at work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evenhand.server.metrics import Metrics
from evenhand.server.problems import Problem, answer
from evenhand.server.requestid import request_id
from evenhand.server.serving.parts import Serving
from evenhand.server.strictjson import check_json

__all__ = ["Bodies", "Load", "Loading"]

FILES = (
    "multipart/form-data", "application/octet-stream", "text/csv", "application/x-ndjson",
    "application/vnd.apache.parquet",
)  # fmt: skip
ASKING = ("/health", "/ready")
LINGER_BYTES, LINGER_SECONDS = 8_388_608, 1.0
CLOSE = {"Connection": "close"}


class Loading:
    """Lets requests wait while a worker imports what routes need, but for those that ask how it is.

    Two threads that import different modules of one package at the same time can each wait for the other; Python then
    gives one of them half of a module.
    """

    def __init__(self, app: ASGIApp, *, serving: Serving) -> None:
        self.app, self.serving = app, serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        loaded = self.serving.loaded
        if scope["type"] == "http" and loaded is not None and not loaded.is_set() and scope["path"] not in ASKING:
            await loaded.wait()
        await self.app(scope, receive, send)


class Bodies:
    """Refuses bodies that are too large, chunked ones included, and JSON that is not fit to be read.

    What a Content-Length admits to is refused unread. Small bodies are read whole before the route begins; files pass
    by piece by piece, and are cut off at their limit.
    """

    def __init__(self, app: ASGIApp, *, most: int, most_file: int, depth: int, seconds: float) -> None:
        self.app = app
        self.most, self.most_file, self.depth, self.seconds = most, most_file, depth, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"]:
            raise Problem("malformed", "the address holds NUL")
        headers = Headers(scope=scope)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        is_file = kind in FILES
        most = self.most_file if is_file else self.most
        if int(headers.get("content-length") or 0) > most:
            _too_large(most)
        counted = _counted(receive, most)
        if is_file:
            await self.app(scope, counted, send)
            return
        body = await self._whole(counted)
        if body and (kind.endswith("/json") or kind.endswith("+json")):
            check_json(body, depth=self.depth)
        await self.app(scope, _replayed(body, receive), send)

    async def _whole(self, receive: Receive) -> bytes:
        """Return the body; the problem `slow` when it does not arrive in time."""
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self.seconds):
                while (message := await receive())["type"] == "http.request":
                    parts.append(message.get("body", b""))
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise Problem("slow", "the body did not arrive in time", headers=CLOSE) from None
        return b"".join(parts)


def _counted(receive: Receive, most: int) -> Receive:
    """Return `receive` that refuses what goes beyond `most` bytes."""
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            _too_large(most)
        return message

    return counting


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return `receive` that gives a body that was read already, then what comes behind it."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


def _too_large(most: int) -> NoReturn:
    raise Problem(
        "too-large", "the body is too large", where="body", rule=f"at most {most} bytes", mend="send it in parts",
        headers=CLOSE,
    )  # fmt: skip


async def linger(receive: Receive) -> None:
    """Take a little of a body that was refused, so that its sender sees the answer instead of a reset connection."""
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0 and (message := await receive())["type"] == "http.request" and message.get("more_body"):
                left -= len(message.get("body", b""))
    except TimeoutError:
        pass


class Load:
    """Bounds how many requests are at work, and how long each may take to begin its answer.

    A request that takes too long is answered `unavailable`, and what it began goes on to its end: a write is never
    torn in half, and whoever asks again with the same idempotency key gets its result.
    """

    def __init__(self, app: ASGIApp, *, most: int, seconds: float, metrics: Metrics) -> None:
        self.app, self.most, self.seconds, self.metrics = app, most, seconds, metrics
        self.working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; health and readiness are answered however many wait."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.working >= self.most and scope["path"] not in ASKING:
            await answer(_busy(), request_id(scope))(scope, receive, send)
            return
        self.working += 1
        self.metrics.working.inc()
        try:
            await self._in_time(scope, receive, send)
        finally:
            self.working -= 1
            self.metrics.working.dec()

    async def _in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _Reply(send)
        late: list[asyncio.Task[None]] = []

        def end() -> None:
            if reply.open:
                reply.open = False
                late.append(asyncio.ensure_future(answer(_late(), request_id(scope))(scope, receive, send)))

        timer = asyncio.get_running_loop().call_later(self.seconds, end)
        try:
            await self.app(scope, receive, reply)
        finally:
            timer.cancel()
            for task in late:
                await task


class _Reply:
    """Sends what the app says, unless the time was up before it began to speak."""

    def __init__(self, send: Callable[[Message], Awaitable[None]]) -> None:
        self.send = send
        self.open = True  # nothing was sent yet
        self.ours = False  # the app was first

    async def __call__(self, message: Message) -> None:
        if self.open:
            self.open, self.ours = False, True
        if self.ours:
            await self.send(message)


def _busy() -> Problem:
    return Problem("unavailable", "too many requests are at work", mend="come again in a second",
                   headers={"Retry-After": "1"})  # fmt: skip


def _late() -> Problem:
    return Problem(
        "unavailable", "the answer took too long", rule="what was begun goes on to its end",
        mend="ask again with the same Idempotency-Key", headers={"Retry-After": "5"},
    )  # fmt: skip
