"""The group writer: nobody is told before the commit, a failed commit fails exactly its rows, closing flushes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event, Thread

import pytest
from sqlalchemy import Connection

from evenhand.errors import DataError, UnavailableError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, GroupWriter, head_of, search, verify
from evenhand.registry.audit import writer as module
from evenhand.registry.audit.log import Draft, append_drafts
from evenhand.registry.database import Database


@pytest.fixture
def writer(database: Database) -> Iterator[GroupWriter]:
    with GroupWriter(database) as opened:
        yield opened


def entry(i: int, *, action: str = "recommendation.make") -> Entry:
    now = datetime.fromisoformat("2026-03-02T09:30:00+00:00")
    return Entry(action, "segmentations/winter", {"i": i}, Actor("service", "crm"), now)


def test_every_row_is_there_once_it_is_acknowledged(database: Database, writer: GroupWriter) -> None:
    row = writer.append(entry(1)).result(timeout=30)
    with database.reading() as connection:
        assert head_of(connection) == (row.sequence, row.hash) == (1, row.hash)


def test_a_hundred_threads_lose_nothing(database: Database, writer: GroupWriter) -> None:
    def work(worker: int) -> list[int]:
        return [writer.append(entry(worker * 10 + i)).result(timeout=60).sequence for i in range(10)]

    with ThreadPoolExecutor(100) as pool:
        sequences = [each for part in pool.map(work, range(100)) for each in part]
    assert sorted(sequences) == list(range(1, 1001))
    with database.reading() as connection:
        assert verify(connection).holds
        assert {record.details["i"] for record in search(connection, limit=1000).records} == set(range(1000))


def test_coroutines_await_it(database: Database, writer: GroupWriter) -> None:
    async def many() -> list[int]:
        rows = await asyncio.gather(*(asyncio.wrap_future(writer.append(entry(i))) for i in range(200)))
        return [row.sequence for row in rows]

    assert asyncio.run(many()) == list(range(1, 201))


def test_what_waits_while_a_commit_is_under_way_shares_the_next(database: Database, writer: GroupWriter) -> None:
    with database.writing():
        futures = [writer.append(entry(i)) for i in range(50)]  # the writer waits for its turn
        assert not any(future.done() for future in futures)
    sequences = [future.result(timeout=30).sequence for future in futures]
    assert sequences == list(range(1, 51))


def test_closing_flushes_and_refuses_more(database: Database) -> None:
    writer = GroupWriter(database)
    with database.writing():
        futures = [writer.append(entry(i)) for i in range(50)]
        closing = Thread(target=writer.close)
        closing.start()
    closing.join(timeout=30)
    assert [future.result(timeout=0).sequence for future in futures] == list(range(1, 51))
    with pytest.raises(UnavailableError, match="closing"):
        writer.append(entry(51))
    writer.close()


def test_a_bad_entry_fails_alone_and_at_once(database: Database, writer: GroupWriter) -> None:
    with pytest.raises(DataError, match="printable"):
        writer.append(entry(1, action=""))
    assert writer.append(entry(2)).result(timeout=30).sequence == 1


def test_a_cancelled_append_is_not_written(database: Database, writer: GroupWriter) -> None:
    with database.writing():
        writer.append(entry(1))
        while writer._queue.qsize():  # until the writer has taken it and waits for its turn
            pass
        kept, cancelled = writer.append(entry(2)), writer.append(entry(3))
        assert cancelled.cancel()
    assert kept.result(timeout=30).sequence == 2
    with database.reading() as connection:
        assert head_of(connection).sequence == 2


def test_a_failed_commit_fails_exactly_the_rows_that_waited_for_it(
    database: Database, writer: GroupWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are written, then something fails before the commit: none of that group stays, the next one does."""
    entered, go = Event(), Event()

    def failing(connection: Connection, drafts: list[Draft]) -> object:
        rows = append_drafts(connection, drafts)
        entered.set()
        go.wait(timeout=30)
        if any('"i":1}' in draft.details for draft in drafts):
            raise UnavailableError("the disk is full")
        return rows

    monkeypatch.setattr(module, "append_drafts", failing)
    first = writer.append(entry(1))
    assert entered.wait(timeout=30)
    others = [writer.append(entry(i)) for i in range(2, 5)]
    go.set()
    with pytest.raises(UnavailableError, match="disk is full"):
        first.result(timeout=30)
    assert [future.result(timeout=30).sequence for future in others] == [1, 2, 3]
    with database.reading() as connection:
        assert [record.details["i"] for record in search(connection).records] == [4, 3, 2]
        assert verify(connection).holds


def test_too_many_that_wait_are_refused(
    database: Database, writer: GroupWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING", 10)
    with database.writing():
        writer.append(entry(0))
        while writer._queue.qsize():
            pass
        futures = [writer.append(entry(i)) for i in range(1, 11)]
        with pytest.raises(UnavailableError, match="too many rows wait"):
            writer.append(entry(11))
    assert [future.result(timeout=30).sequence for future in futures] == list(range(2, 12))
