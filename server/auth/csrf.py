"""Forged requests: a page of somebody else can make a browser send its cookie, but cannot know the session's token.

Whoever comes with an API key is not concerned: no browser sends that by itself.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from evenhand.errors import RefusedError

__all__ = ["FIELD", "HEADER", "SAFE", "check_origin", "check_token"]

HEADER, FIELD = "X-CSRF-Token", "csrf"
SAFE = {"GET", "HEAD", "OPTIONS"}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def check_origin(request: Request) -> None:
    """Raise RefusedError for a request that a browser says another site's page has made."""
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    if foreign or site not in ("none", "same-origin"):
        raise RefusedError(
            "the request comes from another site", where="Origin", rule="only pages of this server write"
        )


async def check_token(request: Request, expected: str) -> None:
    """Raise RefusedError unless the session's token came with the request, as a header or as a form's field."""
    check_origin(request)
    given: object = request.headers.get(HEADER)
    if given is None and request.headers.get("content-type", "").startswith(FORMS):
        given = (await request.form()).get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise RefusedError(
            "the form's token is missing or wrong", where=HEADER, rule="whoever writes with a cookie proves the page",
            mend=f"send csrf of GET /v1/me as {HEADER}, or load the page again",
        )  # fmt: skip
