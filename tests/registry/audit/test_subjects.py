"""An opaque id is the same until its customer is forgotten, and then nobody's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from evenhand.registry.actor import Actor
from evenhand.registry.audit import append, find_subject, forget_subject, search, subject_of, verify
from evenhand.registry.database import Database


def test_a_customer_keeps_one_id_that_tells_nothing(database: Database) -> None:
    with database.writing() as connection:
        first, again, other = (subject_of(connection, key) for key in ("k-17", "k-17", "k-18"))
    with database.reading() as connection:
        assert find_subject(connection, "k-17") == first == again != other
        assert find_subject(connection, "k-19") is None
    assert first.startswith("customers/")
    assert len(first) == len("customers/") + 32
    assert "k-17" not in first


def test_who_is_forgotten_leaves_rows_about_nobody_in_a_chain_that_holds(
    database: Database, ann: Actor, now: datetime
) -> None:
    with database.writing() as connection:
        old = subject_of(connection, "k-17")
        append(connection, action="customer.read", subject=old, details={}, actor=ann, now=now)
    with database.writing() as connection:
        assert forget_subject(connection, "k-17")
        assert not forget_subject(connection, "k-17")
    with database.writing() as connection:
        assert subject_of(connection, "k-17") != old  # a new secret: the old id cannot be computed any more
    with database.reading() as connection:
        assert [record.subject for record in search(connection).records] == [old]
        assert verify(connection).holds
        assert connection.execute(text("SELECT count(*) FROM subjects")).scalar() == 1
