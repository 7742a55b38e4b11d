"""A log that holds is found to hold; whatever is done to one is found, with the row where it shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Connection, create_engine, text

from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, Head, append_all, verify
from evenhand.registry.audit.chain import GENESIS, Link, hash_of
from evenhand.registry.database import Database

ROWS = 12


@pytest.fixture
def log(database: Database, ann: Actor, now: datetime) -> Database:
    """A log of twelve rows."""
    with database.writing() as connection:
        append_all(connection, [Entry("a", f"requests/{i}", {"i": i}, ann, now) for i in range(ROWS)])
    return database


Tamper = Callable[[Connection], object]


def tampered(log: Database, tamper: Tamper) -> None:
    """Do something to the database as its owner can, triggers switched off."""
    engine = create_engine(log.url)
    with engine.begin() as connection:
        if log.url.drivername == "sqlite":
            connection.execute(text("DROP TRIGGER audit_keeps_update"))
            connection.execute(text("DROP TRIGGER audit_keeps_delete"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_keeps"))
        tamper(connection)
        if log.url.drivername != "sqlite":
            connection.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_keeps"))
    engine.dispose()


def sql(*statements: str) -> Tamper:
    return lambda connection: [connection.exec_driver_sql(each) for each in statements]


def rechained(connection: Connection, first: int) -> None:
    """Compute the chain anew from a row on, as a clever owner does, head included."""
    rows = connection.execute(text("SELECT * FROM audit ORDER BY sequence")).mappings().all()
    last = GENESIS
    for row in rows:
        link = Link(**{**{k: row[k] for k in Link._fields}, "previous": last.hash})
        last = Head(link.sequence, hash_of(link))
        if link.sequence >= first:
            change = "UPDATE audit SET previous = :previous, hash = :hash WHERE sequence = :sequence"
            connection.execute(text(change), {"previous": link.previous, "hash": last.hash, "sequence": link.sequence})
    connection.execute(text("UPDATE audit_head SET sequence = :s, hash = :h"), {"s": last.sequence, "h": last.hash})


def head_at(log: Database, sequence: int) -> Head:
    with log.reading() as connection:
        query = text("SELECT sequence, hash FROM audit WHERE sequence = :at")
        return Head(*connection.execute(query, {"at": sequence}).one())


def test_an_untouched_log_holds(log: Database) -> None:
    with log.reading() as connection:
        verdict = verify(connection, head_at(log, 5))
    assert (verdict.holds, verdict.head) == (True, head_at(log, ROWS))


def test_an_empty_log_holds(database: Database) -> None:
    with database.reading() as connection:
        assert verify(connection) == (GENESIS, None)


SWAP = [
    "UPDATE audit SET sequence = 100 WHERE sequence = 4",
    "UPDATE audit SET sequence = 4 WHERE sequence = 5",
    "UPDATE audit SET sequence = 5 WHERE sequence = 100",
]
COPY = (
    "INSERT INTO audit SELECT sequence - 7, 'x', at, actor_kind, actor, action, subject, details, previous, hash "
    "FROM audit WHERE sequence = 7"
)
CASES: list[tuple[list[str], str, int]] = [
    *(
        ([f"UPDATE audit SET {column} = {value} WHERE sequence = 5"], "changed", 5)
        for column, value in {
            "id": "'0'",
            "at": "at + 1",
            "actor_kind": "'system'",
            "actor": "'bob'",
            "action": "'b'",
            "subject": "'requests/99'",
            "details": "'{\"i\":99}'",
            "previous": "hash",
            "hash": "previous",
        }.items()
    ),
    (["DELETE FROM audit WHERE sequence = 5"], "gap", 5),
    (["DELETE FROM audit WHERE sequence = 1"], "gap", 1),
    (["DELETE FROM audit WHERE sequence > 5"], "cut", 6),
    (["DELETE FROM audit"], "cut", 1),
    (SWAP, "changed", 4),
    ([COPY], "changed", 1),
    (["UPDATE audit SET sequence = 13 WHERE sequence = 5"], "gap", 5),
    (["UPDATE audit_head SET sequence = 11"], "head", 12),
    (["UPDATE audit_head SET hash = 'x'"], "head", 12),
]


@pytest.mark.parametrize(("statements", "found", "sequence"), CASES, ids=[case[0][0][:60] for case in CASES])
def test_tampering_is_found_where_it_shows(log: Database, statements: list[str], found: str, sequence: int) -> None:
    tampered(log, sql(*statements))
    with log.reading() as connection:
        flaw = verify(connection).flaw
    assert flaw is not None
    assert (flaw.found, flaw.sequence) == (found, sequence)


def test_a_row_that_was_chained_anew_no_longer_joins_the_next(log: Database) -> None:
    def tamper(connection: Connection) -> None:
        connection.execute(text("UPDATE audit SET action = 'b' WHERE sequence = 5"))
        rechained(connection, 5)
        connection.execute(text("UPDATE audit SET previous = hash WHERE sequence = 6"))
        row = connection.execute(text("SELECT * FROM audit WHERE sequence = 6")).mappings().one()
        hash_ = hash_of(Link(**{k: row[k] for k in Link._fields}))
        connection.execute(text("UPDATE audit SET hash = :hash WHERE sequence = 6"), {"hash": hash_})

    tampered(log, tamper)
    with log.reading() as connection:
        flaw = verify(connection).flaw
    assert flaw is not None
    assert (flaw.found, flaw.sequence) == ("relinked", 6)


@pytest.mark.parametrize(
    ("statement", "found", "sequence"),
    [
        ("DELETE FROM audit WHERE sequence > 7", "cut", 8),
        ("UPDATE audit SET action = 'b' WHERE sequence = 3", "replaced", 9),
        ("DELETE FROM audit", "cut", 1),
    ],
)
def test_a_chain_computed_anew_holds_by_itself_but_not_against_an_exported_head(
    log: Database, statement: str, found: str, sequence: int
) -> None:
    taken = head_at(log, 9)

    def tamper(connection: Connection) -> None:
        connection.execute(text(statement))
        rechained(connection, 1)

    tampered(log, tamper)
    with log.reading() as connection:
        assert verify(connection).holds
        flaw = verify(connection, taken).flaw
    assert flaw is not None
    assert (flaw.found, flaw.sequence) == (found, sequence)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("value", ["x'00'", "'1772443800000000,\"x\":1'"])
def test_a_value_of_another_type_is_found(log: Database, value: str) -> None:
    """Only SQLite keeps any type in any column; a text spliced into the hashed JSON must not pass for a number."""
    tampered(log, sql(f"UPDATE audit SET at = {value} WHERE sequence = 2"))
    with log.reading() as connection:
        flaw = verify(connection).flaw
    assert flaw is not None
    assert (flaw.found, flaw.sequence) == ("changed", 2)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_columns_cannot_be_shifted_against_each_other_under_the_same_hash(
    database: Database, ann: Actor, now: datetime
) -> None:
    """The hashed text stays the same when `at` swallows the beginning of `details`: only the types tell."""
    with database.writing() as connection:
        append_all(connection, [Entry("a", "s", {"a": 1, "details": {"b": 2}}, ann, now)])
    shifted = """UPDATE audit SET at = at || ',"details":{"a":1', details = '{"b":2}}'"""
    tampered(database, sql(shifted))
    with database.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM audit").one()
        assert hash_of(Link._make(row[:-1])) == row[-1]
        assert not verify(connection).holds
