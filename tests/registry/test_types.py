"""Instants and documents come back as they went in, from either database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from evenhand.registry.database import Database
from evenhand.registry.tables import customers
from evenhand.registry.types import as_instant, as_microseconds, document_text


@given(st.datetimes(timezones=st.timezones()))
def test_instants_lose_nothing(instant: datetime) -> None:
    try:
        utc = instant.astimezone(UTC)
    except OverflowError:  # within a day of the calendar's ends
        return
    assert as_instant(as_microseconds(instant)) == utc


def test_later_is_greater() -> None:
    early = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert [as_microseconds(early + i * timedelta(microseconds=1)) for i in range(3)] == [-1, 0, 1]


def test_an_instant_of_another_zone_comes_back_in_utc(database: Database) -> None:
    there = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with database.writing() as connection:
        connection.execute(insert(customers).values(key="k", document={}, consent={}, at=there))
        kept = connection.execute(select(customers.c.at)).scalar_one()
    assert (kept, kept.tzinfo) == (there, UTC)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="says no zone"):
        as_microseconds(datetime(2026, 1, 1))


def test_equal_documents_are_equal_texts() -> None:
    assert document_text({"b": 1.0, "a": [True]}) == document_text({"a": [True], "b": 1}) == '{"a":[true],"b":1}'
