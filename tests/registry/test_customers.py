"""Customers on both databases: written as a whole, found with their opaque id, heard, and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from evenhand.errors import DataError, MissingError
from evenhand.registry import customers
from evenhand.registry.actor import Actor
from evenhand.registry.audit import find_subject, search
from evenhand.registry.customers import Known, Wrote
from evenhand.registry.database import Database
from evenhand.registry.tables import subjects

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CRM = Actor("service", "crm")


def known(key: str, recency: float = 3.0) -> Known:
    return Known(key, {"recency": recency}, {"age": "45-54"}, {"email": True})


def write(database: Database, *rows: Known) -> Wrote:
    with database.writing() as connection:
        return customers.write_all(connection, rows, actor=CRM, now=NOW)


def test_customers_are_written_in_place_of_what_was_known(database: Database) -> None:
    assert write(database, *(known(f"k-{n}") for n in range(1_201))).new == 1_201  # more than one query takes
    with database.reading() as connection:
        first = customers.find(connection, "k-7")
    assert write(database, known("k-7", 90.0), known("new")).new == 1
    with database.reading() as connection:
        second = customers.find(connection, "k-7")
        log = search(connection, subject=second.subject).records
    assert (first.features, second.features) == ({"recency": 3.0}, {"recency": 90.0})
    assert first.subject == second.subject
    assert [row.details for row in log] == [{"new": False}, {"new": True}]


def test_of_two_rows_of_one_customer_none_is_written(database: Database) -> None:
    with pytest.raises(DataError, match=r"rows\[2\].key: a customer stands twice"):
        write(database, known("a"), known("b"), known("a"))
    with database.reading() as connection, pytest.raises(MissingError):
        customers.find(connection, "a")


def test_an_objection_takes_consent_and_nothing_else(database: Database) -> None:
    write(database, known("a"))
    with database.writing() as connection:
        customers.object_to(connection, "a", ["email", "sms"], actor=CRM, now=NOW)
    with database.reading() as connection:
        found = customers.find(connection, "a")
    assert (found.consent, found.features) == ({"email": False, "sms": False}, {"recency": 3.0})


def test_an_objection_stands_against_later_tables_until_the_customer_agrees(database: Database) -> None:
    write(database, known("a"), known("b"))
    with database.writing() as connection:
        customers.object_to(connection, "a", ["email"], actor=CRM, now=NOW)
    assert write(database, known("a"), known("b")) == (0, 1)
    with database.writing() as connection:
        assert not customers.find(connection, "a").consent["email"]
        assert customers.find(connection, "b").consent["email"]
        customers.agree_to(connection, "a", ["email"], actor=CRM, now=NOW)
        customers.object_to(connection, "a", ["sms"], actor=CRM, now=NOW)
    assert write(database, known("a")).objections == 0  # there was no consent to text messages
    with database.reading() as connection:
        assert customers.find(connection, "a").consent["email"]


def test_who_is_erased_is_nobody_and_comes_back_as_somebody_else(database: Database) -> None:
    write(database, known("a"))
    with database.writing() as connection:
        before = find_subject(connection, "a")
        customers.erase(connection, "a", actor=CRM, now=NOW)
    with database.writing() as connection:
        with pytest.raises(MissingError, match="no such customer"):
            customers.erase(connection, "a", actor=CRM, now=NOW)
        assert connection.execute(select(func.count()).select_from(subjects)).scalar_one() == 0
    write(database, known("a"))
    with database.reading() as connection:
        assert customers.find(connection, "a").subject != before
