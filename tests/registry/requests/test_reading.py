"""Lists, pages and counts that agree, and a queue of exactly what a person can approve now."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from tests.registry.requests.world import (
    ANN,
    BOB,
    DAN,
    DAY,
    EVE,
    HIGH,
    NOW,
    PEOPLE,
    POLICY,
    Office,
    content,
    gives,
    proposal,
)

from evenhand.errors import DataError, EvenhandError, MissingError
from evenhand.registry import requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.requests import Filter, Need, Request


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def full(office: Office) -> Office:
    """Requests in many states, of several authors, days and two segmentations."""
    office.do(segmentations.create, "summer", content())
    office.do(requests.propose, "summer", proposal(gives("s3", "A"), predicted=HIGH), actor=DAN)
    office.applied(gives("s0", "A"))
    office.now = NOW + DAY
    for segment, author in (("s1", ANN), ("s2", BOB), ("s3", POLICY), ("s4", DAN)):
        office.propose(
            gives(segment, "A"), actor=author, predicted=HIGH if segment == "s2" else {**HIGH, "customers_share": 0}
        )
    office.now = NOW + 2 * DAY
    draft = office.do(requests.draft, "winter", proposal(gives("s1", "B")), actor=EVE)
    office.do(requests.withdraw, draft.id, actor=EVE)
    office.propose(gives("s1", "B"), actor=EVE)
    return office


def ids(office: Office, wanted: Filter, limit: int = 50) -> list[int]:
    """All pages of a list."""
    found: list[Request] = []
    after = None
    while True:
        items, after = office.read(requests.page, wanted, after=after, limit=limit, now=office.now)
        found += items
        if after is None:
            return [one.id for one in found]


FILTERS = st.builds(
    Filter,
    states=st.sampled_from(((), ("in_review",), ("draft", "in_review"), ("applied", "withdrawn"), ("expired",))),
    segmentation=st.sampled_from((None, "winter", "summer", "none-such")),
    author=st.sampled_from((None, "ann", "dan", "winter-7", "nobody")),
    waiting_for=st.sampled_from((None, "ann", "bob", "zoe")),
    risk=st.sampled_from((None, "low", "high")),
    since=st.sampled_from((None, NOW, NOW + DAY)),
    until=st.sampled_from((None, NOW + DAY, NOW + 2 * DAY)),
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(wanted=FILTERS, limit=st.integers(1, 4))
def test_lists_pages_and_counts_agree_whatever_is_asked_for(full: Office, wanted: Filter, limit: int) -> None:
    listed = ids(full, wanted)
    assert listed == sorted(set(listed), reverse=True)
    assert ids(full, wanted, limit) == listed
    assert full.read(requests.count, wanted, now=full.now) == len(listed)
    assert sum(full.read(requests.counts, wanted, now=full.now).values()) == len(listed)
    assert listed == [one.id for one in everything(full) if plainly(one, wanted) and one.id in queue(full, wanted)]


def everything(office: Office) -> list[Request]:
    items, _ = office.read(requests.page, Filter(), limit=200, now=office.now)
    return list(items)


def plainly(request: Request, wanted: Filter) -> bool:
    """The filter's other fields, in plain Python."""
    return (
        (not wanted.states or request.state in wanted.states)
        and wanted.segmentation in (None, request.segmentation)
        and wanted.author in (None, request.author)
        and wanted.risk in (None, request.risk)
        and (wanted.since is None or request.created_at >= wanted.since)
        and (wanted.until is None or request.created_at < wanted.until)
    )


def queue(office: Office, wanted: Filter) -> set[int]:
    every = {one.id for one in everything(office)}
    return every if wanted.waiting_for is None else {id for id in every if can(office, wanted.waiting_for, id)}


class UndoError(Exception):
    """Ends a transaction whose work is not to be kept."""


