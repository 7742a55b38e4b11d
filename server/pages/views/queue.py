"""The queue, filled: one leaf of requests, and how many there are of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, get_args
from urllib.parse import urlencode

from sqlalchemy import Connection

from evenhand.errors import EvenhandError
from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter, Request
from evenhand.registry.segmentations import Record
from evenhand.server.auth import Caller
from evenhand.server.deps import Deps
from evenhand.server.pages.models import QueuePage
from evenhand.server.pages.models.queue import Filters, QueueRow, State
from evenhand.server.pages.views.audience import audience_of
from evenhand.server.pages.views.evidence import level_of, outcomes_of, waits
from evenhand.server.pages.views.people import People
from evenhand.server.pages.views.request import affected_by, versions_of_request

__all__ = ["LEAF", "filter_of", "queue_page"]

LEAF = 20  # requests on a leaf
STATES: Mapping[str, tuple[State, ...]] = {
    "open": requests.OPEN,
    "running": requests.ROLLING,
    "closed": tuple(state for state in get_args(State) if state not in (*requests.OPEN, *requests.ROLLING)),
    "all": (),
}


def queue_page(
    connection: Connection, filters: Filters, *, after: int | None, first: int, caller: Caller, deps: Deps,
    now: datetime,
) -> QueuePage:  # fmt: skip
    """Return one leaf of the queue; DataError for words that nobody can search for."""
    chosen = filter_of(filters, caller)
    found = requests.page(connection, chosen, after=after, limit=LEAF, oldest=filters.order == "oldest", now=now)
    people = People.of(connection)
    counts = {
        show: requests.count(connection, filter_of(replace(filters, show=show), caller), now=now)  # type: ignore[arg-type]  # its keys
        for show in ("mine", *STATES)
    }
    asked = {"show": filters.show, "segmentation": filters.segmentation, "risk": filters.risk,
             "words": filters.words, "order": filters.order}  # fmt: skip
    older = "" if found.after is None else urlencode({**asked, "after": found.after, "first": first + LEAF})
    records = {record.name: record for record in segmentations.every(connection)}
    return QueuePage(
        filters=filters,
        rows=tuple(
            _row(connection, one, records[one.segmentation], filters, caller, deps, people) for one in found.items
        ),
        counts=counts,
        segmentations=tuple(records),
        total=counts[filters.show],
        first=first,
        older=older,
        newer="" if after is None else urlencode(asked),
        anything_at_all=bool(counts["all"]) or requests.count(connection, Filter(), now=now) > 0,
    )


def filter_of(filters: Filters, caller: Caller) -> Filter:
    """Return what the registry is asked for."""
    wanted = Filter(
        segmentation=filters.segmentation or None, risk=filters.risk or None, words=filters.words.strip() or None
    )
    if filters.show != "mine":
        return replace(wanted, states=STATES[filters.show])
    if caller.may("requests:review"):
        return replace(wanted, waiting_for=caller.user.name)
    return replace(wanted, author=caller.user.name, states=("draft",))


def _row(
    connection: Connection, request: Request, record: Record, filters: Filters, caller: Caller, deps: Deps,
    people: People,
) -> QueueRow:  # fmt: skip
    reviews = requests.reviews_of(connection, request.id)
    approvals = [one for one in reviews if (one.edit, one.verdict) == (request.edit, "approve")]
    outcomes = outcomes_of(connection, request)
    mine = filters.show == "mine"
    return QueueRow(
        id=request.id, title=request.title, segmentation=request.segmentation, state=request.state,
        risk=request.risk, author=people.person(request.author, request.author_kind),
        created_at=request.created_at, expires_at=request.expires_at if request.state in requests.OPEN else None,
        customers=_customers(connection, request, deps),
        outcome=outcomes[0] if outcomes else None, evidence_waits=waits(connection, request), gap=None,
        level=level_of(connection, request), approvals=len(approvals), quorum=request.quorum, needs_me=mine,
        why_me=_why(connection, request, caller) if mine else "", outdated=requests.outdated(request, record),
        comments=len(requests.comments_of(connection, request.id)),
    )  # fmt: skip


def _why(connection: Connection, request: Request, caller: Caller) -> Literal["author", "wanted", "review"]:
    if not caller.may("requests:review"):
        return "author"
    return "wanted" if caller.user.name in requests.wanted_of(connection, request.id) else "review"


def _customers(connection: Connection, request: Request, deps: Deps) -> int | None:
    try:
        before, after = versions_of_request(connection, request)
    except EvenhandError:
        return None
    audience = audience_of(deps.settings.data_dir, request.segmentation, before, after)
    return affected_by(before, after, audience)[0] if audience else None
