"""The audit log, filled: a leaf of rows that match, and what a check of the chain found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from evenhand.registry import audit
from evenhand.segments.canonical import Json, canonical_json
from evenhand.server.auth import Caller
from evenhand.server.pages.models import AuditPage
from evenhand.server.pages.models.audit import AuditFilters, AuditRow, Checked
from evenhand.server.pages.views.people import People
from evenhand.server.pages.words import WORDS

__all__ = ["audit_page", "checked", "wanted", "worded"]

LEAF = 50  # rows on a leaf
FORETOLD = "request.foretell"  # what the log keeps as an edit that changes no content


def audit_page(
    connection: Connection, filters: AuditFilters, *, before: int | None, caller: Caller, checked: Checked | None = None
) -> AuditPage:
    """Return a leaf of the log, the newest rows first."""
    people, given = People.of(connection), wanted(filters)
    found = audit.search(connection, **given, before=before, limit=LEAF)
    asked = {"subject": filters.subject, "actor": filters.actor, "action": filters.action,
             "since": filters.since or "", "until": filters.until or ""}  # fmt: skip
    return AuditPage(
        filters=filters,
        actions=tuple(action for action in WORDS["action"] if action != FORETOLD),
        rows=tuple(
            AuditRow(sequence=one.sequence, at=one.at, actor=people.actor(one.actor),
                     action=worded(one.action, one.details), subject=one.subject,
                     details=canonical_json(one.details), hash=one.hash)
            for one in found.records
        ),
        total=audit.count(connection, **given),
        checked=checked,
        may_verify=caller.may("audit:read"),
        older="" if found.before is None else urlencode({**asked, "before": found.before}),
        newer="" if before is None else urlencode(asked),
    )  # fmt: skip


def worded(action: str, details: Mapping[str, Json]) -> str:
    """Return the code of the words for a step: a prediction came to a request, and nobody edited it."""
    return FORETOLD if action == "request.edit" and details.get("what") == "predicted" else action


def wanted(filters: AuditFilters) -> dict[str, Any]:
    """Return what the log is searched for; days are those of UTC, and `until` is included."""
    return {
        "actor": filters.actor.strip() or None,
        "action": filters.action.strip() or None,
        "subject": filters.subject.strip() or None,
        "since": filters.since and _midnight(filters.since),
        "until": filters.until and _midnight(filters.until) + timedelta(days=1),
    }


def checked(connection: Connection, *, now: datetime) -> Checked:
    """Verify the whole chain; it takes a second for 100,000 rows."""
    verdict = audit.verify(connection)
    broken = None if verdict.flaw is None else verdict.flaw.sequence
    return Checked(whole=verdict.holds, rows=verdict.head.sequence, at=now, head=verdict.head.hash, broken=broken)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
