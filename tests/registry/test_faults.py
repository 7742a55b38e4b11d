"""Disk full, database away and back, locks: each has its answer, and nothing stands half-written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from evenhand.errors import ArtefactError, UnavailableError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, GroupWriter, append, append_all, head_of, verify
from evenhand.registry.backup import backup
from evenhand.registry.database import Database

on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


def entries(n: int, actor: Actor, now: datetime) -> list[Entry]:
    return [Entry("a", "s", {"text": "x" * 1000, "i": i}, actor, now) for i in range(n)]


def pages(database: Database, most: int) -> None:
    """Let SQLite meet the end of the disk after so many pages; the writer's one connection keeps the limit."""
    with database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")


@pytest.fixture
def full(database: Database, ann: Actor, now: datetime) -> Database:
    """A database with three rows and room for a few more."""
    with database.writing() as connection:
        append_all(connection, entries(3, ann, now))
        count = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    pages(database, count + 10)
    return database


@on_sqlite
def test_a_full_disk_undoes_the_whole_write_and_later_ones_succeed(full: Database, ann: Actor, now: datetime) -> None:
    def write(n: int) -> None:
        with full.writing() as connection:
            append_all(connection, entries(n, ann, now))

    with pytest.raises(UnavailableError, match=r"the disk is full .* free some space"):
        write(100)
    with full.reading() as connection:
        assert verify(connection).head.sequence == 3
    pages(full, 1_000_000)
    write(100)
    with full.reading() as connection:
        assert verify(connection).head.sequence == 103


@on_sqlite
def test_a_full_disk_fails_the_rows_of_the_group_writer_that_it_took(full: Database, ann: Actor, now: datetime) -> None:
    with GroupWriter(full) as writer:
        with full.writing():
            futures = [writer.append(entry) for entry in entries(100, ann, now)]
        failed = [future.exception(timeout=30) for future in futures]
        pages(full, 1_000_000)
        writer.append(entries(1, ann, now)[0]).result(timeout=30)
    kept = sum(error is None for error in failed)
    assert all(error is None or isinstance(error, UnavailableError) for error in failed)
    assert kept < 100
    with full.reading() as connection:
        assert verify(connection).head.sequence == 3 + kept + 1


@on_sqlite
def test_a_lock_of_another_program_is_waited_for_then_refused(database_url: str, ann: Actor, now: datetime) -> None:
    file = database_url.removeprefix("sqlite:///")
    with Database.open(database_url, wait=0.2) as database, closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="the database is busy"), database.writing():
            pass
        with database.reading() as connection:  # readers go on
            assert head_of(connection).sequence == 0
        other.rollback()
        with database.writing() as connection:
            append(connection, action="a", subject="s", details={}, actor=ann, now=now)


@on_sqlite
def test_a_file_that_goes_away_is_not_replaced_by_an_empty_one(database_url: str) -> None:
    with Database.open(database_url) as database:
        database.close()  # no connection holds the file any more
        file = Path(database_url.removeprefix("sqlite:///"))
        file.unlink()
        with pytest.raises(UnavailableError, match="cannot be opened"), database.reading() as connection:
            head_of(connection)
        with pytest.raises(UnavailableError, match="cannot be opened"), database.writing() as connection:
            head_of(connection)
        assert not file.exists()
    with pytest.raises(UnavailableError, match="there is no such database"):
        Database.open(database_url)


@on_sqlite
def test_a_broken_page_is_told(database: Database, ann: Actor, now: datetime, tmp_path: Path) -> None:
    with database.writing() as connection:
        append_all(connection, entries(300, ann, now))
    database.close()
    file = tmp_path / "evenhand.db"
    with closing(sqlite3.connect(file)) as connection_:
        connection_.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[-200_000:] = b"\xa5" * 200_000
    file.write_bytes(content)
    with pytest.raises(ArtefactError):
        backup(database, tmp_path / "friday.db")
    assert not (tmp_path / "friday.db").exists()


def terminate(database: Database) -> None:
    """End every other connection to the database's schema, as a restart of the server does."""
    engine = create_engine(database.url)
    with engine.connect() as connection:
        pids = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY(:pids)"
        connection.execute(text(pids), {"pids": backends(database)})
    engine.dispose()


def backends(database: Database) -> list[int]:
    """Return the server processes behind the connections that the database holds idle."""
    found = []
    for engine in (database._reader, database._writer):
        held = [engine.connect() for _ in range(engine.pool.checkedin())]  # type: ignore[attr-defined]  # QueuePool
        for connection in held:
            found.append(int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one()))
            connection.close()
    return found


@on_postgresql
def test_a_server_that_was_away_between_two_writes_is_not_noticed(
    database: Database, ann: Actor, now: datetime
) -> None:
    for _ in range(2):
        with database.writing() as connection:
            append(connection, action="a", subject="s", details={}, actor=ann, now=now)
        with database.reading() as connection:
            head_of(connection)
        terminate(database)
    with database.reading() as connection:
        assert verify(connection).head.sequence == 2


@on_postgresql
@pytest.mark.parametrize("after", [0, 1])
def test_a_server_that_goes_away_during_a_write_leaves_nothing_of_it(
    database: Database, ann: Actor, now: datetime, after: int
) -> None:
    """Terminated before the row is written, and between the row and its commit."""

    def write() -> None:
        with database.writing() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            if after:
                append(connection, action="a", subject="s", details={}, actor=ann, now=now)
            with engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            if not after:
                append(connection, action="a", subject="s", details={}, actor=ann, now=now)

    engine = create_engine(database.url)
    match = r"while it kept the change: .* whole or not at all" if after else "does not answer"
    with pytest.raises(UnavailableError, match=match):
        write()
    engine.dispose()
    with database.reading() as connection:
        assert verify(connection).head.sequence == 0
    with database.writing() as connection:
        append(connection, action="a", subject="s", details={}, actor=ann, now=now)


def test_a_server_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        Database.open("postgresql://postgres@127.0.0.1:1/test")
