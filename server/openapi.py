"""The OpenAPI document: security, problems and permissions are added here, once for all routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from evenhand.server.auth.caller import Require
from evenhand.server.problems import MEDIA_TYPE, NAMES

__all__ = ["Operation", "describe", "operations"]

DESCRIPTION = """Recommends changes of a customer segmentation, lets people decide, and keeps what was decided.

Come in with an API key (`Authorization: Bearer evh_…`, made by `evenhand key create`) or with a session (`POST
/v1/login`; writes then carry `X-CSRF-Token`). Every write takes an `Idempotency-Key`: sent again, it is not done again.
Every error is `application/problem+json` (RFC 9457) with what is wrong, where, the rule and the mend."""
TAGS = {
    "segmentations": "Who gets what: segmentations, their versions, and the kill switch.",
    "requests": "Changes of a segmentation, and what people say about them.",
    "recommendations": "What the champion policy would change next.",
    "observations": "What came of it: statistics and results, period by period.",
    "plans": "Campaign plans, and the results that come back.",
    "policies": "Learned policies, their evidence, and which of them recommends.",
    "customers": "Who is in which segment, and why; personal data.",
    "audit": "What was done, by whom; nothing in it can be changed unnoticed.",
    "account": "Oneself: log-in, permissions, password.",
    "users": "Who may come in.",
    "keys": "How programs come in.",
    "operations": "Health, readiness and numbers.",
}
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key, `evh_…`."},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-evenhand", "description": "From POST /v1/login."},
}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "enum": [f"urn:evenhand:problem:{name}" for name in NAMES]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong."},
        "instance": {"type": "string", "description": "The request, by its id; the log has the same."},
        "where": {"type": "string", "description": "The field, header or thing that it is about."},
        "rule": {"type": "string", "description": "What holds instead."},
        "mend": {"type": "string", "description": "What probably helps."},
        "current": {"description": "The state that stands, where it differs from what was expected."},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Every field that is wrong."},
    },
    "examples": [
        {
            "type": "urn:evenhand:problem:invalid",
            "title": "The request is not valid",
            "status": 422,
            "detail": "body.roles: List should have at least 1 item after validation, not 0",
            "instance": "urn:evenhand:request:9f86d081884c7d65",
            "where": "body.roles",
            "rule": "List should have at least 1 item after validation, not 0",
        }
    ],
}
UNAUTHENTICATED, REFUSED, INVALID = "401", "403", "422"


class Operation(NamedTuple):
    """One method of one address."""

    method: str  # in capitals
    path: str  # the template
    requires: Require | None  # what it says of who may come; None: it says nothing, which is a mistake
    has_body: bool


def operations(app: FastAPI) -> Iterator[Operation]:
    """Yield everything that can be asked for."""
    for route in iter_route_contexts(app.routes):
        if getattr(route, "dependant", None) is None:
            continue  # the pages of FastAPI itself
        required = _required(route.dependant)
        for method in sorted(route.methods or ()):
            yield Operation(method, str(route.path_format), required, route.body_field is not None)


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the document, made at the first call."""
    if not app.openapi_schema:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = SECURITY
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for operation in operations(app):
        described = document["paths"].get(operation.path, {}).get(operation.method.lower())
        if described is not None:
            _complete(described, operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _complete(described: dict[str, Any], operation: Operation) -> None:
    """Say of one operation who may use it, and which problems it may answer."""
    permission = operation.requires.permission if operation.requires else None
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    responses = described["responses"]
    if permission:
        described["security"] = [{"key": []}, {"session": []}]
        described["x-permission"] = permission
        responses[UNAUTHENTICATED] = {"description": "Nobody is logged in", **problem}
        responses[REFUSED] = {"description": f"The permission {permission} is missing", **problem}
    if INVALID in responses:
        responses[INVALID] = {"description": "The request is not valid", **problem}
    responses["default"] = {"description": "Another problem; its `type` says which", **problem}


def _required(dependant: Any) -> Require | None:
    """Return what a route, or what it depends on, requires."""
    for part in dependant.dependencies:
        if isinstance(part.call, Require):
            return part.call
        deeper = _required(part)
        if deeper is not None:
            return deeper
    return None
