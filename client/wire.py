"""One server over HTTP: writes that are done once however often they are sent, and problems as Evenhand's errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import httpx

from evenhand.errors import (
    ConflictError,
    DataError,
    EvenhandError,
    MissingError,
    RefusedError,
    UnavailableError,
)

__all__ = ["Wire", "error_of"]

LONGEST_WAIT = 10.0  # seconds before the next try, whatever the server says
ERRORS: Mapping[int, type[EvenhandError]] = {
    401: RefusedError, 403: RefusedError, 404: MissingError, 409: ConflictError, 412: ConflictError,
    429: UnavailableError, 503: UnavailableError,
}  # fmt: skip


class Wire:
    """Sends requests, and sends them again while the server is away (503, or no answer at all).

    A write carries an `Idempotency-Key` of its own, the same at each try: the server does it once.
    """

    def __init__(self, http: httpx.Client, *, tries: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self._http, self._tries, self._sleep = http, tries, sleep

    def get(self, path: str, **query: Any) -> Any:
        """Return what a read answers; None as a value of the query leaves it out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", path, params=given)

    def write(self, method: str, path: str, body: Any = None, *, revision: int | None = None) -> Any:
        """Return what a write answers; `revision` is what the writer has seen."""
        headers = {"Idempotency-Key": uuid4().hex}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        given = {} if body is None else {"json": body}
        return self._send(method, path, headers=headers, **given)

    def post_lines(self, path: str, lines: Sequence[str], **query: Any) -> Any:
        """Return what is answered to JSON lines; None as a value of the query leaves it out."""
        headers = {"Idempotency-Key": uuid4().hex, "Content-Type": "application/x-ndjson"}
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("POST", path, headers=headers, params=given, content="\n".join(lines).encode())

    def lines(self, path: str, **query: Any) -> Iterator[Any]:
        """Yield each line of a read as it comes; it is not tried again."""
        given = {name: value for name, value in query.items() if value is not None}
        try:
            with self._http.stream("GET", path, params=given) as answer:
                if answer.is_error:
                    answer.read()
                    raise error_of(answer)
                for line in answer.iter_lines():
                    yield json.loads(line)
        except httpx.TransportError as error:
            raise UnavailableError(f"no answer: {type(error).__name__}", where=str(self._http.base_url),
                                   mend="ask again, after the last customer that came") from error  # fmt: skip

    def _send(self, method: str, path: str, **options: Any) -> Any:
        for left in reversed(range(self._tries)):
            try:
                answer = self._http.request(method, path, **options)
            except httpx.TransportError as error:
                if not left:
                    raise UnavailableError(f"no answer: {type(error).__name__}", where=str(self._http.base_url),
                                           mend="is the server running?") from error  # fmt: skip
                self._sleep(1.0)
                continue
            if answer.status_code != 503 or not left:
                break
            self._sleep(_wait(answer))
        if answer.is_error:
            raise error_of(answer)
        return answer.json() if answer.content else None


def error_of(answer: httpx.Response) -> EvenhandError:
    """Return a problem (RFC 9457) as the error that it is: what, where, rule and mend as the server said them."""
    kind = ERRORS.get(answer.status_code, DataError if answer.status_code < 500 else UnavailableError)
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or "detail" not in problem:
        return kind(f"the server answered {answer.status_code}", where=str(answer.url.copy_with(query=None)))
    said = {name: problem[name] for name in ("where", "rule", "mend") if isinstance(problem.get(name), str)}
    return kind(str(problem["detail"]), **said)


def _wait(answer: httpx.Response) -> float:
    """Return for how many seconds the server asks to wait."""
    said = answer.headers.get("retry-after", "")
    return min(float(said), LONGEST_WAIT) if said.isdigit() else 1.0
