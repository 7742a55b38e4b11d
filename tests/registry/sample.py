"""At least one row in every table, with values that are easily lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from evenhand.registry import tables as t
from evenhand.registry.actor import Actor
from evenhand.registry.audit import append
from evenhand.segments.canonical import Json

__all__ = ["ROWS", "fill"]

NOW = datetime(2026, 3, 2, 9, 30, 0, 123_456, tzinfo=UTC)
OLD = datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC)
DOCUMENT: dict[str, Json] = {
    "reason": 'Größer — 漢字 \U0001f600 \u2028 "quoted" \\ \x00', "share": 0.1, "tiny": 5e-324, "n": [1, None, True]
}  # fmt: skip
BLOB = bytes(range(256))

ROWS: list[tuple[Any, dict[str, Any]]] = [
    (t.segmentations, {
        "name": "winter", "title": "Winter", "created_at": NOW, "created_by": "ann", "current_version": 1,
        "stable_version": 1, "rolling_request": None, "frozen_at": OLD, "frozen_by": "bob",
        "frozen_reason": "line\nbreak",
    }),
    (t.versions, {
        "segmentation": "winter", "number": 1, "sha256": "ab" * 32, "document": DOCUMENT, "created_at": NOW,
        "created_by": "ann", "request": None, "note": "",
    }),
    (t.requests, {
        "segmentation": "winter", "base_version": 1, "revision": 3, "edit": 2, "state": "in_review", "kind": "tweak",
        "author_kind": "policy", "author": "winter-7", "title": "Sooner", "reason": "They lapse", "change": DOCUMENT,
        "touches": ["lapsed"], "risk": "low", "quorum": 1, "share": 0.1 + 0.2, "scheduled_for": NOW + timedelta(days=1),
        "expires_at": NOW + timedelta(days=30), "created_at": NOW, "updated_at": NOW,
    }),
    (t.edits, {
        "request": 1, "number": 2, "editor_kind": "policy", "editor": "winter-7", "base_version": 1, "change": DOCUMENT,
        "predicted": DOCUMENT, "at": NOW,
    }),
    (t.reviews, {"request": 1, "edit": 2, "reviewer": "bob", "verdict": "approve", "reason": "fine", "at": NOW}),
    (t.comments, {"request": 1, "author": "bob", "text": "Why 74?", "at": NOW}),
    (t.wanted_reviewers, {"request": 1, "user": "bob"}),
    (t.delegations, {"delegator": "bob", "delegate": "eve", "starts": NOW, "ends": NOW + timedelta(days=7)}),
    (t.policies, {
        "id": "winter-7", "sha256": "cd" * 32, "level": "validated", "manifest": DOCUMENT, "graph": BLOB,
        "files": {"policy.onnx": "cd" * 32}, "uploaded_at": NOW, "uploaded_by": "ann",
    }),
    (t.champions, {"segmentation": "winter", "policy": "winter-7", "since": NOW}),
    (t.evidence, {"subject_kind": "request", "subject": "1", "kind": "simulated", "document": DOCUMENT, "at": NOW}),
    (t.decisions, {"policy": "winter-7", "document": DOCUMENT, "at": NOW}),
    (t.jobs, {
        "kind": "evidence", "subject": "1", "state": "waiting", "attempts": 0, "run_after": NOW, "document": DOCUMENT,
    }),
    (t.observations, {"segmentation": "winter", "version": 1, "period": 0, "document": DOCUMENT, "at": NOW}),
    (t.plans, {
        "id": "plan-1", "segmentation": "winter", "version": 1, "document": DOCUMENT, "at": NOW, "request": 1,
        "completed_at": NOW,
    }),
    (t.plan_rows, {
        "plan": "plan-1", "customer": "k-17", "arm": "coming", "segment": "lapsed", "planned": "none", "campaign": "B",
        "eligible": 1, "explored": True, "exploration": 0.1, "propensity": 0.1 / 3, "baseline": DOCUMENT,
    }),
    (t.results, {
        "plan": "plan-1", "key": "id:1", "content": "45" * 32, "reason": "", "customer": "k-17",
        "time": "2026-03-03T00:00:00.000000Z", "sent": "B", "delivered": 1.0, "opened": 0.0, "clicked": None,
        "redeemed": None, "unsubscribed": 0.0, "spend": 0.1 + 0.2, "margin": -1e-300, "at": NOW,
    }),
    (t.customers, {"key": "k-17", "document": DOCUMENT, "consent": {"email": False}, "at": NOW}),
    (t.subjects, {"customer": "k-17", "secret": BLOB[:32]}),
    (t.users, {
        "name": "ann", "display": "Ann", "roles": ["reviewer"], "password_hash": None, "disabled": False,
        "created_at": NOW,
    }),
    (t.users, {
        "name": "bob", "display": "Bob", "roles": [], "password_hash": "$argon2id$", "disabled": True,
        "created_at": NOW,
    }),
    (t.keys, {
        "id": "k1", "owner": "crm", "name": "CRM", "secret_hash": "ef" * 32, "scopes": ["recommendations:read"],
        "created_at": NOW,
    }),
    (t.sessions, {
        "token_hash": "01" * 32, "user": "ann", "csrf": "x", "created_at": NOW, "expires_at": NOW, "seen_at": NOW,
    }),
    (t.login_attempts, {"name": "ann", "address": "::1", "at": NOW, "ok": True}),
    (t.events, {"at": NOW, "kind": "request.submitted", "subject": "requests/1", "document": DOCUMENT}),
    (t.idempotency, {
        "actor": "user:ann", "key": "k", "request_sha256": "23" * 32, "status": 201, "body": BLOB,
        "headers": {"ETag": '"1"'}, "at": NOW,
    }),
]  # fmt: skip


def fill(connection: Connection) -> None:
    """Write them all, and three rows of the audit log."""
    for table, values in ROWS:
        connection.execute(insert(table).values(values))
    for i in range(3):
        details: Json = {"i": i, **DOCUMENT}
        append(connection, action="a", subject="s", details=details, actor=Actor("user", "ann"), now=NOW)
