"""Several people in the same second: each gets a defined answer, as if one had come after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from tests.registry.requests.world import ANN, BOB, DAN, EVE, HIGH, NOW, Office, gives

from evenhand.errors import ConflictError, EvenhandError
from evenhand.registry import freezing, requests, segmentations
from evenhand.registry.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make calls at the same moment; an error that a user can mend is an answer too."""
    barrier = Barrier(len(calls))

    def call(what: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return what()
        except EvenhandError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


def test_two_reviewers_in_the_same_second_are_two(office: Office) -> None:
    request = office.propose(predicted=HIGH)
    answers = together(*(lambda who=who: office.approve(request.id, who, revision=1) for who in (BOB, DAN)))
    assert sorted(answer.state for answer in answers) == ["approved", "in_review"]
    assert office.get(request.id).state == "approved"


def test_the_reviewer_who_comes_a_moment_late_is_told_who_was_first(office: Office) -> None:
    request = office.propose()
    answers = together(*(lambda who=who: office.approve(request.id, who, revision=1) for who in (BOB, DAN)))
    (late,) = (answer for answer in answers if isinstance(answer, ConflictError))
    assert "it is at revision 2, not 1: " in str(late)
    assert " did approve" in str(late)
    assert len(office.read(requests.reviews_of, request.id)) == 1


def test_one_reviewer_who_clicks_twice_counts_once(office: Office) -> None:
    request = office.propose(predicted=HIGH)
    answers = together(*[lambda: office.approve(request.id, BOB)] * 4)
    assert sum(isinstance(answer, ConflictError) for answer in answers) == 3
    assert office.get(request.id).state == "in_review"


def test_of_two_applies_of_one_request_one_makes_a_version(office: Office) -> None:
    request = office.propose()
    office.approve(request.id)
    answers = together(*[lambda: office.do(requests.apply, request.id)] * 4)
    assert sum(isinstance(answer, ConflictError) for answer in answers) == 3
    assert [one.number for one in office.read(segmentations.versions_of, "winter")] == [1, 2]


def test_two_applies_of_changes_that_do_not_meet_both_come(office: Office) -> None:
    both = [office.propose(gives(segment, "A")) for segment in ("s0", "s1")]
    for one in both:
        office.approve(one.id)
    answers = together(*(lambda one=one: office.do(requests.apply, one.id) for one in both))
    assert {answer.state for answer in answers} == {"applied"}
    assert (office.in_force["s0"], office.in_force["s1"]) == ("A", "A")


def test_of_two_applies_of_changes_that_meet_the_later_one_loses_its_approval(office: Office) -> None:
    both = [office.propose(gives("s0", campaign)) for campaign in ("A", "B")]
    for one in both:
        office.approve(one.id)
    answers = together(*(lambda one=one: office.do(requests.apply, one.id) for one in both))
    (lost,) = (answer for answer in answers if isinstance(answer, ConflictError))
    assert "the request is in review" in str(lost)
    assert sorted(office.get(one.id).state for one in both) == ["applied", "in_review"]


def test_an_edit_and_an_approval_in_the_same_second_never_leave_the_edit_approved(office: Office) -> None:
    for round in range(5):
        request = office.propose(gives("s2", "A"))
        edit = requests.Proposal(change=gives("s2", "B"), title="B", reason="Better.", predicted={})
        together(partial(office.approve, request.id, BOB), partial(office.do, requests.edit, request.id, edit))
        kept = office.get(request.id)
        assert (kept.state, kept.edit) == ("in_review", 2), round


def test_nothing_comes_into_force_after_the_freeze(office: Office) -> None:
    waiting = [office.propose(gives(segment, "A")) for segment in ("s0", "s1", "s2")]
    for one in waiting:
        office.approve(one.id)
    calls = [lambda one=one: office.do(requests.apply, one.id) for one in waiting]
    freeze = lambda: office.do(freezing.freeze, "winter", reason="harm", actor=EVE)  # noqa: E731 — one of the calls
    answers = together(*calls, freeze)
    came = [answer for answer in answers[:3] if not isinstance(answer, EvenhandError)]
    assert office.record.frozen_at == NOW
    assert office.record.current_version == 1 + len(came)
    assert all("has frozen it" in str(answer) for answer in answers[:3] if answer not in came)


def test_a_hundred_comments_at_once_are_all_there(office: Office) -> None:
    request = office.propose()
    people = (ANN, BOB, DAN, EVE)

    def comment(number: int) -> int:
        said: int = office.do(requests.comment, request.id, f"Number {number}", actor=people[number % 4])
        return said

    before = office.written()
    with ThreadPoolExecutor(16) as threads:
        ids = list(threads.map(comment, range(100)))
    assert {one.id for one in office.read(requests.comments_of, request.id)} == set(ids)
    assert office.written() == (before[0] + 100, before[1] + 100)
