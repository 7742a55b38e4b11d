"""Every route x every role: who is let in is what the table of permissions says, and no route is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI
from tests.server.client import Client
from tests.server.people import user_of

from evenhand.registry.identity import ROLES, Role, find_user
from evenhand.server.auth import ANYBODY, PERMISSIONS, Caller, permissions_of, require
from evenhand.server.openapi import Operation, operations

OPEN = {
    "/health",
    "/ready",
    "/openapi.json",
    "/docs",
    "/docs/style.css",
    "/v1/login",
    "/log-in",
    "/reading",
    "/static/{file}",
}
EXAMPLES = {"id": "0f3a5c7e9b1d"}


def url_of(operation: Operation) -> str:
    """Return an address of a template: what is asked for does not exist, and is asked for all the same."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: EXAMPLES.get(found[1], "1"), operation.path)


def test_every_route_says_who_may_come(app: FastAPI) -> None:
    silent = [f"{o.method} {o.path}" for o in operations(app) if o.requires is None]
    assert silent == []


def test_what_is_open_to_everybody_is_known(app: FastAPI) -> None:
    found = {o.path for o in operations(app) if o.requires and o.requires.permission is None}
    assert found <= OPEN


def test_a_route_that_says_nothing_is_found() -> None:
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> None: ...

    @router.get("/open", dependencies=[ANYBODY])
    def everybody() -> None: ...

    @router.get("/guarded")
    def guarded(caller: Annotated[Caller, require("audit:read")]) -> None: ...

    app = FastAPI(openapi_url=None)
    app.include_router(router)
    found = {o.path: o.requires.permission if o.requires else "silent" for o in operations(app)}
    assert found == {"/forgotten": "silent", "/open": None, "/guarded": "audit:read"}


def test_a_permission_that_the_table_does_not_have_is_refused_when_the_server_starts() -> None:
    with pytest.raises(KeyError, match="audits:read"):
        require("audits:read")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_let_in_where_the_table_says_so_and_nowhere_else(
    role: Role, app: FastAPI, keys: dict[Role, str], connect: Callable[..., Client]
) -> None:
    client, wrong = connect(keys[role]), []
    for operation in operations(app):
        permission = operation.requires.permission if operation.requires else None
        if permission is None or operation.path == "/v1/logout":
            continue
        answer = client.request(operation.method, url_of(operation), **({"json": {}} if operation.has_body else {}))
        refused = answer.status_code == 403 and permission in answer.json().get("rule", "")
        if refused == (role in PERMISSIONS[permission]):
            wrong.append((operation.method, operation.path, answer.status_code))
        assert answer.status_code < 500, (operation, answer.text)
    assert wrong == []


def test_nobody_is_let_in_without_a_key_or_with_a_wrong_one(
    app: FastAPI, keys: dict[Role, str], connect: Callable[..., Client]
) -> None:
    right = keys["administrator"]
    flipped = right[:-2] + ("AA" if right[-2:] != "AA" else "BB")
    for key in (None, "", "evh_", flipped, right[4:], "evh_000000000000_" + "A" * 43, "é" * 20):
        client = connect()
        header = {} if key is None else {"Authorization": f"Bearer {key}".encode()}
        for operation in operations(app):
            if operation.requires and operation.requires.permission:
                answer = client.request(operation.method, url_of(operation), headers=header)
                assert answer.status_code == 401, (key, operation)
                assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_may_do_no_more_than_its_scopes(app: FastAPI, admin: Client, connect: Callable[..., Client]) -> None:
    made = admin.post("/v1/keys", json={"name": "reader", "scopes": ["users:read"]}).json()
    reader = connect(made["text"])
    assert reader.get("/v1/users").status_code == 200
    assert reader.post("/v1/users", json={"name": "eve", "roles": ["auditor"]}).status_code == 403
    assert reader.get("/v1/me").status_code == 403


def test_a_key_loses_what_its_owner_loses(
    app: FastAPI, keys: dict[Role, str], admin: Client, connect: Callable[..., Client]
) -> None:
    auditor = connect(keys["auditor"])
    assert auditor.get("/v1/users").status_code == 200
    assert admin.patch("/v1/users/auditor", json={"roles": ["marketer"]}).status_code == 200
    assert auditor.get("/v1/users").status_code == 403
    assert admin.patch("/v1/users/auditor", json={"disabled": True}).status_code == 200
    assert auditor.get("/v1/me").status_code == 401


def test_every_role_may_do_something_and_administrators_cannot_advise() -> None:
    assert all("account:use" in permissions_of([role]) for role in ROLES)
    assert "recommendations:ask" not in permissions_of(["administrator"])


def test_a_service_can_never_review() -> None:
    for permission in ("requests:review", "segmentations:rollback", "segmentations:unfreeze", "policies:promote"):
        assert "service" not in PERMISSIONS[permission]


def test_the_actor_of_a_service_is_no_person(app: FastAPI, keys: dict[Role, str]) -> None:
    with app.state.deps.database.reading() as connection:
        assert find_user(connection, user_of("service")).actor.kind == "service"
        assert find_user(connection, user_of("reviewer")).actor.kind == "user"
