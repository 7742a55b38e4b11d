"""A write that is sent again is not done again, whoever comes between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from tests.server.client import Client
from tests.server.writes import WITHOUT_KEY

from evenhand.registry.identity import Role
from evenhand.registry.tables import idempotency, users
from evenhand.registry.tables import keys as key_table
from evenhand.server.openapi import operations

EVE = {"name": "eve", "roles": ["auditor"]}
AGAIN = {"Idempotency-Key": "8f14e45f-ceea"}


def test_every_route_that_writes_takes_a_key(app: FastAPI) -> None:
    """Forms of the pages carry theirs in a hidden field."""
    described = app.openapi()["paths"]
    for operation in operations(app):
        writes = operation.path.startswith("/v1/") and operation.method not in ("GET", "HEAD")
        if writes and (operation.method, operation.path) not in WITHOUT_KEY:
            parameters = described[operation.path][operation.method.lower()].get("parameters", [])
            assert "Idempotency-Key" in [p["name"] for p in parameters], operation


def test_the_same_request_gets_the_same_answer_and_is_done_once(admin: Client) -> None:
    first = admin.post("/v1/users", json=EVE, headers=AGAIN)
    second = admin.post("/v1/users", json=EVE, headers=AGAIN)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert [first.headers[name] for name in ("etag", "location", "content-type")] == [
        second.headers[name] for name in ("etag", "location", "content-type")
    ]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert admin.post("/v1/users", json=EVE).status_code == 409


def test_a_key_of_another_request_is_refused(admin: Client) -> None:
    assert admin.post("/v1/users", json=EVE, headers=AGAIN).status_code == 201
    for method, url, body in (
        ("POST", "/v1/users", EVE | {"name": "eva"}),
        ("PATCH", "/v1/users/eve", {"display": "Eve"}),
        ("POST", "/v1/users?x=1", EVE),
    ):
        answer = admin.request(method, url, json=body, headers=AGAIN)
        assert answer.status_code == 409
        assert answer.json()["where"] == "Idempotency-Key"


def test_keys_of_two_callers_are_two(keys: dict[Role, str], connect: Callable[..., Client]) -> None:
    made = {"name": "job", "scopes": ["account:use"]}
    answers = [connect(keys[role]).post("/v1/keys", json=made, headers=AGAIN) for role in ("auditor", "reviewer")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.json()["key"]["owner"] for answer in answers] == ["auditor", "reviewer"]


def test_a_failed_write_leaves_its_key_free(admin: Client) -> None:
    broken = EVE | {"roles": ["auditor", "service"]}
    assert admin.post("/v1/users", json=broken, headers=AGAIN).status_code == 422
    assert admin.post("/v1/users", json=EVE, headers=AGAIN).status_code == 201


def test_a_secret_is_answered_once_and_not_kept(app: FastAPI, admin: Client) -> None:
    made = {"name": "job", "scopes": ["users:read"]}
    first = admin.post("/v1/keys", json=made, headers=AGAIN).json()
    second = admin.post("/v1/keys", json=made, headers=AGAIN).json()
    assert first["text"].startswith(f"evh_{first['key']['id']}_")
    assert second == first | {"text": None}
    with app.state.deps.database.reading() as connection:
        kept = str(connection.execute(select(idempotency)).all()) + str(connection.execute(select(key_table)).all())
    assert first["text"].split("_", 2)[2] not in kept


@pytest.mark.parametrize("same", [True, False], ids=["one key", "a key each"])
def test_ten_at_once_make_one_user(
    same: bool, app: FastAPI, keys: dict[Role, str], connect: Callable[..., Client]
) -> None:
    clients = [connect(keys["administrator"]) for _ in range(10)]

    def make(n: int) -> int:
        return clients[n].post("/v1/users", json=EVE, headers={"Idempotency-Key": "k" if same else f"k{n}"}).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(make, range(10)))
    assert statuses == ([201] * 10 if same else [201] + [409] * 9)
    with app.state.deps.database.reading() as connection:
        assert connection.execute(select(func.count()).where(users.c.name == "eve")).scalar_one() == 1
