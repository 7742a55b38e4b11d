"""A right request for every route that writes: what is wrong in a test is wrong in one thing only.

A new route joins by a line here; `test_bad_input.py` fails until it does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from evenhand.registry.identity import Role
from evenhand.server.schemas.segmentations import EXAMPLE

__all__ = ["WITHOUT_KEY", "WRITES", "Sample"]


class Sample(NamedTuple):
    """A request that is right but for what a test spoils."""

    url: str
    body: dict[str, Any] | None  # None: the route takes none
    role: Role | None = "administrator"  # whose key is sent; None: nobody's


ONE = "/v1/change-requests/999"
PLAN = "/v1/campaign-plans/0123456789abcdef"
TWEAK = {"op": "assign_campaign", "segment": "lapsed", "campaign": "none"}
WHY = {"reason": "Too many unsubscribe."}

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
    ("POST", "/v1/segmentations"): Sample(
        "/v1/segmentations", {"name": "winter", "title": "Winter", "content": EXAMPLE}
    ),
    ("POST", "/v1/segmentations/{name}/freeze"): Sample("/v1/segmentations/none/freeze", WHY),
    ("POST", "/v1/segmentations/{name}/unfreeze"): Sample("/v1/segmentations/none/unfreeze", WHY),
    ("POST", "/v1/segmentations/{name}/rollback"): Sample("/v1/segmentations/none/rollback", WHY),
    ("POST", "/v1/change-requests"): Sample(
        "/v1/change-requests",
        {"segmentation": "none", "kind": "tweak", "change": TWEAK, "title": "Other", "reason": "It earns more."},
    ),
    ("POST", "/v1/change-requests/recommended"): Sample(
        "/v1/change-requests/recommended", {"segmentation": "none", "recommendation": 1, "tweak": TWEAK}
    ),
    ("PATCH", "/v1/change-requests/{id}"): Sample(ONE, {"title": "Other"}),
    ("POST", "/v1/change-requests/{id}/reviews"): Sample(ONE + "/reviews", {"verdict": "approve", "reason": "seen"}),
    ("POST", "/v1/change-requests/{id}/comments"): Sample(ONE + "/comments", {"text": "Why?"}),
    ("PUT", "/v1/change-requests/{id}/reviewers"): Sample(ONE + "/reviewers", {"users": ["reviewer"]}),
    ("POST", "/v1/change-requests/{id}/schedule"): Sample(ONE + "/schedule", {"at": "2026-03-09T06:00:00Z"}),
    ("PUT", "/v1/change-requests/{id}/predicted"): Sample(ONE + "/predicted", {"document": {"margin_used": 0.3}}),
    ("PUT", "/v1/change-requests/{id}/realised"): Sample(ONE + "/realised", {"document": {"x": 1}}, "data_scientist"),
    **{
        ("POST", f"/v1/change-requests/{{id}}/{verb}"): Sample(f"{ONE}/{verb}", WHY)
        for verb in ("withdraw", "pause", "stop", "roll-back")
    },
    **{
        ("POST", f"/v1/change-requests/{{id}}/{verb}"): Sample(f"{ONE}/{verb}", None)
        for verb in ("submit", "rebase", "apply", "start", "resume", "finish")
    },
    ("POST", "/v1/customers"): Sample(
        "/v1/customers", {"rows": [{"key": "k-1", "features": {"recency": 3}}]}, "service"
    ),
    ("POST", "/v1/customers/{key}/agreement"): Sample("/v1/customers/k-0/agreement", {"channel": "email"}, "service"),
    ("POST", "/v1/customers/{key}/objection"): Sample("/v1/customers/k-0/objection", {"channel": "email"}, "service"),
    ("DELETE", "/v1/customers/{key}"): Sample("/v1/customers/k-0", None),
    ("POST", "/v1/segmentations/{name}/recommendations"): Sample(
        "/v1/segmentations/none/recommendations",
        {"version": 1, "segments": [{"segment": "lapsed", "customers": 3}], "count": 3},
        "data_scientist",
    ),
    ("POST", "/v1/segmentations/{name}/observations"): Sample(
        "/v1/segmentations/none/observations",
        {"version": 1, "period": 0, "segments": [{"segment": "lapsed", "customers": 3}]},
        "data_scientist",
    ),
    ("POST", "/v1/campaign-plans"): Sample(
        "/v1/campaign-plans", {"segmentation": "none", "starts": "2026-03-09"}, "data_scientist"
    ),
    ("DELETE", "/v1/campaign-plans/{id}"): Sample(PLAN, None, "data_scientist"),
    ("POST", "/v1/campaign-plans/{id}/results"): Sample(PLAN + "/results", None, "data_scientist"),  # no JSON: lines
    ("PUT", "/v1/segmentations/{name}/champion"): Sample("/v1/segmentations/none/champion", {"policy": "winter-7"}),
    ("POST", "/v1/policies"): Sample("/v1/policies", None, "data_scientist"),  # files, which are not JSON
    ("POST", "/v1/policies/{id}/trials"): Sample("/v1/policies/none/trials", {"plan": {}}),
    ("POST", "/v1/policies/{id}/decisions"): Sample(
        "/v1/policies/none/decisions", {"plan": {}, "evidence": {}, "evidence_sha256": "0" * 64}
    ),
    ("POST", "/v1/delegations"): Sample(
        "/v1/delegations",
        {"delegate": "reviewer", "starts": "2026-03-02T00:00:00Z", "ends": "2026-03-16T00:00:00Z"},
    ),
    ("DELETE", "/v1/delegations/{id}"): Sample("/v1/delegations/999", None),
}
# Writes that take no Idempotency-Key, and why.
WITHOUT_KEY = {
    ("POST", "/v1/login"): "each log-in opens a session of its own",
    ("POST", "/v1/logout"): "logged out twice is logged out",
    ("POST", "/v1/segmentations/{name}/recommendations"): "it changes nothing, and is told each time who asked",
    ("PUT", "/v1/me/password"): "the second time the current password is wrong",
}
