"""The audit log for people: search it, check it, take it away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from evenhand.registry import audit
from evenhand.registry.database import Database
from evenhand.registry.keys import signing_key
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.models import AuditPage
from evenhand.server.pages.models.audit import AuditFilters
from evenhand.server.pages.routes.forms import Form, form
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.views.auditing import audit_page, checked, wanted
from evenhand.server.problems import Problem
from evenhand.server.routes.audit import VERIFYING

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/audit")
Reader = Annotated[Caller, require("audit:read")]
Text = Annotated[str, Query(max_length=200)]
Before = Annotated[int | None, Query(ge=1, lt=2**63)]
Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]  # browsers send a day that was not chosen as ""
AT_ONCE = 1_000  # rows read at a time for an export


def _filters(subject: Text = "", actor: Text = "", action: Text = "", since: Day = "", until: Day = "") -> AuditFilters:
    return AuditFilters(subject=subject, actor=actor, action=action, since=_day(since), until=_day(until))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem("invalid", "there is no such day", where="query", mend="2026-11-30") from None


@router.get("")
def search(
    request: Request, caller: Reader, subject: Text = "", actor: Text = "", action: Text = "", since: Day = "",
    until: Day = "", before: Before = None,
) -> Response:  # fmt: skip
    """Show the rows that match."""
    filters = _filters(subject, actor, action, since, until)
    return show(request, caller, lambda connection: audit_page(connection, filters, before=before, caller=caller))


@router.post("/verify")
def verify(sent: Annotated[Form, form("audit:read")], deps: DepsOf) -> Response:
    """Check the whole chain and show what was found; nothing is changed, so there is nowhere to lead to."""
    if not VERIFYING.acquire(blocking=False):
        raise Problem("unavailable", "the log is being verified for somebody", headers={"Retry-After": "5"})
    try:
        return show(sent.request, sent.caller, lambda connection: _checked(connection, sent, deps))
    finally:
        VERIFYING.release()


def _checked(connection: Connection, sent: Form, deps: DepsOf) -> AuditPage:
    found = checked(connection, now=deps.clock())
    return audit_page(connection, AuditFilters(), before=None, caller=sent.caller, checked=found)


@router.get("/head")
def export_head(caller: Reader, deps: DepsOf) -> Response:
    """Hand out where the log ends, signed; kept elsewhere it shows later whether rows were cut off."""
    with deps.database.reading() as connection:
        head = audit.head_of(connection)
    text = audit.seal_head(head, signing_key(), now=deps.clock())
    return Response(text, headers=_saved_as(f"audit-head-{head.sequence}.json"), media_type="application/json")


@router.get("/rows")
def export_rows(
    caller: Reader, deps: DepsOf, subject: Text = "", actor: Text = "", action: Text = "", since: Day = "",
    until: Day = "",
) -> Response:  # fmt: skip
    """Hand out the rows that match, the newest first, one JSON object a line."""
    lines = _lines(deps.database, _filters(subject, actor, action, since, until))
    return StreamingResponse(lines, headers=_saved_as("audit-rows.jsonl"), media_type="application/x-ndjson")


def _lines(database: Database, filters: AuditFilters) -> Iterator[str]:
    given, before = wanted(filters), None
    while True:
        with database.reading() as connection:
            page = audit.search(connection, **given, before=before, limit=AT_ONCE)
        for one in page.records:
            row = {**one._asdict(), "at": one.at.isoformat(), "actor": str(one.actor)}
            yield json.dumps(row, ensure_ascii=False) + "\n"
        before = page.before
        if before is None:
            return


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
