"""Instants and documents come back as they went in, from either database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from evenhand.errors import RuleError
from evenhand.registry.database import Database
from evenhand.registry.documents import quick_text
from evenhand.registry.tables import customers
from evenhand.registry.types import as_instant, as_microseconds, document_text
from evenhand.segments.canonical import Json, canonical_json


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


NUMBERS = st.one_of(
    st.floats(), st.integers(-(2**54), 2**54), st.integers(), st.floats(-1e3, 1e3), st.booleans(),
    st.sampled_from([-0.0, 1e-4, 0.00009999, 1e15, 1e16, 9007199254740993, 30.0, 1e-7, 1e21, 123456789012345680.0]),
    st.sampled_from([0.0, 0, -0.0001, -9.999999999999999e-05, -1e16, -9999999999999998.0, 2**53, -(2**53), 5e-324]),
)  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)


def text_of(writer: Callable[[Json], str], value: Json) -> str:
    try:
        return writer(value)
    except RuleError as error:
        return f"refused: {error}"


@given(
    st.recursive(
        st.none() | NUMBERS | TEXTS,
        lambda one: st.lists(one, max_size=3) | st.tuples(one) | st.dictionaries(TEXTS, one, max_size=3),
        max_leaves=8,
    )
)
def test_what_is_written_quickly_is_the_canonical_text(value: Json) -> None:
    assert text_of(quick_text, value) == text_of(canonical_json, value)
