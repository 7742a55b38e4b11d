"""Forms that people send: who may, what they saw, what they asked for, and the way back to a page.

The session's token is checked by `auth.caller`; the hidden `revision` is the page's If-Match, the hidden `key` its
Idempotency-Key, so that a form that is sent twice acts once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from fastapi import Depends, Request
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.responses import Response

from evenhand.errors import DataError
from evenhand.registry.texts import paragraph
from evenhand.server.auth.caller import Caller, Require
from evenhand.server.auth.permissions import Permission, known
from evenhand.server.deps import deps_of
from evenhand.server.pages.places import address
from evenhand.server.writing import Done, Write, fingerprint

__all__ = ["LEAST_REASON", "Form", "back_to", "form", "new_key"]

LEAST_REASON = 10  # characters: "OK" tells nobody why
KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Form(NamedTuple):
    """A form that a caller was let in for."""

    write: Write
    fields: Mapping[str, str]
    request: Request
    files: Mapping[str, UploadFile] = MappingProxyType({})

    @property
    def caller(self) -> Caller:
        """Who sent it."""
        return self.write.caller

    def text(self, name: str) -> str:
        """Return a field, empty where it is missing."""
        return self.fields.get(name, "").replace("\r\n", "\n").strip()

    def number(self, name: str) -> int | None:
        """Return a whole number, None where the field is missing; DataError for anything else."""
        said = self.text(name)
        if said and not re.fullmatch(r"\d{1,15}", said):
            raise DataError(f"{said[:40]!r} is no number", where=name, mend="load the page again")
        return int(said) if said else None

    @property
    def revision(self) -> int:
        """What of a request its sender has seen; DataError where the form does not say."""
        seen = self.number("revision")
        if seen is None:
            raise DataError("which state was read?", where="revision", mend="load the page again")
        return seen

    def reason(self) -> str:
        """Return the reason; DataError for one that tells nobody anything."""
        reason = paragraph(self.text("reason"), what="reason")
        if len(reason) < LEAST_REASON:
            raise DataError(f"{reason!r} tells nobody why", where="reason",
                            rule=f"{LEAST_REASON} characters at least", mend="say what you looked at")  # fmt: skip
        return reason

    def act(self, command: Callable[[Connection, datetime], str]) -> Response:
        """Run a command once, in a transaction of its own, and lead to the address that it returns."""
        return self.write.once(lambda connection, now: Done(status=303, location=command(connection, now)))


@dataclass(frozen=True)
class Forms(Require):
    """A dependency that lets in whoever has a permission, to send a form."""

    async def __call__(self, request: Request) -> AsyncIterator[Form]:  # type: ignore[override]  # FastAPI takes either
        """Yield the form; what was sent with it is closed after the answer, or after a refusal."""
        try:
            yield await self._sent(request)
        finally:
            await request.close()

    async def _sent(self, request: Request) -> Form:
        caller: Caller = await super().__call__(request)
        sent = await request.form()
        fields = {name: value for name, value in sent.items() if isinstance(value, str)}
        key = fields.get("key", "")
        if key and not KEY.fullmatch(key):
            raise DataError("this is no key", where="key", mend="load the page again")
        write = Write(caller, deps_of(request), key or None, await fingerprint(request) if key else "")
        files = {name: value for name, value in sent.items() if isinstance(value, UploadFile)}
        return Form(write, fields, request, files)


def form(permission: Permission) -> Any:
    """Return what a route depends on that takes a form, to stand in `Annotated[Form, ...]`."""
    return Depends(Forms(known(permission)))


def back_to(place: str, done: str, **parts: object) -> str:
    """Return the address of a page that says what was done."""
    return address(place, {"done": done}, **parts)


def new_key() -> str:
    """Return a key for a form: whoever sends the form twice acts once."""
    return secrets.token_urlsafe(12)
