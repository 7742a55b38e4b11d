"""What is looked for is found, newest first, and pages neither double nor hide a row."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from evenhand.errors import DataError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, append_all, search
from evenhand.registry.database import Database

ACTIONS = ["request.submit", "request.approve", "Request.approve", "requests", "user.add"]


@pytest.fixture
def log(database: Database, now: datetime) -> Database:
    """Twenty rows, a minute apart; the actor changes every five, the action every row."""
    actors = [Actor("user", name) for name in ("anna", "bob_", "c%", "d")]
    times = [now + i * timedelta(minutes=1) for i in range(20)]
    entries = [Entry(ACTIONS[i % 5], f"requests/{i % 3}", {"i": i}, actors[i // 5], times[i]) for i in range(20)]
    with database.writing() as connection:
        append_all(connection, entries)
    return database


def found(log: Database, **filters: object) -> list[int]:
    with log.reading() as connection:
        return [record.details["i"] for record in search(connection, **filters).records]  # type: ignore[arg-type]  # of many types


def test_without_filters_all_come_newest_first(log: Database) -> None:
    assert found(log) == list(range(19, -1, -1))


def test_each_filter_keeps_what_it_names(log: Database, now: datetime) -> None:
    assert found(log, actor="bob_") == [9, 8, 7, 6, 5]
    assert found(log, actor="bob") == []
    assert found(log, action="request.approve") == [16, 11, 6, 1]
    assert found(log, action="request.") == [16, 15, 11, 10, 6, 5, 1, 0]
    assert found(log, action="request") == []
    assert found(log, subject="requests/2") == [17, 14, 11, 8, 5, 2]
    assert found(log, since=now + timedelta(minutes=17)) == [19, 18, 17]
    assert found(log, until=now + timedelta(minutes=2)) == [1, 0]
    assert found(log, actor="bob_", action="request.", subject="requests/2") == [5]


def test_pages_join_without_a_gap_while_rows_come_in(log: Database, ann: Actor, now: datetime) -> None:
    seen, before = list[int](), None
    for _ in range(4):
        with log.reading() as connection:
            page = search(connection, limit=6, before=before)
        seen += [record.sequence for record in page.records]
        before = page.before
        with log.writing() as connection:
            append_all(connection, [Entry("new", "s", {}, ann, now)])
    assert seen == list(range(20, 0, -1))
    assert before is None


def test_a_record_is_what_was_written(log: Database, now: datetime) -> None:
    with log.reading() as connection:
        record = search(connection, limit=1).records[0]
    assert (record.sequence, record.actor, record.at) == (20, Actor("user", "d"), now + timedelta(minutes=19))
    assert (record.action, record.subject, record.details) == ("user.add", "requests/1", {"i": 19})


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_an_impossible_limit_is_refused(log: Database, limit: int) -> None:
    with pytest.raises(DataError, match="1 to 1000"):
        found(log, limit=limit)
