"""Writes over HTTP: one transaction each, which also keeps the answer under the client's `Idempotency-Key`.

A client that saw no answer sends the same request again, and gets the answer of the first time without anything being
done twice. Because change and answer are kept by one commit, no crash can come between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.responses import Response

from evenhand.registry import idempotency
from evenhand.registry.actor import Actor
from evenhand.server.auth.caller import Caller, Require
from evenhand.server.auth.permissions import Permission, known
from evenhand.server.deps import Deps, deps_of
from evenhand.server.etags import etag_of

__all__ = ["JSON", "Done", "IdempotencyKey", "Write", "Writes", "fingerprint", "respond", "writes"]

JSON = "application/json"
REPLAYED = "Idempotent-Replayed"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="Any text that is new for each write and the same when it is sent again: nothing is done twice.",
        examples=["8f14e45f-ceea-467f-a0e6-2c1b5f1d9d3c"],
    ),
]


class Done(NamedTuple):
    """What a write answers."""

    shown: BaseModel | None = None  # None: no body
    status: int = 200
    etag: str | None = None  # None: the hash of the body
    location: str | None = None  # where what was made is found
    kept: BaseModel | None = None  # what a repetition gets instead of `shown`, where that holds a secret


class Write(NamedTuple):
    """One write that a caller was let in for."""

    caller: Caller
    deps: Deps
    key: str | None
    fingerprint: str  # SHA-256 of what was asked

    @property
    def actor(self) -> Actor:
        """How the audit log names the caller."""
        return self.caller.actor

    def once(self, command: Callable[[Connection, datetime], Done]) -> Response:
        """Run a command in a transaction of its own, or answer as the first time if it ran already."""
        now = self.deps.clock()
        with self.deps.database.writing() as connection:
            before = self._before(connection, now)
            if before is not None:
                return before
            done = command(connection, now)
            self._keep(connection, respond(done._replace(shown=done.kept or done.shown)))
        return respond(done)

    def _before(self, connection: Connection, now: datetime) -> Response | None:
        if self.key is None:
            return None
        found = idempotency.begin(connection, actor=self.actor, key=self.key, request_sha256=self.fingerprint, now=now)
        return None if found is None else Response(found.body, found.status, {**found.headers, REPLAYED: "true"})

    def _keep(self, connection: Connection, response: Response) -> None:
        if self.key is not None:
            kept = idempotency.Answer(response.status_code, bytes(response.body), dict(response.headers))
            idempotency.finish(connection, actor=self.actor, key=self.key, answer=kept)


@dataclass(frozen=True)
class Writes(Require):
    """A dependency that lets in whoever has a permission, to write."""

    async def __call__(self, request: Request, idempotency_key: IdempotencyKey = None) -> Write:
        """Return the write that may be done."""
        caller: Caller = await super().__call__(request)
        known_by = await fingerprint(request) if idempotency_key else ""
        return Write(caller, deps_of(request), idempotency_key, known_by)


def writes(permission: Permission) -> Any:
    """Return what a route depends on that writes with a permission, to stand in `Annotated[Write, ...]`."""
    return Depends(Writes(known(permission)))


def respond(done: Done) -> Response:
    """Return the response to what was done."""
    body = b"" if done.shown is None else done.shown.model_dump_json().encode()
    headers = {"Location": done.location} if done.location else {}
    if body:
        headers["ETag"] = done.etag or etag_of(body)
    return Response(body, done.status, headers, JSON if body else None)


async def fingerprint(request: Request) -> str:
    """Return the hash of everything that makes two requests the same."""
    asked = f"{request.method} {request.url.path}?{request.url.query} {request.headers.get('if-match', '')}\n"
    digest = hashlib.sha256(asked.encode())
    if request.headers.get("content-type", "").startswith(FORMS):
        for name, value in (await request.form()).multi_items():
            digest.update(f"{name}={len(str(value))}:".encode())
            digest.update(await _content(value))
    else:
        digest.update(await request.body())
    return digest.hexdigest()


async def _content(value: UploadFile | str) -> bytes:
    if isinstance(value, str):
        return value.encode()
    content = await value.read()
    await value.seek(0)
    return content
