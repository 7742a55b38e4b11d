"""Users and keys over HTTP: made, changed, replaced and ended; nobody gains what they do not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.server.client import Client
from tests.server.conftest import Maker
from tests.server.people import Clock

from evenhand.registry.identity import Role
from evenhand.registry.tables import audit

EVE = {"name": "eve", "display": "Eve", "roles": ["auditor"], "password": "purple monday anchor violin"}


def test_a_user_is_made_read_changed_and_listed(admin: Client) -> None:
    made = admin.post("/v1/users", json=EVE)
    assert made.status_code == 201
    assert "password" not in made.json()
    read = admin.get(made.headers["location"])
    assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])
    changed = admin.patch("/v1/users/eve", json={"roles": ["reviewer"]}, headers={"If-Match": made.headers["etag"]})
    assert changed.json() == made.json() | {"roles": ["reviewer"]}
    assert "eve" in [user["name"] for user in admin.get("/v1/users").json()["items"]]


def test_a_change_of_what_was_changed_meanwhile_is_refused(admin: Client) -> None:
    tag = admin.post("/v1/users", json=EVE).headers["etag"]
    assert admin.patch("/v1/users/eve", json={"display": "Eva"}, headers={"If-Match": tag}).status_code == 200
    late = admin.patch("/v1/users/eve", json={"display": "Evi"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.json()["current"] == admin.get("/v1/users/eve").headers["etag"]


def test_a_list_is_read_page_by_page(admin: Client) -> None:
    names: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        page = admin.get("/v1/users", params={"limit": 2, "after": page["next"]}).json()
        names += [user["name"] for user in page["items"]]
    assert names == sorted(names)
    assert len(names) == 6


def test_the_last_administrator_stays(admin: Client) -> None:
    for change in ({"disabled": True}, {"roles": ["reviewer"]}):
        answer = admin.patch("/v1/users/administrator", json=change)
        assert answer.status_code == 409
        assert "last administrator" in answer.json()["detail"]
    admin.post("/v1/users", json=EVE | {"roles": ["administrator"]})
    assert admin.patch("/v1/users/administrator", json={"disabled": True}).status_code == 200


@pytest.mark.parametrize("roles", [["service", "reviewer"], ["service", "administrator"]])
def test_a_service_has_no_other_role_and_no_password(roles: list[str], admin: Client) -> None:
    bot = {"name": "bot", "roles": roles}
    assert admin.post("/v1/users", json=bot).status_code == 422
    assert admin.post("/v1/users", json=bot | {"roles": ["service"], "password": EVE["password"]}).status_code == 422
    assert admin.post("/v1/users", json=bot | {"roles": ["service"]}).status_code == 201


def test_everything_that_is_done_to_users_and_keys_is_in_the_audit_log(app: FastAPI, admin: Client) -> None:
    admin.post("/v1/users", json=EVE)
    admin.patch("/v1/users/eve", json={"disabled": True})
    admin.put("/v1/users/eve/password", json={"password": "another good long one"})
    key = admin.post("/v1/keys", json={"name": "job", "scopes": ["users:read"]}).json()["key"]["id"]
    new = admin.post(f"/v1/keys/{key}/rotation", json={}).json()["key"]["id"]
    admin.delete(f"/v1/keys/{new}")
    with app.state.deps.database.reading() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.sequence.desc()).limit(6)).all()[::-1]
    assert [(row.action, row.subject) for row in rows] == [
        ("user.add", "users/eve"),
        ("user.change", "users/eve"),
        ("user.set_password", "users/eve"),
        ("key.create", f"keys/{key}"),
        ("key.rotate", f"keys/{key}"),
        ("key.revoke", f"keys/{new}"),
    ]
    assert {row.actor for row in rows} == {"administrator"}
    assert str(EVE["password"]) not in str(rows)


# ------------------------------------------------------------------------------------------------------ keys


def test_a_replaced_key_works_for_its_grace_and_no_longer(
    admin: Client, connect: Callable[..., Client], clock: Clock
) -> None:
    old = admin.post("/v1/keys", json={"name": "job", "scopes": ["users:read"]}).json()
    rotated = admin.post(f"/v1/keys/{old['key']['id']}/rotation", json={"grace_hours": 2}).json()
    clients = [connect(made["text"]) for made in (old, rotated)]
    assert [client.get("/v1/users").status_code for client in clients] == [200, 200]
    clock.forward(hours=2)
    assert [client.get("/v1/users").status_code for client in clients] == [401, 200]


def test_without_grace_a_replaced_key_ends_at_once(admin: Client, connect: Callable[..., Client]) -> None:
    old = admin.post("/v1/keys", json={"name": "job", "scopes": ["users:read"]}).json()
    assert admin.post(f"/v1/keys/{old['key']['id']}/rotation", json={}).status_code == 201
    assert connect(old["text"]).get("/v1/users").status_code == 401
    assert admin.post(f"/v1/keys/{old['key']['id']}/rotation", json={}).status_code == 409


def test_a_key_ends_by_itself(admin: Client, connect: Callable[..., Client], clock: Clock) -> None:
    brief = connect(admin.post("/v1/keys", json={"name": "job", "scopes": ["users:read"], "days": 1}).json()["text"])
    assert admin.get("/v1/me").json()["ends_at"] == "2026-04-01T09:30:00Z"
    clock.forward(hours=23.9)
    assert brief.get("/v1/users").status_code == 200
    clock.forward(hours=0.1)
    assert brief.get("/v1/users").status_code == 401


def test_a_new_key_lasts_ninety_days(admin: Client) -> None:
    key = admin.post("/v1/keys", json={"name": "job", "scopes": ["users:read"]}).json()["key"]
    assert (key["created_at"], key["expires_at"]) == ("2026-03-02T09:30:00Z", "2026-05-31T09:30:00Z")


def test_a_revoked_key_ends_in_another_worker_when_its_memory_does(
    settings: object, make_app: Maker, app: FastAPI, admin: Client
) -> None:
    made = admin.post("/v1/keys", json={"name": "job", "scopes": ["users:read"]}).json()
    other = make_app(app.state.deps.settings.model_copy(update={"key_cache": 60}))
    header = {"Authorization": f"Bearer {made['text']}"}
    with Client(other) as elsewhere:
        assert elsewhere.get("/v1/users", headers=header).status_code == 200
        assert admin.delete(f"/v1/keys/{made['key']['id']}").status_code == 200
        assert elsewhere.get("/v1/users", headers=header).status_code == 200  # remembered, for a minute here
        other.state.deps.keys.forget()
        assert elsewhere.get("/v1/users", headers=header).status_code == 401


def test_nobody_gives_a_key_more_than_they_have(keys: dict[Role, str], connect: Callable[..., Client]) -> None:
    auditor = connect(keys["auditor"])
    assert auditor.post("/v1/keys", json={"name": "x", "scopes": ["users:write"]}).status_code == 403
    assert auditor.post("/v1/keys", json={"name": "x", "scopes": ["no:such"]}).status_code == 403
    small = connect(auditor.post("/v1/keys", json={"name": "x", "scopes": ["account:use"]}).json()["text"])
    assert small.post("/v1/keys", json={"name": "x", "scopes": ["audit:read"]}).status_code == 403
    assert small.post("/v1/keys", json={"name": "x", "scopes": ["account:use"]}).status_code == 201


def test_an_administrator_makes_keys_for_services_and_never_for_people(admin: Client) -> None:
    wanted = {"name": "x", "scopes": ["recommendations:ask"]}
    assert admin.post("/v1/keys", json=wanted | {"owner": "service"}).status_code == 201
    assert admin.post("/v1/keys", json=wanted | {"owner": "service", "scopes": ["users:write"]}).status_code == 403
    assert (
        admin.post("/v1/keys", json={"name": "x", "owner": "reviewer", "scopes": ["requests:review"]}).status_code
        == 403
    )


def test_an_administrator_cannot_take_a_persons_key_by_replacing_it(
    admin: Client, keys: dict[Role, str], connect: Callable[..., Client]
) -> None:
    made = connect(keys["reviewer"]).post("/v1/keys", json={"name": "x", "scopes": ["requests:review"]}).json()
    assert admin.post(f"/v1/keys/{made['key']['id']}/rotation", json={}).status_code == 403
    assert admin.delete(f"/v1/keys/{made['key']['id']}").status_code == 200


def test_keys_of_others_are_not_there(admin: Client, keys: dict[Role, str], connect: Callable[..., Client]) -> None:
    key = admin.post("/v1/keys", json={"name": "x", "scopes": ["users:read"]}).json()["key"]["id"]
    marketer = connect(keys["marketer"])
    assert {item["owner"] for item in marketer.get("/v1/keys").json()["items"]} == {"marketer"}
    for method, url in (
        ("GET", f"/v1/keys/{key}"),
        ("DELETE", f"/v1/keys/{key}"),
        ("POST", f"/v1/keys/{key}/rotation"),
    ):
        answer = marketer.request(method, url, **({"json": {}} if method == "POST" else {}))
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"there is no key '{key}'"
    assert connect(keys["auditor"]).get(f"/v1/keys/{key}").status_code == 200
    assert connect(keys["auditor"]).delete(f"/v1/keys/{key}").status_code == 403


def test_the_last_use_of_a_key_is_noted_to_the_minute(
    admin: Client, connect: Callable[..., Client], clock: Clock
) -> None:
    made = admin.post("/v1/keys", json={"name": "job", "scopes": ["users:read"]}).json()
    used, url = connect(made["text"]), f"/v1/keys/{made['key']['id']}"
    assert admin.get(url).json()["last_used_at"] is None
    for seconds, noted in ((0, "09:30:00"), (30, "09:30:00"), (40, "09:31:10"), (-600, "09:31:10")):
        clock.forward(seconds=seconds)
        assert used.get("/v1/users").status_code == 200
        assert admin.get(url).json()["last_used_at"] == f"2026-03-02T{noted}Z"
