"""Lists of requests and their counts, both from one query, so that they cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, or_, select, true

from evenhand.errors import DataError
from evenhand.registry.requests.record import Request
from evenhand.registry.requests.risk import Risk
from evenhand.registry.requests.states import OPEN, State
from evenhand.registry.tables import delegations, edits, requests, reviews, segmentations, wanted_reviewers
from evenhand.registry.texts import line

__all__ = ["MOST", "Filter", "Need", "Page", "count", "counts", "page"]

MOST = 200  # requests on a page
LARGEST = 2**63 - 1  # id that a database can be asked about


class Need(NamedTuple):
    """A person, and what they may do where it counts on them."""

    person: str
    judges: bool  # requests whose approval would count
    writes: bool  # what they wrote or edited and must edit, and drafts of policies, which answer nobody


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which requests are asked for; what is left out matches all."""

    states: tuple[State, ...] = ()
    segmentation: str | None = None
    author: str | None = None
    waiting_for: str | None = None  # a person whose approval would count now
    needs: Need | None = None  # a person who can bring it on now
    risk: Risk | None = None
    words: str | None = None  # in the title, whatever their case
    since: datetime | None = None  # written then or later
    until: datetime | None = None  # written before


class Page(NamedTuple):
    """Some of the requests that match, the newest first."""

    items: list[Request]
    after: int | None  # where the next page starts; none when this is the last one


def page(
    connection: Connection,
    wanted: Filter,
    *,
    after: int | None = None,
    limit: int = 50,
    oldest: bool = False,
    now: datetime,
) -> Page:
    """Return the matching requests after (older than) the one with this id; DataError for what nobody can ask.

    With `oldest` the oldest come first, and after means newer than.
    """
    if after is not None and after < 0:
        raise DataError(f"after {after}", rule="the id that a page before said")
    if not 1 <= limit <= MOST:
        raise DataError(f"limit {limit}", rule=f"1 to {MOST} requests on a page")
    id, start = requests.c.id, min(after or 0, LARGEST)
    behind = true() if after is None else id > start if oldest else id < start
    query = select(requests).where(_matching(wanted, now), behind).order_by(id if oldest else id.desc())
    query = query.limit(limit + 1)
    found = [Request(*row) for row in connection.execute(query)]
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def count(connection: Connection, wanted: Filter, *, now: datetime) -> int:
    """Return how many requests match, on all pages."""
    query = select(func.count()).select_from(requests).where(_matching(wanted, now))
    return int(connection.execute(query).scalar_one())


def counts(connection: Connection, wanted: Filter, *, now: datetime) -> dict[State, int]:
    """Return how many requests match by their state; a state without any is left out."""
    query = select(requests.c.state, func.count()).where(_matching(wanted, now)).group_by(requests.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


# -------------------------------------------------------------------------------------------------- inside


def _matching(wanted: Filter, now: datetime) -> ColumnElement[bool]:
    """Return the condition that the list, its pages and its counts share."""
    given: list[ColumnElement[bool]] = [true()]
    if wanted.states:
        given.append(requests.c.state.in_(wanted.states))
    for column in ("segmentation", "author", "risk"):
        if getattr(wanted, column) is not None:
            given.append(requests.c[column] == line(getattr(wanted, column), what=column))
    if wanted.words is not None:
        given.append(requests.c.title.icontains(line(wanted.words, what="words"), autoescape=True))
    if wanted.since is not None:
        given.append(requests.c.created_at >= wanted.since)
    if wanted.until is not None:
        given.append(requests.c.created_at < wanted.until)
    if wanted.waiting_for is not None:
        given.append(_waiting_for(line(wanted.waiting_for, what="waiting_for"), now))
    if wanted.needs is not None:
        person = line(wanted.needs.person, what="needs")
        judged = _waiting_for(person, now) if wanted.needs.judges else false()
        given.append(or_(judged, _sent_back_to(person) if wanted.needs.writes else false()))
    return and_(*given)


def _sent_back_to(person: str) -> ColumnElement[bool]:
    """Return whether a person's edit is what it waits for.

    That is so of a draft and of an outdated request that they wrote or edited, and of a policy's draft where somebody
    else asked for changes.
    """
    asked = exists().where(
        reviews.c.request == requests.c.id,
        reviews.c.edit == requests.c.edit,
        reviews.c.verdict == "request_changes",
        reviews.c.reviewer != person,
    )
    own = exists().where(edits.c.request == requests.c.id, edits.c.editor_kind == "user", edits.c.editor == person)
    draft = requests.c.state == "draft"
    outdated = and_(requests.c.state.in_(OPEN), ~_fresh())
    return or_(and_(own, or_(draft, outdated)), and_(draft, requests.c.author_kind == "policy", asked))


def _waiting_for(person: str, now: datetime) -> ColumnElement[bool]:
    """Return whether a person's approval would count, and nobody else was asked for theirs instead."""
    mine = ~_barred(person, now), ~_spoke(person), _asked(person, now)
    return and_(requests.c.state == "in_review", _fresh(), *mine)


def _fresh() -> ColumnElement[bool]:
    """Return whether a request is based on the version in force."""
    return exists().where(
        segmentations.c.name == requests.c.segmentation, segmentations.c.current_version == requests.c.base_version
    )


def _barred(person: str, now: datetime) -> ColumnElement[bool]:
    """Return whether a person wrote or edited it, or is the delegate of someone who did."""
    delegators = select(delegations.c.delegator).where(delegations.c.delegate == person, *_holding(now))
    writers = or_(edits.c.editor == person, edits.c.editor.in_(delegators))
    return exists().where(edits.c.request == requests.c.id, edits.c.editor_kind == "user", writers)


def _spoke(person: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether a person's approval of the newest edit is given, by themselves or by a delegate."""
    return exists().where(
        reviews.c.request == requests.c.id,
        reviews.c.edit == requests.c.edit,
        reviews.c.verdict == "approve",
        or_(reviews.c.reviewer == person, reviews.c.on_behalf_of == person),
    )


def _asked(person: str, now: datetime) -> ColumnElement[bool]:
    """Return whether a person, or whom they stand in for, was asked; and everybody is once all who were have spoken."""
    lends = select(delegations.c.delegator).where(delegations.c.delegate == person, *_holding(now))
    mine = or_(wanted_reviewers.c.user == person, wanted_reviewers.c.user.in_(lends))
    theirs = wanted_reviewers.c.request == requests.c.id
    silent = ~_spoke(wanted_reviewers.c.user)
    return or_(exists().where(theirs, mine), ~exists().where(theirs, silent))


def _holding(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return delegations.c.starts <= now, delegations.c.ends > now
