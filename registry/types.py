"""How instants and documents are kept: whole microseconds and canonical JSON, alike on every database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

from evenhand.errors import RuleError
from evenhand.registry.documents import quick_text
from evenhand.segments.canonical import Json

__all__ = ["Document", "Instant", "Number", "as_instant", "as_microseconds", "document_text"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up only what is called INTEGER


def as_microseconds(instant: datetime) -> int:
    """Return the whole microseconds from 1970 (UTC) to an aware instant; ValueError for one without a zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} says no zone: instants are aware")
    return (instant - EPOCH) // MICROSECOND


def as_instant(microseconds: int) -> datetime:
    """Return the instant, in UTC, that many microseconds after 1970."""
    return EPOCH + microseconds * MICROSECOND


def document_text(value: Json) -> str:
    """Return the canonical JSON of a value; RuleError for what no database can hold, such as half a character."""
    text = quick_text(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RuleError("a text in it holds half a character", rule="texts are valid Unicode") from None
    return text


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC, kept as whole microseconds since 1970: sorts and compares alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return what is kept."""
        return None if value is None else as_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return what is read."""
        return None if value is None else as_instant(value)


class Document(TypeDecorator[Any]):
    """A JSON value, kept as its canonical text (RFC 8785), so that equal documents are equal bytes.

    RuleError for what canonical JSON refuses, such as NaN. None is SQL's NULL, never JSON's `null`.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str | None:
        """Return what is kept."""
        return None if value is None else document_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return what is read."""
        return None if value is None else json.loads(value)
