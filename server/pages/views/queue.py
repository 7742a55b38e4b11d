"""The queue, filled: one leaf of requests, and how many there are of each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal, get_args
from urllib.parse import urlencode

from sqlalchemy import Connection

from evenhand.registry import jobs, policies, requests, segmentations
from evenhand.registry.requests import Brief, Filter, Need, Request
from evenhand.registry.segmentations import Record
from evenhand.server.auth import Caller
from evenhand.server.deps import Deps
from evenhand.server.pages.models import QueuePage
from evenhand.server.pages.models.queue import Filters, QueueRow, State
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.evidence import level_of, outcomes_by
from evenhand.server.pages.views.people import People
from evenhand.server.pages.views.titles import title_of
from evenhand.server.pages.views.touched import touched_by

__all__ = ["LEAF", "filter_of", "need_of", "queue_page"]

LEAF = 20  # requests on a leaf
STATES: Mapping[str, tuple[State, ...]] = {
    "open": requests.OPEN,
    "running": requests.ROLLING,
    "closed": tuple(state for state in get_args(State) if state not in (*requests.OPEN, *requests.ROLLING)),
    "all": (),
}


def queue_page(
    connection: Connection, filters: Filters, *, after: int | None, first: int, caller: Caller, deps: Deps,
    say: Speech, now: datetime,
) -> QueuePage:  # fmt: skip
    """Return one leaf of the queue; DataError for words that nobody can search for."""
    chosen = filter_of(filters, caller)
    found = requests.page(connection, chosen, after=after, limit=LEAF, oldest=filters.order == "oldest", now=now)
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
        rows=_rows(connection, found.items, records, caller=caller, deps=deps, say=say, mine=filters.show == "mine"),
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
    return replace(wanted, needs=need_of(caller))


def need_of(caller: Caller) -> Need:
    """Return what a reader is asked to bring on."""
    return Need(caller.user.name, judges=caller.may("requests:review"), writes=caller.may("requests:write"))


def _rows(
    connection: Connection, found: Sequence[Request], records: Mapping[str, Record], *, caller: Caller, deps: Deps,
    say: Speech, mine: bool,
) -> tuple[QueueRow, ...]:  # fmt: skip
    """Return the rows; what they tell is read for all of them at once."""
    people, briefs = People.of(connection), requests.briefs(connection, found)
    kept = policies.evidence_of_each(connection, "request", [str(one.id) for one in found])
    going = {(job.subject, job.document.get("edit"))
             for job in jobs.under_way(connection, [one.subject for one in found])}  # fmt: skip
    levels = {one.author: level_of(connection, one) for one in {one.author: one for one in found}.values()}
    rows = []
    for one in found:
        brief, outcomes = briefs[one.id], outcomes_by(kept[str(one.id)], one)
        outdated = requests.outdated(one, records[one.segmentation])
        rows.append(QueueRow(
            id=one.id, title=title_of(connection, one, say), segmentation=one.segmentation, state=one.state,
            risk=one.risk,
            author=people.person(one.author, one.author_kind), created_at=one.created_at,
            expires_at=one.expires_at if one.state in requests.OPEN else None,
            customers=touched_by(connection, one, deps.settings.data_dir),
            outcome=outcomes[0] if outcomes else None, evidence_waits=(one.subject, one.edit) in going, gap=None,
            level=levels[one.author] if one.author_kind == "policy" else None, approvals=brief.approvals,
            quorum=one.quorum, needs_me=mine, why_me=_why(one, brief, caller, outdated=outdated) if mine else "",
            outdated=outdated, comments=brief.comments,
        ))  # fmt: skip
    return tuple(rows)


def _why(
    request: Request, brief: Brief, caller: Caller, *, outdated: bool
) -> Literal["author", "orphan", "outdated", "wanted", "review"]:
    if request.state == "draft":
        return "author" if request.author_kind == "user" else "orphan"
    if outdated:
        return "outdated"
    return "wanted" if caller.user.name in brief.asked else "review"
