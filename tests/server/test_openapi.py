"""The OpenAPI document is complete, and what the server answers is what it says, whatever is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, CheckFunction, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.server.client import Client

from evenhand.registry.identity import Role
from evenhand.server.openapi import TAGS, operations
from evenhand.server.problems import NAMES


def test_every_operation_has_words_a_tag_and_problems(app: FastAPI) -> None:
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            assert described["summary"], (method, path)
            assert described["description"], (method, path)
            assert set(described["tags"]) <= set(TAGS), (method, path)
            assert "application/problem+json" in described["responses"]["default"]["content"]


def test_every_operation_says_who_may_use_it(app: FastAPI) -> None:
    for operation in operations(app):
        described = app.openapi()["paths"].get(operation.path, {}).get(operation.method.lower())
        permission = operation.requires.permission if operation.requires else None
        if described is not None:
            assert described.get("x-permission") == permission
            assert bool(described.get("security")) == (permission is not None)


def test_every_body_has_an_example_that_is_valid_itself(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    bodies = [
        described["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for methods in app.openapi()["paths"].values()
        for described in methods.values()
        if "application/json" in described.get("requestBody", {}).get("content", {})
    ]
    assert bodies
    for name in bodies:
        for example in schemas[name]["examples"]:
            assert set(schemas[name].get("required", [])) <= set(example) <= set(schemas[name]["properties"])


def test_the_document_is_served_as_it_is(app: FastAPI, anonymous: Client) -> None:
    answer = anonymous.get("/openapi.json")
    assert answer.json() == json.loads(json.dumps(app.openapi()))
    assert answer.json()["info"]["title"] == "Evenhand"
    assert len(answer.json()["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]) == len(NAMES)


def test_people_read_it_as_a_page_that_loads_nothing_from_elsewhere(app: FastAPI, anonymous: Client) -> None:
    answer = anonymous.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    shown = [path for path in app.openapi()["paths"] if f" {path}</code>" in answer.text]
    assert shown == list(app.openapi()["paths"])
    assert "purple monday anchor violin" in answer.text  # an example
    loaded = re.findall(r"""(?:src|href)=["']?([^"'\s>]+)""", answer.text)
    assert [url for url in loaded if not url.startswith(("#", "/"))] == []
    assert "style=" not in answer.text
    assert "<script" not in answer.text
    assert anonymous.get("/docs/style.css").headers["content-type"] == "text/css; charset=utf-8"


CHECKS: list[CheckFunction] = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


def send(case: Case[Any], client: Client) -> httpx.Response:
    """Send a case with the client's key instead of made-up ones, which would end at the door."""
    made = case.as_transport_kwargs(base_url="http://localhost")
    headers = {name: str(value) for name, value in dict(made["headers"]).items() if name.lower() not in DOORS}
    body = {"json": made["json"]} if "json" in made else {"content": made["data"]} if made.get("data") else {}
    params = {str(name): str(value) for name, value in (made.get("params") or {}).items()}
    encoded = {name.encode("ascii", "replace"): value.encode("utf-8", "replace") for name, value in headers.items()}
    return client.request(case.method, made["url"], params=params, headers=encoded, **body)


DOORS = {"authorization", "cookie", "host", "content-length", "x-csrf-token"}


def try_all(app: FastAPI, client: Client, *, examples: int) -> None:
    """Send what the document allows, and what it does not, to every operation: no 5xx, answers as described."""
    bounded = settings(
        max_examples=examples,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        deadline=None,
    )
    for found, mode in product(schemathesis.openapi.from_dict(app.openapi()).get_all_operations(), GenerationMode):
        operation = found.ok()

        @bounded
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case[Any]) -> None:
            answer = send(case, client)
            assert answer.status_code < 500, (case.method, case.formatted_path, answer.text)
            case.validate_response(answer, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:  # nothing can be sent to it that the document forbids
            assert mode is GenerationMode.NEGATIVE


def test_a_few_made_up_requests_to_every_operation_are_answered_as_described(app: FastAPI, admin: Client) -> None:
    try_all(app, admin, examples=3)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["administrator", "data_scientist"])
def test_many_made_up_requests_to_every_operation_are_answered_as_described(
    role: Role, app: FastAPI, keys: dict[Role, str], connect: Callable[..., Client]
) -> None:
    try_all(app, connect(keys[role]), examples=60)