def can(office: Office, person: str, id: int) -> bool:
    """Whether an approval by a person would be taken: try it, then undo it."""

    def attempt(connection: Connection, **given: Any) -> None:
        requests.review(connection, id, "approve", **given)
        raise UndoError

    try:
        office.do(attempt, actor=Actor("user", person))
    except EvenhandError:
        return False
    except UndoError:
        return True
    raise AssertionError("the attempt ends in one of the two")


def test_what_waits_for_a_person_is_what_they_can_approve(full: Office) -> None:
    """Also with approvals given, delegations held and a request that is outdated."""
    full.do(requests.delegate, "eve", starts=NOW, ends=NOW + 9 * DAY, actor=ANN)
    full.now = NOW
    full.do(requests.delegate, "dan", starts=NOW, ends=NOW + DAY, actor=BOB)
    full.now = NOW + 2 * DAY  # when that one is over
    one = full.propose(gives("rest", "A"), actor=POLICY, predicted=HIGH)
    full.approve(one.id, EVE, on_behalf_of="ann")
    full.do(requests.edit, full.propose(gives("rest", "B"), actor=DAN).id, proposal(content({"s2": "B"})), actor=BOB)
    full.applied(gives("s0", "B"), actor=POLICY)
    waiting = {person.name: set(ids(full, Filter(waiting_for=person.name))) for person in PEOPLE}
    assert waiting == {person.name: queue(full, Filter(waiting_for=person.name)) for person in PEOPLE}
    assert len({frozenset(some) for some in waiting.values()}) >= 3, "they differ, or this shows nothing"


def test_what_must_be_edited_needs_its_author_and_of_policies_somebody(office: Office) -> None:
    own = office.do(requests.draft, "winter", proposal(gives("s1", "B")), actor=EVE)
    sent = office.propose(gives("s0", "A"), actor=POLICY, predicted=HIGH)
    open_ = office.propose(gives("s3", "A"), actor=POLICY, predicted=HIGH)
    office.do(requests.review, sent.id, "request_changes", reason="Say who else gets it.", actor=BOB)

    def needs(person: Actor, *, judges: bool = False, writes: bool = False) -> list[int]:
        return ids(office, Filter(needs=Need(person.name, judges=judges, writes=writes)))

    assert needs(EVE, writes=True) == [sent.id, own.id]
    assert needs(ANN, writes=True) == [sent.id]
    assert needs(BOB, writes=True) == []
    assert needs(BOB, judges=True) == [open_.id] == ids(office, Filter(waiting_for="bob"))
    assert needs(EVE, judges=True, writes=True) == [open_.id, sent.id, own.id]
    assert needs(EVE) == []
    office.do(requests.edit, sent.id, proposal(gives("s0", "B")), actor=DAN)
    assert (needs(DAN, writes=True), needs(ANN, writes=True)) == ([sent.id], []), "who edits it sends it to review"
    stale = office.propose(gives("s4", "A"), actor=EVE)
    assert stale.id not in needs(EVE, writes=True)
    office.applied(gives("s4", "B"), actor=DAN)
    assert stale.id in needs(EVE, writes=True)
    assert stale.id not in needs(ANN, judges=True, writes=True)


def test_whoever_is_asked_goes_first_then_everybody_else(office: Office) -> None:
    request = office.propose(predicted=HIGH)
    office.do(requests.request_reviewers, request.id, ["bob"])
    office.do(requests.delegate, "eve", starts=NOW, ends=NOW + DAY, actor=BOB)
    assert [who.name for who in PEOPLE if ids(office, Filter(waiting_for=who.name))] == ["bob", "eve"]
    office.approve(request.id, BOB)
    assert [who.name for who in PEOPLE if ids(office, Filter(waiting_for=who.name))] == ["dan", "eve"]


