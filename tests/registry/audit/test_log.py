"""What is appended to the audit log is chained, kept with what it is about, and never changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from evenhand.errors import DataError, RuleError
from evenhand.registry import tables
from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, Row, append, append_all, head_of
from evenhand.registry.audit.chain import Link, hash_of
from evenhand.registry.database import Database
from evenhand.segments.canonical import Json, canonical_json


def test_a_row_comes_back_as_it_was_written(database: Database, ann: Actor, now: datetime) -> None:
    details: Json = {"reason": 'Größer — 漢字 \U0001f600 "quoted" \n', "share": 0.1, "n": 30}
    with database.writing() as connection:
        row = append(connection, action="request.approve", subject="requests/12", details=details, actor=ann, now=now)
    with database.reading() as connection:
        kept = connection.execute(select(tables.audit)).one()
    assert (kept.sequence, kept.id, kept.hash) == row
    assert (kept.at, kept.actor_kind, kept.actor) == (now, "user", "ann")
    assert (kept.action, kept.subject, kept.details) == ("request.approve", "requests/12", details)


def test_the_hash_is_that_of_the_rows_canonical_json(now: datetime) -> None:
    """By the general writer of canonical JSON, which the fast one must agree with."""
    names = ["plain", 'quo"ted\\', "\u2028 漢字 \U0001f600", "tab\tand\x01"]
    for name in names:
        link = Link(3, "7f", 1_772_443_800_000_000, "user", name, name, name, canonical_json({"b": name}), "0" * 64)
        document = {**link._asdict(), "details": {"b": name}}
        assert hash_of(link) == hashlib.sha256(canonical_json(document).encode()).hexdigest()


def test_each_row_holds_the_hash_of_the_one_before(database: Database, ann: Actor, now: datetime) -> None:
    with database.writing() as connection:
        append(connection, action="a", subject="s", details={}, actor=ann, now=now)
        append_all(connection, [Entry("b", "s", {"i": i}, ann, now) for i in range(3)])
    with database.reading() as connection:
        rows = connection.execute(select(tables.audit).order_by(tables.audit.c.sequence)).all()
        head = head_of(connection)
    assert [row.sequence for row in rows] == [1, 2, 3, 4]
    assert [row.previous for row in rows] == ["0" * 64, *(row.hash for row in rows[:-1])]
    assert head == (4, rows[-1].hash)


def test_what_fails_leaves_no_row(database: Database, ann: Actor, now: datetime) -> None:
    def write() -> None:
        with database.writing() as connection:
            append(connection, action="a", subject="s", details={}, actor=ann, now=now)
            append(connection, action="", subject="s", details={}, actor=ann, now=now)

    with pytest.raises(DataError):
        write()
    with database.reading() as connection:
        assert head_of(connection).sequence == 0
        assert connection.execute(select(tables.audit)).all() == []


@pytest.mark.parametrize("sql", ["UPDATE audit SET action = 'b'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_a_row(database: Database, ann: Actor, now: datetime, sql: str) -> None:
    with database.writing() as connection:
        append(connection, action="a", subject="s", details={}, actor=ann, now=now)
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as connection:
        connection.execute(text(sql))


def test_a_clock_that_jumps_back_changes_no_order(database: Database, ann: Actor, now: datetime) -> None:
    with database.writing() as connection:
        rows: list[Row] = [
            append(connection, action="a", subject="s", details={}, actor=ann, now=now - timedelta(days=i))
            for i in range(3)
        ]
    assert [row.sequence for row in rows] == [1, 2, 3]


@pytest.mark.parametrize("name", ["", "x" * 201, "a\x00b", "line\nbreak", "half \ud83d"])
def test_names_that_cannot_be_kept_are_refused(database: Database, ann: Actor, name: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with database.writing() as connection, pytest.raises(DataError, match="printable characters"):
        append(connection, action=name, subject="s", details={}, actor=ann, now=now)


def test_details_that_cannot_be_kept_are_refused(database: Database, ann: Actor, now: datetime) -> None:
    with database.writing() as connection:
        with pytest.raises(RuleError, match="no place in JSON"):
            append(connection, action="a", subject="s", details=float("nan"), actor=ann, now=now)
        with pytest.raises(RuleError, match="half a character"):
            append(connection, action="a", subject="s", details="\ud83d", actor=ann, now=now)
