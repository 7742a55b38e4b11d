"""What is seen from outside of each request: headers, ids, problems, the log and the numbers."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import create_engine, text
from tests.server.client import Client
from tests.server.people import PASSWORD

from evenhand.errors import ConflictError, DataError, MissingError, RefusedError, UnavailableError
from evenhand.registry.identity import Role
from evenhand.server import logs
from evenhand.server.auth import ANYBODY
from evenhand.server.problems import NAMES, Problem, as_problem

SECRET = "customer 4711 lives in Kiel"


@pytest.fixture
def faulty(app: FastAPI, anonymous: Client) -> Client:
    """A server with routes that fail."""
    router = APIRouter()

    @router.get("/fault/{what}", dependencies=[ANYBODY])
    def fault(what: str) -> None:
        raise {"key": KeyError, "away": UnavailableError, "conflict": ConflictError}[what](SECRET)

    app.include_router(router)
    return anonymous


@pytest.fixture
def said() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What the server logs, line by line."""
    stream = StringIO()
    logging.config.dictConfig(logs.configuration("info"))
    loggers = [logging.getLogger(name) for name in ("evenhand", "uvicorn", "uvicorn.error", "uvicorn.access", "")]
    for logger in loggers:
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for logger in loggers:
        for handler in list(logger.handlers):
            if isinstance(handler, logging.StreamHandler) and getattr(handler, "stream", None) is stream:
                logger.removeHandler(handler)
        logger.propagate = True


@pytest.mark.parametrize("url", ["/health", "/nothing", "/v1/me", "/openapi.json", "/fault/key", "/health%00"])
def test_every_answer_tells_browsers_to_trust_nothing_else(url: str, faulty: Client) -> None:
    headers = faulty.get(url).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src")} == {"'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_only_answers_over_tls_ask_for_tls(connect: Callable[..., Client]) -> None:
    assert "strict-transport-security" in connect(base_url="https://evenhand.example").get("/health").headers
    assert "strict-transport-security" not in connect().get("/health").headers


def test_a_request_keeps_its_id_or_gets_one(anonymous: Client) -> None:
    assert anonymous.get("/health", headers={"X-Request-Id": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"
    for odd in ("", "a b", "x" * 65, '"}', "a\tb"):
        assert re.fullmatch(
            "[0-9a-f]{16}", anonymous.get("/health", headers={"X-Request-Id": odd}).headers["x-request-id"]
        )
    ids = {anonymous.get("/health").headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (MissingError("x"), 404, "missing"),
        (ConflictError("x"), 409, "conflict"),
        (RefusedError("x"), 403, "refused"),
        (DataError("x"), 422, "invalid"),
        (UnavailableError("x"), 503, "unavailable"),
        (ValueError("x"), 500, "fault"),
    ],
)
def test_every_error_has_its_problem(error: Exception, status: int, name: str) -> None:
    problem = as_problem(error)
    assert (problem.status_code, problem.name) == (status, name)


def test_a_problem_carries_what_the_error_says() -> None:
    error = DataError("is no number", where="row 3", rule="numbers only", mend="look at it")
    assert as_problem(error).document("7") == {
        "type": "urn:evenhand:problem:invalid",
        "title": "The request is not valid",
        "status": 422,
        "detail": "is no number",
        "instance": "urn:evenhand:request:7",
        "where": "row 3",
        "rule": "numbers only",
        "mend": "look at it",
    }


def test_every_name_of_a_problem_has_a_status_of_an_error() -> None:
    assert all(400 <= status < 600 and title for status, title in NAMES.values())
    assert Problem("slow", "x").status_code == 408


def test_a_fault_is_logged_with_its_place_and_answered_without_a_word_about_it(
    faulty: Client, said: Callable[[], list[dict[str, object]]]
) -> None:
    answer = faulty.get("/fault/key")
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "KeyError" not in answer.text
    fault, request = said()
    assert (fault["event"], fault["level"], fault["error"]) == ("fault", "error", "builtins.KeyError")
    assert "test_observing.py" in str(fault["places"])
    assert SECRET not in str(fault)
    assert fault["request_id"] == request["request_id"] == answer.headers["x-request-id"]


def test_of_a_database_that_is_away_nothing_is_told_but_that_it_is(faulty: Client) -> None:
    answer = faulty.get("/fault/away")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert SECRET not in answer.text


def test_the_log_names_the_route_and_nobody(admin: Client, said: Callable[[], list[dict[str, object]]]) -> None:
    admin.get("/v1/users/reviewer?note=reviewer")
    admin.post("/v1/login", json={"name": "reviewer", "password": PASSWORD})
    lines = said()
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/v1/users/{name}", 200),
        ("POST", "/v1/login", 200),
    ]
    assert all({"timestamp", "level", "event", "request_id", "milliseconds"} <= set(line) for line in lines)
    for private in ("reviewer", "203.0.113.9", PASSWORD, "note", "evh_"):
        assert private not in str(lines)


def test_numbers_are_by_route_and_status(admin: Client) -> None:
    admin.get("/v1/users/reviewer")
    admin.get("/v1/users/nobody")
    admin.get("/somewhere/else")
    admin.request("BREW", "/health")
    text = admin.get("/metrics").text
    for line in (
        'evenhand_requests_total{method="GET",route="/v1/users/{name}",status="200"} 1.0',
        'evenhand_requests_total{method="GET",route="/v1/users/{name}",status="404"} 1.0',
        'evenhand_requests_total{method="GET",route="unmatched",status="404"} 1.0',
        'evenhand_request_seconds_count{method="GET",route="/v1/users/{name}"} 2.0',
        "evenhand_requests_working 1.0",
    ):
        assert line in text
    assert "BREW" not in text
    assert "nobody" not in text


def test_numbers_of_several_workers_are_summed(tmp_path: Path) -> None:
    """Two processes count, one of them is gone, and a third tells the sum; a gauge of the dead is forgotten."""
    code = """
    import os, sys
    from evenhand.server.metrics import Metrics
    metrics = Metrics()
    if sys.argv[1] == "count":
        metrics.requests.labels("GET", "/x", "200").inc()
        metrics.working.inc()
        os._exit(0)
    print(metrics.text().decode())
    """
    told = ""
    for what in ("count", "count", "tell"):
        command = [sys.executable, "-c", textwrap.dedent(code), what]
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert 'evenhand_requests_total{method="GET",route="/x",status="200"} 2.0' in told
    assert "evenhand_requests_working 0.0" in told or "evenhand_requests_working" not in told


def test_a_database_of_another_schema_is_not_ready(app: FastAPI, anonymous: Client) -> None:
    assert anonymous.get("/ready").status_code == 200
    engine = create_engine(app.state.deps.settings.database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    answer = anonymous.get("/ready")
    assert answer.status_code == 503
    assert anonymous.get("/health").status_code == 200


def test_roles_that_may_read_numbers(keys: dict[Role, str], connect: Callable[..., Client]) -> None:
    assert {role for role in keys if connect(keys[role]).get("/metrics").status_code == 200} == {
        "administrator",
        "auditor",
        "service",
    }
