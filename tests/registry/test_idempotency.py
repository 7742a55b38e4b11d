"""A write that is repeated is done once and answered alike, whenever and by however many it is repeated."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from evenhand.errors import ConflictError, DataError, UnavailableError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import append, head_of
from evenhand.registry.database import Database
from evenhand.registry.idempotency import KEPT, Answer, begin, expire, finish

ANSWER = Answer(201, b'{"id":1}\x00\xff', {"ETag": '"1"'})
Ask = Callable[..., Answer]


@pytest.fixture
def ask(database: Database, ann: Actor, now: datetime) -> Ask:
    """Do what a route does: begin, work (one row of the audit log), finish."""

    def asked(key: str = "k", *, sha256: str = "aa", actor: Actor = ann, at: datetime = now) -> Answer:
        with database.writing() as connection:
            known = begin(connection, actor=actor, key=key, request_sha256=sha256, now=at)
            if known is not None:
                return known
            append(connection, action="work", subject="s", details={}, actor=actor, now=at)
            finish(connection, actor=actor, key=key, answer=ANSWER)
            return ANSWER

    return asked


def times_done(database: Database) -> int:
    with database.reading() as connection:
        return head_of(connection).sequence


def test_the_second_time_gets_the_first_answer_and_does_nothing(database: Database, ask: Ask) -> None:
    assert ask() == ask() == ANSWER
    assert times_done(database) == 1


def test_another_key_or_actor_is_another_request(database: Database, ask: Ask) -> None:
    for key, actor in [("k", Actor("user", "ann")), ("l", Actor("user", "ann")), ("k", Actor("service", "ann"))]:
        ask(key, actor=actor)
    assert times_done(database) == 3


def test_the_same_key_with_another_request_is_a_conflict(database: Database, ask: Ask) -> None:
    ask()
    with pytest.raises(ConflictError, match="came with another request"):
        ask(sha256="bb")
    assert times_done(database) == 1


def test_of_many_at_once_one_works_and_all_get_its_answer(database: Database, ask: Ask) -> None:
    together = Barrier(16)

    def at_once(_: int) -> Answer:
        together.wait(timeout=30)
        return ask()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(at_once, range(16))) == [ANSWER] * 16
    assert times_done(database) == 1


def test_what_failed_was_never_asked(database: Database, ask: Ask, ann: Actor, now: datetime) -> None:
    def fail() -> None:
        with database.writing() as connection:
            begin(connection, actor=ann, key="k", request_sha256="aa", now=now)
            raise UnavailableError("the disk is full")

    with pytest.raises(UnavailableError):
        fail()
    assert ask(sha256="bb") == ANSWER
    assert times_done(database) == 1


def test_work_begun_in_a_transaction_of_its_own_is_a_conflict_until_it_is_finished(
    database: Database, ask: Ask, ann: Actor, now: datetime
) -> None:
    with database.writing() as connection:
        begin(connection, actor=ann, key="k", request_sha256="aa", now=now)
    with pytest.raises(ConflictError, match="at work or was given up"):
        ask()
    with database.writing() as connection:
        finish(connection, actor=ann, key="k", answer=ANSWER)
    assert ask() == ANSWER
    assert times_done(database) == 0


def test_an_answer_is_kept_for_a_day(database: Database, ask: Ask, now: datetime) -> None:
    ask()
    ask(at=now + KEPT)
    assert times_done(database) == 1
    ask(at=now + KEPT + timedelta(microseconds=1), sha256="bb")
    assert times_done(database) == 2


def test_a_clock_that_jumps_back_forgets_nothing(database: Database, ask: Ask, now: datetime) -> None:
    ask()
    ask(at=now - timedelta(days=400))
    assert times_done(database) == 1


def test_old_answers_are_swept(database: Database, ask: Ask, now: datetime) -> None:
    ask("old")
    ask("new", at=now + timedelta(hours=20))
    with database.writing() as connection:
        assert expire(connection, now=now + timedelta(hours=30)) == 1
        assert expire(connection, now=now + timedelta(hours=30)) == 0


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "a\x00"])
def test_an_unusable_key_is_refused(ask: Ask, key: str) -> None:
    with pytest.raises(DataError, match=r"Idempotency-Key: .* is no key"):
        ask(key)
