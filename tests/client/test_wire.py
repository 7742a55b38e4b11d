"""While a server is away a write is sent again with the same key; what it says is waited for, within bounds."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from evenhand.client import Client
from evenhand.errors import DataError, EvenhandError, UnavailableError

BUSY = httpx.Response(503, headers={"Retry-After": "7"}, json={"detail": "the data cannot be read", "rule": "r"})


class Server:
    """Answers in turn, and remembers what came."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers, self.came, self.waited = list(answers), list[httpx.Request](), list[float]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.came.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, *, tries: int = 4) -> Client:
        transport = httpx.MockTransport(self)
        return Client("http://server", key="evh_k", tries=tries, sleep=self.waited.append, transport=transport)


def test_a_write_is_sent_again_with_its_key_until_the_server_is_back() -> None:
    server = Server(BUSY, httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.Response(200, json={}))
    with server.client() as client:
        client.freeze("winter", "Complaints.")
    assert server.waited == [7.0, 1.0, 1.0]
    assert len({request.headers["idempotency-key"] for request in server.came}) == 1
    assert {request.headers["authorization"] for request in server.came} == {"Bearer evh_k"}
    assert len({request.content for request in server.came}) == 1


def test_two_writes_have_two_keys() -> None:
    server = Server(httpx.Response(200, json={}), httpx.Response(200, json={}))
    with server.client() as client:
        client.freeze("winter", "a")
        client.freeze("winter", "a")
    assert len({request.headers["idempotency-key"] for request in server.came}) == 2


@pytest.mark.parametrize("away", [lambda: BUSY, lambda: httpx.ConnectError("refused")], ids=["busy", "gone"])
def test_a_server_that_stays_away_is_given_up(away: Callable[[], httpx.Response | Exception]) -> None:
    server = Server(*(away() for _ in range(3)))
    with server.client(tries=3) as client, pytest.raises(UnavailableError):
        client.me()
    assert len(server.came) == 3


def test_nobody_waits_for_hours() -> None:
    server = Server(httpx.Response(503, headers={"Retry-After": "86400"}), httpx.Response(200, json={}))
    with server.client() as client:
        client.me()
    assert server.waited == [10.0]


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            httpx.Response(422, json={"detail": "no", "where": "body.x", "rule": "r"}),
            DataError,
            r"body.x: no \| rule: r",
        ),
        (httpx.Response(500, text="<html>"), UnavailableError, "the server answered 500"),
        (httpx.Response(418, json=[1]), DataError, "the server answered 418"),
    ],
)
def test_any_other_answer_is_an_error_at_once(answer: httpx.Response, kind: type[EvenhandError], said: str) -> None:
    server = Server(answer)
    with server.client() as client, pytest.raises(kind, match=said):
        client.me()
    assert server.waited == []
