"""`ETag` and `If-Match`: whoever changes something says which state of it they have seen."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import Header

from evenhand.server.problems import Problem

__all__ = ["IfMatch", "check_match", "etag_of", "revision_of"]

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=200, description="The ETag of what was read.", examples=['"3"'])
]


def etag_of(value: bytes | int) -> str:
    """Return the strong tag of a revision's number, or of the bytes of an answer."""
    return f'"{value}"' if isinstance(value, int) else f'"{hashlib.sha256(value).hexdigest()[:32]}"'


def check_match(sent: str | None, current: str, *, required: bool = False) -> None:
    """Raise the problem `outdated` unless `If-Match` names the current tag; `unconditional` where it is required."""
    if sent is None:
        if required:
            raise _unconditional()
        return
    if sent.strip() != "*" and current not in (tag.strip() for tag in sent.split(",")):
        raise Problem("outdated", "it was changed since it was read", where="If-Match", current=current,
                      mend="read it again")  # fmt: skip


def revision_of(sent: str | None) -> int:
    """Return the revision that `If-Match: "3"` names; a problem when it is missing or names none."""
    if sent is None:
        raise _unconditional()
    found = re.fullmatch(r'\s*"(\d{1,15})"\s*', sent)
    if not found:
        raise Problem("malformed", "this is no revision", where="If-Match", rule='a number in quotes, such as "3"')
    return int(found[1])


def _unconditional() -> Problem:
    return Problem("unconditional", "which state was read?", where="If-Match", rule="changes say what they change",
                   mend="send the ETag of what was read as If-Match")  # fmt: skip
