"""Every error as a problem of RFC 9457 (`application/problem+json`), worded in one place.

A problem says what a client can mend. Of what goes on inside (tracebacks, SQL, values that were sent) it says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from evenhand.errors import ConflictError, EvenhandError, MissingError, RefusedError, UnavailableError
from evenhand.registry.identity import TooManyError

__all__ = ["MEDIA_TYPE", "NAMES", "Problem", "answer", "as_problem"]

MEDIA_TYPE = "application/problem+json"
RETRY = "1"  # seconds
MOST_NAMED = 20  # fields of a request that are wrong

# The last part of `type` and the title; docs/server.md lists them, and a test compares the two.
NAMES: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "unauthenticated": (401, "Nobody is logged in"),
    "refused": (403, "This is not allowed"),
    "missing": (404, "There is no such thing here"),
    "method": (405, "This method is not offered here"),
    "slow": (408, "The request took too long to arrive"),
    "conflict": (409, "This does not fit what stands"),
    "outdated": (412, "It has been changed since it was read"),
    "too-large": (413, "The request is too large"),
    "media-type": (415, "This kind of content is not taken here"),
    "invalid": (422, "The request is not valid"),
    "unconditional": (428, "If-Match is missing"),
    "too-many": (429, "Too many attempts"),
    "fault": (500, "The server failed"),
    "unavailable": (503, "Not now"),
}
_BY_STATUS = {status: name for name, (status, _) in reversed(list(NAMES.items()))}
_BY_ERROR: tuple[tuple[type[EvenhandError], str], ...] = (
    (MissingError, "missing"),
    (ConflictError, "conflict"),
    (RefusedError, "refused"),
    (UnavailableError, "unavailable"),
    (EvenhandError, "invalid"),
)


class Problem(HTTPException):
    """An error with a name of `NAMES`, what is wrong, where, the rule and the mend.

    An HTTPException, since FastAPI lets no other error through while it reads a body.
    """

    def __init__(
        self,
        name: str,
        what: str,
        *,
        where: str | None = None,
        rule: str | None = None,
        mend: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        status, self.title = NAMES[name]
        super().__init__(status, what, dict(headers or {}))
        self.name = name
        self.members = {"where": where, "rule": rule, "mend": mend, **more}

    def document(self, request_id: str) -> dict[str, Any]:
        """Return the members of RFC 9457, with ours behind them; what is not known is left out."""
        standard = {
            "type": f"urn:evenhand:problem:{self.name}",
            "title": self.title,
            "status": self.status_code,
            "detail": self.detail,
            "instance": f"urn:evenhand:request:{request_id}",
        }
        return standard | {name: value for name, value in self.members.items() if value is not None}


def as_problem(error: Exception) -> Problem:
    """Return the problem that an error is for a client."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, EvenhandError):
        return _of_ours(error)
    if isinstance(error, RequestValidationError):
        return _of_validation(error.errors())
    if isinstance(error, HTTPException):
        return _of_framework(error)
    return Problem("fault", "the server failed; it is logged under this request's id")


def answer(problem: Problem, request_id: str) -> Response:
    """Return the response that carries a problem."""
    text = json.dumps(problem.document(request_id), ensure_ascii=False, allow_nan=False)
    headers = {**(problem.headers or {}), "Cache-Control": "no-store"}
    return Response(text.encode("utf-8", "replace"), problem.status_code, headers, MEDIA_TYPE)


def _of_ours(error: EvenhandError) -> Problem:
    if isinstance(error, TooManyError):
        return Problem("too-many", error.what, where=error.where, rule=error.rule, mend=error.mend,
                       headers={"Retry-After": str(error.retry_after)})  # fmt: skip
    name = next(name for kind, name in _BY_ERROR if isinstance(error, kind))
    if name == "unavailable":  # its own words quote the database: hosts, files
        return Problem(
            name, "the data cannot be read or written now", rule="what fails is undone as a whole",
            mend="ask again later, with the same Idempotency-Key", headers={"Retry-After": RETRY},
        )  # fmt: skip
    current = getattr(error, "current", None)
    return Problem(name, error.what, where=error.where, rule=error.rule, mend=error.mend, current=current)


def _of_validation(errors: Sequence[Any]) -> Problem:
    """Name every field that is wrong, without what was sent: it may be a password."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem("malformed", "the body is not JSON", where="body")
    said = [{"where": _place(error["loc"]), "rule": str(error["msg"])} for error in errors[:MOST_NAMED]]
    first, more = said[0], f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Problem(
        "invalid", f"{first['where']}: {first['rule']}{more}", where=first["where"], rule=first["rule"], errors=said
    )


def _place(loc: Sequence[str | int]) -> str:
    """Return `body.rules[0].field` of ("body", "rules", 0, "field"); names of unknown fields are cut."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in loc)
    return text.removeprefix(".")


def _of_framework(error: HTTPException) -> Problem:
    """Word what starlette and FastAPI raise: no route, no such method, a body that cannot be parsed."""
    name = _BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "fault")
    said = {
        "missing": "nothing is at this address",
        "method": "this address is not asked by this method",
        "malformed": "the body cannot be read",
    }
    what = said.get(name, HTTPStatus(error.status_code).phrase.lower())
    return Problem(name, what, headers=error.headers)
