"""Bad input to every form of the pages: a page or a problem that says what is wrong, never a 5xx, nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.server.conftest import Connect
from tests.server.pages.evidence import POLICY, learn, recommend
from tests.server.pages.live import HTML, NAME, Person, settle
from tests.server.people import CHEAP_HASHES, OPERATOR, PASSWORD

from evenhand.registry.identity import ROLES, Role, add_user
from evenhand.registry.tables import audit
from evenhand.server.openapi import operations

TABLE = "0" * 32  # of nobody: what a table that was sent may say is tested where it is read
WHY = "Looked at the groups, at the sizes and at the interval."
KIND = {"Content-Type": "application/x-www-form-urlencoded"}
# Every form of the pages: where it goes, and what it says when all is well but for the session's token.
FORMS: dict[str, tuple[str, Mapping[str, str]]] = {
    "/requests/{id}/review": (
        "/requests/1/review", {"verdict": "approve", "reason": WHY, "revision": "1", "edit": "1"},
    ),
    "/requests/{id}/comments": ("/requests/1/comments", {"text": "Who else?"}),
    "/requests/{id}/act": ("/requests/1/act", {"act": "withdraw", "reason": WHY, "revision": "1", "at": "2026-04-01"}),
    "/requests/{id}/edit": (
        "/requests/1/edit",
        {"do": "submit", "heading": "Other", "reason": WHY, "revision": "1", "0.id": "lapsed", "0.name": "Lapsed",
         "0.campaign": "none", "0.rule.combinator": "and", "0.rule.0.field": "recency", "0.rule.0.operator": ">=",
         "0.rule.0.value": "60", "1.id": "rest", "1.name": "Others", "1.campaign": "none"},
    ),
    "/segmentations/{name}/edit": (
        f"/segmentations/{NAME}/edit",
        {"do": "preview", "heading": "Other", "reason": WHY, "base": "1", "0.id": "lapsed", "0.name": "Lapsed",
         "0.campaign": "none", "0.rule.combinator": "and", "0.rule.0.field": "recency", "0.rule.0.operator": ">=",
         "0.rule.0.value": "60", "1.id": "rest", "1.name": "Others", "1.campaign": "none"},
    ),
    "/segmentations/{name}/roll-back": (f"/segmentations/{NAME}/roll-back", {"version": "1", "reason": WHY}),
    "/segmentations/{name}/freeze": (f"/segmentations/{NAME}/freeze", {"reason": WHY}),
    "/segmentations/{name}/unfreeze": (f"/segmentations/{NAME}/unfreeze", {"reason": WHY}),
    "/start": ("/start", {"name": "winter-2", "title": "Winter"}),
    "/start/{table}": (f"/start/{TABLE}", {"do": "go", "name": "winter-2", "0.use": "feature", "1.use": "id"}),
    "/start/{table}/today": (f"/start/{TABLE}/today", {"name": "winter-2", "title": "Winter"}),
    "/start/{table}/drop": (f"/start/{TABLE}/drop", {}),
    "/experiments/plan": ("/experiments/plan", {"policy": POLICY, "plan": "{}", "do": "register"}),
    "/policies/{id}/promote": (f"/policies/{POLICY}/promote", {}),
    "/policies/{id}/plan": (f"/policies/{POLICY}/plan", {}),
    "/audit/verify": ("/audit/verify", {}),
    "/reading": ("/reading", {"theme": "dark", "locale": "de", "back": "/help"}),
    "/log-in": ("/log-in", {"name": "eve", "password": "wrong", "after": "/"}),
    "/log-out": ("/log-out", {}),
}  # fmt: skip
# What stands in place of every field's value; none of it is what any field wants.
ODD = {
    "nothing": "",
    "spaces": "   ",
    "a NUL": "a\0b",
    "line breaks": "a\r\nSet-Cookie: evenhand=evil",
    "half a letter": "\udc80",
    "text that runs backwards": "\u202egnp.exe",
    "a long text": "x" * 200_000,
    "a negative number": "-1",
    "a huge number": "9" * 400,
    "not a number": "NaN",
    "infinity": "1e999",
    "SQL": "'; DROP TABLE users; --",
    "markup": "<script>alert(1)</script>",
    "a template": "{{ 7 * 7 }}",
    "JSON": '{"a": [1, 2]}',
    "a path": "../../../../etc/passwd",
}
ALONE = ("nothing", "a NUL", "a huge number")  # these stand in each field by itself, too
# Whole bodies that no form sends; none of them carries the session's token.
RAW = {
    "no body": (KIND, b""),
    "not UTF-8": (KIND, b"reason=\xff\xfe&csrf=%ff%fe"),
    "broken escapes": (KIND, b"csrf=%&reason=%zz%"),
    "only separators": (KIND, b"&&&===&&"),
    "JSON": ({"Content-Type": "application/json"}, b'{"csrf": "x"}'),
    "broken JSON": ({"Content-Type": "application/json"}, b'{"csrf": '),
    "a file without a boundary": ({"Content-Type": "multipart/form-data"}, b"--x"),
    "a broken file": ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nContent-Disposition: nothing"),
    "many fields": (KIND, b"&".join(b"f%d=1" % n for n in range(20_000))),
    "too many bytes": (KIND, b"csrf=" + b"x" * 1_200_000),
    "text": ({"Content-Type": "text/plain"}, b"csrf=x"),
}


@pytest.fixture
def eve(app: FastAPI, keys: dict[Role, str], connect: Connect) -> Person:
    """Somebody who may do everything that people may, on a server with something behind every form."""
    settle(app)
    learn(app)
    recommend(app)
    deps = app.state.deps
    roles = [role for role in ROLES if role != "service"]
    with deps.database.writing() as connection:
        add_user(connection, "eve", roles=roles, password=PASSWORD, passwords=CHEAP_HASHES, actor=OPERATOR,
                 now=deps.clock())  # fmt: skip
    return Person(connect(), "eve").log_in()


def rows(app: FastAPI) -> int:
    with app.state.deps.database.reading() as connection:
        return len(connection.execute(select(audit.c.sequence)).all())


def check(answer: httpx.Response, said: object) -> None:
    """Hold that an answer is one for people, and tells nothing of the inside."""
    assert answer.status_code < 500, (said, answer.status_code, answer.text[:300])
    for inside in (
        "Traceback",
        "sqlalchemy",
        "sqlite",
        "psycopg",
        "pydantic",
        "site-packages",
        "evenhand.server",
        "evenhand.registry",
    ):
        assert inside not in answer.text, (said, inside)
    assert "alert(1)</script>" not in answer.text, said


def send(eve: Person, url: str, fields: Mapping[str, str]) -> httpx.Response:
    body = urlencode(fields, errors="surrogateescape").encode()
    return eve.client.post(url, content=body, headers={**HTML, **KIND})


def token(eve: Person) -> str:
    eve.open("/help")
    return eve.form("/log-out")["csrf"]


def test_every_form_is_tried(app: FastAPI) -> None:
    posts = {one.path for one in operations(app) if one.method == "POST" and not one.path.startswith("/v1/")}
    assert posts == set(FORMS)


@pytest.mark.parametrize("kind", RAW)
def test_a_body_that_no_form_sends_does_nothing(kind: str, app: FastAPI, eve: Person) -> None:
    before, (headers, content) = rows(app), RAW[kind]
    for template, (url, _) in FORMS.items():
        answer = eve.client.post(url, content=content, headers={**HTML, **headers})
        check(answer, (kind, template))
        assert answer.status_code >= 300, (kind, template)
    assert rows(app) == before


@pytest.mark.parametrize("kind", ODD)
def test_odd_values_get_an_answer_and_write_only_what_was_taken(kind: str, app: FastAPI, eve: Person) -> None:
    csrf = token(eve)
    for template, (url, fields) in FORMS.items():
        if template == "/log-out":
            continue  # it reads no field but the token
        whole = dict.fromkeys(fields, ODD[kind])
        alone = [{**fields, name: ODD[kind]} for name in fields] if kind in ALONE and "edit" not in template else []
        for spoiled in (whole, *alone, {**fields, "key": ODD[kind] or "\0"}):
            before = rows(app)
            answer = send(eve, url, {**spoiled, "csrf": csrf})
            check(answer, (kind, template, spoiled))
            if answer.status_code >= 400 and template != "/log-in":
                assert rows(app) == before, (kind, template)


def test_a_form_with_nested_groups_beyond_reason_is_refused(eve: Person) -> None:
    csrf = token(eve)
    _, fields = FORMS["/segmentations/{name}/edit"]
    deep = {f"0.rule{'.0' * k}.combinator": "and" for k in range(400)}
    answer = send(eve, f"/segmentations/{NAME}/edit", {**fields, **deep, "csrf": csrf})
    check(answer, "deep")
    assert answer.status_code == 422
