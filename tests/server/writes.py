"""A right request for every route that writes: what is wrong in a test is wrong in one thing only.

A new route joins by a line here; `test_bad_input.py` fails until it does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from evenhand.registry.identity import Role

__all__ = ["WITHOUT_KEY", "WRITES", "Sample"]


class Sample(NamedTuple):
    """A request that is right but for what a test spoils."""

    url: str
    body: dict[str, Any] | None  # None: the route takes none
    role: Role | None = "administrator"  # whose key is sent; None: nobody's


# (method, template) -> sample
WRITES: dict[tuple[str, str], Sample] = {
    ("POST", "/v1/login"): Sample("/v1/login", {"name": "reviewer", "password": "correct horse battery staple"}, None),
    ("POST", "/v1/logout"): Sample("/v1/logout", None),
    ("PUT", "/v1/me/password"): Sample("/v1/me/password", {"current": "a", "new": "purple monday anchor violin"}),
    ("POST", "/v1/users"): Sample("/v1/users", {"name": "eve", "display": "Eve", "roles": ["auditor"]}),
    ("PATCH", "/v1/users/{name}"): Sample("/v1/users/auditor", {"display": "Other"}),
    ("PUT", "/v1/users/{name}/password"): Sample(
        "/v1/users/auditor/password", {"password": "purple monday anchor violin"}
    ),
    ("POST", "/v1/keys"): Sample("/v1/keys", {"name": "job", "scopes": ["account:use"], "days": 30}),
    ("POST", "/v1/keys/{id}/rotation"): Sample("/v1/keys/0f3a5c7e9b1d/rotation", {"grace_hours": 1}),
    ("DELETE", "/v1/keys/{id}"): Sample("/v1/keys/0f3a5c7e9b1d", None),
}
# Writes that take no Idempotency-Key, and why.
WITHOUT_KEY = {
    ("POST", "/v1/login"): "each log-in opens a session of its own",
    ("POST", "/v1/logout"): "logged out twice is logged out",
    ("PUT", "/v1/me/password"): "the second time the current password is wrong",
}
