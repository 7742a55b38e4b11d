"""Readers see one moment, writers take turns, and what cannot be opened says why."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError
from tests.registry.conftest import Kind

from evenhand.errors import ArtefactError, DataError, EvenhandError, RuleError, UnavailableError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import append, head_of, verify
from evenhand.registry.database import Database
from evenhand.registry.tables import audit_head, customers, users


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(database: Database, ann: Actor, now: datetime) -> None:
    with database.reading() as reader:
        assert head_of(reader).sequence == 0
        with database.writing() as writer:
            append(writer, action="a", subject="s", details={}, actor=ann, now=now)
        assert head_of(reader).sequence == 0
    with database.reading() as reader:
        assert head_of(reader).sequence == 1


def test_a_reader_can_write_nothing(database: Database) -> None:
    with database.reading() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.execute(update(audit_head).values(sequence=9))


def test_what_a_writer_has_read_still_holds_when_it_writes(database: Database, now: datetime) -> None:
    """Sixteen threads count up by reading and writing back; where two could read the same, a count would be lost."""
    user = {"name": "ann", "display": "0", "roles": [], "disabled": False, "created_at": now}
    with database.writing() as connection:
        connection.execute(insert(users).values(user))

    def count_up(_: int) -> None:
        with database.writing() as connection:
            seen = connection.execute(select(users.c.display)).scalar_one()
            connection.execute(update(users).values(display=str(int(seen) + 1)))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(count_up, range(48)))
    with database.reading() as connection:
        assert connection.execute(select(users.c.display)).scalar() == "48"


def test_a_hundred_writers_lose_nothing(database: Database, ann: Actor, now: datetime) -> None:
    def write(i: int) -> int:
        with database.writing() as connection:
            return append(connection, action="a", subject=f"s/{i}", details={}, actor=ann, now=now).sequence

    with ThreadPoolExecutor(100) as pool:
        sequences = list(pool.map(write, range(200)))
    assert sorted(sequences) == list(range(1, 201))
    with database.reading() as connection:
        assert verify(connection).head.sequence == 200


def test_two_processes_take_turns_too(database: Database, database_url: str, ann: Actor, now: datetime) -> None:
    """Another `Database` stands for another process: it shares nothing with the first but the database."""
    order, inside = list[str](), Event()

    def second() -> None:
        inside.wait(timeout=30)
        with Database.open(database_url) as other, other.writing():
            order.append("second")

    thread = Thread(target=second)
    thread.start()
    with database.writing():
        inside.set()
        thread.join(timeout=0.3)
        order.append("first")
    thread.join(timeout=30)
    assert order == ["first", "second"]


def test_a_turn_that_does_not_come_is_refused_and_harms_nothing(database_url: str, now: datetime, ann: Actor) -> None:
    with Database.open(database_url) as holder, Database.open(database_url, wait=0.2) as hasty:
        with holder.writing() as connection:
            append(connection, action="a", subject="s", details={}, actor=ann, now=now)
            with pytest.raises(UnavailableError), hasty.writing():
                pass
        with hasty.writing() as connection:
            assert head_of(connection).sequence == 1


def test_turns_of_one_process_that_do_not_come_are_refused(database_url: str) -> None:
    refused = pytest.raises(UnavailableError, match="too many are waiting")
    with Database.open(database_url, wait=0.2) as hasty, hasty.writing(), refused, hasty.writing():
        pass


def test_a_document_that_json_cannot_hold_is_the_callers_mistake(database: Database, now: datetime) -> None:
    row = {"key": "k", "document": {"age": float("nan")}, "consent": {}, "at": now}

    def write() -> None:
        with database.writing() as connection:
            connection.execute(insert(customers).values(row))

    with pytest.raises(RuleError, match="no place in JSON"):
        write()


def test_an_instant_without_a_zone_is_refused(database: Database, now: datetime) -> None:
    row = {"key": "k", "document": {}, "consent": {}, "at": now.replace(tzinfo=None)}
    with database.writing() as connection, pytest.raises(Exception, match="says no zone"):
        connection.execute(insert(customers).values(row))


def test_a_database_that_is_not_set_up_is_not_opened(unset_url: str, kind: Kind) -> None:
    error = UnavailableError if kind == "sqlite" else ArtefactError
    with pytest.raises(error, match=r"mend: evenhand db migrate"):
        Database.open(unset_url)
    if kind == "sqlite":
        assert not Path(unset_url.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=ro", "mysql://a/b", "://", "http://x"],
)
def test_an_url_of_another_kind_says_which_are_known(url: str) -> None:
    with pytest.raises(DataError, match=r"database URL: .* sqlite:///folder/evenhand\.db"):
        Database.open(url)


def test_no_message_tells_a_password(fresh_registry: Callable[[Kind], str]) -> None:
    with pytest.raises(EvenhandError) as error:
        Database.open("postgresql://ann:hunter2@127.0.0.1:1/test")
    assert "hunter2" not in str(error.value)
    assert isinstance(error.value, UnavailableError)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("nonsense" * 1000)
    with pytest.raises(ArtefactError, match="broken"):
        Database.open(f"sqlite:///{tmp_path / 'x.db'}")
