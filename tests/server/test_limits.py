"""What one request may cost: bytes, depth, time, and places at work."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest
from fastapi import APIRouter, FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from tests.server.client import Client
from tests.server.conftest import Maker

from evenhand.server.auth import ANYBODY
from evenhand.server.problems import Problem
from evenhand.server.serving import parts as serving
from evenhand.server.settings import ServerSettings
from evenhand.server.strictjson import check_json

MEGABYTE = b"x" * 1_000_000
JSON = {"Content-Type": "application/json"}


async def ask(app: FastAPI, parts: Iterator[bytes], **headers: str) -> tuple[int, dict[str, str], bytes, int]:
    """Send parts of a body as a server gives them to an app; return status, headers, body and the bytes taken."""
    taken, answered = 0, list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        nonlocal taken
        part = next(parts, None)
        taken += len(part or b"")
        return {"type": "http.request", "body": part or b"", "more_body": part is not None}

    async def send(message: Any) -> None:
        answered.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/login", "raw_path": b"/v1/login", "query_string": b"",
        "headers": [(b"content-type", b"application/json"), *given], "scheme": "http", "server": ("localhost", 80),
        "client": ("203.0.113.9", 1), "asgi": {"version": "3.0"}, "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in answered[0]["headers"]}
    return answered[0]["status"], found, b"".join(m.get("body", b"") for m in answered[1:]), taken


def test_a_hundred_megabytes_are_refused_without_being_read(app: FastAPI) -> None:
    parts = iter([MEGABYTE] * 100)
    status, headers, body, taken = asyncio.run(ask(app, parts, content_length="100000000"))
    assert status == 413
    assert headers["connection"] == "close"
    assert json.loads(body)["rule"] == "at most 1048576 bytes"
    assert taken <= 10_000_000  # a little is taken and thrown away, so that the sender sees the answer


def test_nor_are_a_hundred_megabytes_that_do_not_say_how_long_they_are(app: FastAPI) -> None:
    status, _, body, taken = asyncio.run(ask(app, iter([MEGABYTE] * 100), transfer_encoding="chunked"))
    assert status == 413
    assert json.loads(body)["type"] == "urn:evenhand:problem:too-large"
    assert taken <= 12_000_000


def test_a_body_that_never_ends_to_arrive_is_given_up(settings: ServerSettings, make_app: Maker) -> None:
    app = make_app(settings.model_copy(update={"time_limit": 0.2}))

    async def dribble() -> AsyncIterator[bytes]:
        yield b'{"name": '
        await asyncio.sleep(30)
        yield b'"x"}'

    with Client(app) as client:
        began = time.monotonic()
        answer = client.run(client.http.post("/v1/login", content=dribble(), headers=JSON))
        assert time.monotonic() - began < 5
    assert answer.status_code in (408, 503)  # whichever of the two clocks is first


def test_files_have_a_limit_of_their_own(settings: ServerSettings, make_app: Maker) -> None:
    app = make_app(settings.model_copy(update={"upload_limit": 3_000_000}))
    router = APIRouter()

    @router.post("/file", dependencies=[ANYBODY])
    async def take(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    app.include_router(router)
    octets = {"Content-Type": "application/octet-stream"}

    async def megabytes(n: int) -> AsyncIterator[bytes]:
        for _ in range(n):
            yield MEGABYTE

    with Client(app) as client:
        assert client.post("/file", content=MEGABYTE * 3, headers=octets).json() == {"bytes": 3_000_000}
        assert client.post("/file", content=MEGABYTE * 4, headers=octets).status_code == 413
        cut = client.run(client.http.post("/file", content=megabytes(4), headers=octets))
        assert cut.status_code == 413
        assert client.post("/file", content=MEGABYTE * 2, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (b"[" * 8 + b"]" * 8, True),
        (b"[" * 9 + b"]" * 9, False),
        (b'{"a":' * 8 + b"1" + b"}" * 8, True),
        (b'{"a":' * 9 + b"1" + b"}" * 9, False),
        (b"[" + b",".join([b"[]"] * 100) + b"]", True),
        (b'["' + b"[{" * 100 + b'"]', True),
        (b'["\\"' + b"[" * 100 + b'"]', True),
        (b'["\\\\", ' + b"[" * 100 + b"]" * 101, False),
        (b"1e308", True),
        (b"1e309", False),
        (b"1E+0309", False),
        (b"-1e00308", True),
        (b"[1e000, 1e-400]", True),
        (b"9" * 309, False),
        (b"9" * 308, True),
        (b'"1e309"', True),
        (b'{"1": 1, "1": 2}', False),
        (b'"\\u0000"', False),
        (b'"\\\\u0000"', True),
        (b'"\\ud83d\\ude00"', True),
        (b'"\\ud83d"', False),
        (b'{"\\ud83d": 1}', False),
        ('{"a": 1}'.encode("utf-16"), False),
        ('{"a": 1}'.encode("utf-16-le"), False),
        (b'"\xff"', False),
    ],
)
def test_json_is_read_strictly(text: bytes, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(Problem):
        check_json(text, depth=8)


def deepest(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(deepest, inner), default=0)


@given(
    st.recursive(
        st.sampled_from(["[[", "}{", '"[', "\\[", "", "a"]) | st.none(),
        lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(["[", '"{', "b"]), one, max_size=3),
        max_leaves=12,
    ),
    st.integers(0, 8),
)
def test_json_nests_as_deep_as_it_does(value: object, depth: int) -> None:
    with nullcontext() if deepest(value) <= depth else pytest.raises(Problem, match="nests too deeply"):
        check_json(json.dumps(value).encode(), depth=depth)


@pytest.mark.parametrize("text", [b"[[[[", b"]]]][[[[", b'{"a": [{"b"', b"[}" * 9, b"[]" * 9 + b"]" * 9, b'"[[[[[[[[['])
def test_json_that_is_cut_off_is_not_called_deep(text: bytes) -> None:
    with pytest.raises(Problem, match="not JSON"):
        check_json(text, depth=8)


def test_depth_costs_as_much_as_the_body_is_long() -> None:
    began = time.process_time()
    with pytest.raises(Problem, match="nests too deeply"):
        check_json(b"[" * 500_000 + b"]" * 500_000, depth=32)
    assert time.process_time() - began < 0.5


class Slow(NamedTuple):
    """A server with two places, and a route that goes on when it is let."""

    client: Client
    go: Callable[[], None]
    entered: threading.Semaphore  # released by each request that has come to the route
    ended: list[str]


@pytest.fixture
def patience() -> float:
    """Seconds until an answer must have begun."""
    return 0.3


@pytest.fixture
def slow(settings: ServerSettings, patience: float, make_app: Maker) -> Iterator[Slow]:
    app = make_app(settings.model_copy(update={"concurrency_limit": 2, "time_limit": patience}))
    router, go, entered, ended = APIRouter(), threading.Event(), threading.Semaphore(0), list[str]()

    @router.post("/slow", dependencies=[ANYBODY])
    def wait() -> dict[str, str]:
        entered.release()
        go.wait(20)
        ended.append("whole")
        return {"status": "done"}

    app.include_router(router)
    with Client(app) as client:
        yield Slow(client, go.set, entered, ended)


def test_what_takes_too_long_is_answered_in_time_and_goes_on_to_its_end(
    slow: Slow,
) -> None:
    client, go, _, ended = slow

    async def late() -> Any:
        asked = asyncio.ensure_future(client.http.post("/slow"))
        await asyncio.sleep(0.6)
        assert ended == []
        go()
        return await asked

    answer = client.run(late())
    assert answer.status_code == 503
    assert answer.json()["mend"] == "ask again with the same Idempotency-Key"
    assert ended == ["whole"]


@pytest.mark.parametrize("patience", [20.0])  # on a busy machine the two must not be given up meanwhile
def test_more_than_fit_are_asked_to_come_again_and_health_is_answered_all_the_same(slow: Slow) -> None:
    client, go, entered, _ = slow

    async def crowd() -> list[Any]:
        waiting = [asyncio.ensure_future(client.http.post("/slow")) for _ in range(2)]
        for _ in waiting:
            assert await asyncio.to_thread(entered.acquire, timeout=20)
        found = [await client.http.get("/v1/me"), await client.http.get("/health")]
        go()
        await asyncio.gather(*waiting)
        return [*found, await client.http.get("/v1/me")]

    busy, health, after = client.run(crowd())
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    assert health.status_code == 200
    assert after.status_code == 401


def test_while_a_worker_imports_what_routes_need_requests_wait_and_health_is_answered(
    app: FastAPI, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imported by requests at the same time, half of a module can be seen."""
    imported, free = list[str](), threading.Event()

    def slowly(name: str) -> None:
        assert free.wait(20)
        imported.append(name)

    monkeypatch.setattr(serving, "import_module", slowly)

    async def early() -> tuple[int, int, int]:
        async with app.router.lifespan_context(app):
            asked = asyncio.ensure_future(anonymous.http.get("/v1/me"))
            health, ready = await anonymous.http.get("/health"), await anonymous.http.get("/ready")
            assert (imported, asked.done()) == ([], False)
            free.set()
            answer = await asked
            assert imported == list(serving.SLOW)
            return health.status_code, ready.status_code, answer.status_code

    assert anonymous.run(early()) == (200, 503, 401)