def test_a_request_that_is_written_between_two_pages_moves_nothing(office: Office) -> None:
    first = [office.propose(gives(segment, "A")).id for segment in ("s0", "s1", "s2")]
    items, after = office.read(requests.page, Filter(), limit=2, now=NOW)
    office.propose(gives("s3", "A"))
    rest, none = office.read(requests.page, Filter(), after=after, limit=2, now=NOW)
    assert [one.id for one in (*items, *rest)] == first[::-1]
    assert none is None


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_is_neither_empty_nor_endless(office: Office, limit: int) -> None:
    with pytest.raises(DataError, match="1 to 200 requests on a page"):
        office.read(requests.page, Filter(), limit=limit, now=NOW)


def test_requests_that_reach_the_same_segments_are_named(office: Office) -> None:
    mine = office.propose(gives("s0", "A"))
    other = office.propose(content({"s0": "B", "s1": "B"}), actor=BOB)
    office.propose(gives("s2", "A"))
    over = office.propose(gives("s0", "B"))
    office.do(requests.withdraw, over.id)
    assert [(one.request.id, one.segments) for one in office.read(requests.overlaps, mine.id)] == [(other.id, ["s0"])]


def test_what_no_database_could_look_up_is_refused_or_matches_nothing(office: Office) -> None:
    office.propose()
    for odd in ("a\x00b", "half \ud83d", ""):
        for wanted in (Filter(author=odd), Filter(segmentation=odd), Filter(waiting_for=odd)):
            with pytest.raises(DataError, match="one printable line"):
                office.read(requests.count, wanted, now=NOW)
        for question in (requests.calibration, requests.delegations_of):
            with pytest.raises(DataError, match="one printable line"):
                office.read(question, odd)
    with pytest.raises(DataError, match="after -1"):
        office.read(requests.page, Filter(), after=-1, now=NOW)
    assert len(office.read(requests.page, Filter(), after=2**80, now=NOW).items) == 1
    assert ids(office, Filter(author="'; DROP TABLE requests; --")) == []


def test_nothing_is_told_of_a_request_that_is_not_there(office: Office) -> None:
    about: list[Any] = [requests.reviews_of, requests.comments_of, requests.edits_of, requests.wanted_of]
    for ask in (*about, requests.history, requests.overlaps):
        for id in (1, 0, 2**70):
            with pytest.raises(MissingError, match=f"there is no request {id}"):
                office.read(ask, id)


def test_a_brief_tells_of_many_what_each_one_s_lists_tell(office: Office) -> None:
    one, other = office.propose(gives("s0", "A"), predicted=HIGH), office.propose(gives("s1", "A"), actor=BOB)
    office.approve(one.id, BOB, DAN)
    office.approve(other.id, DAN, verdict="request_changes")
    for id, n in ((one.id, 2), (other.id, 1)):
        for _ in range(n):
            office.do(requests.comment, id, "Why?", actor=EVE)
    third = office.propose(gives("s2", "A"), predicted=HIGH)
    office.do(requests.request_reviewers, third.id, ["dan"])
    office.approve(third.id, BOB)
    office.do(requests.edit, third.id, proposal(gives("s2", "B"), predicted=HIGH))  # approvals are void
    found = [office.get(id) for id in (one.id, other.id, third.id)]
    told = office.read(requests.briefs, found)
    assert [(told[one.id].approvals, told[one.id].comments) for one in found] == [(2, 2), (0, 1), (0, 0)]
    assert [sorted(told[one.id].asked) for one in found] == [office.read(requests.wanted_of, one.id) for one in found]
    assert office.read(requests.briefs, []) == {}


def test_overlapping_names_the_same_requests_as_overlaps(office: Office) -> None:
    one = office.propose(gives("s0", "A"))
    same, apart = office.propose(gives("s0", "B"), actor=BOB), office.propose(gives("s1", "B"), actor=BOB)
    assert office.read(requests.overlapping, one) == {same.id: ["s0"]}
    assert office.read(requests.overlapping, apart) == {}
    assert [(it.request.id, it.segments) for it in office.read(requests.overlaps, one.id)] == [(same.id, ["s0"])]


def test_nothing_is_kept_of_grounds_that_nobody_handed_on(office: Office) -> None:
    assert office.read(requests.grounds_of, office.propose(actor=POLICY)) is None
