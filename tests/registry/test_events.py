"""Events wait in the order of writing until they are delivered, and belong to the transaction that wrote them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from evenhand.errors import ConflictError
from evenhand.registry.database import Database
from evenhand.registry.events import delivered, emit, waiting


def test_events_wait_in_order_until_they_are_delivered(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        ids = [
            emit(connection, kind="request.submitted", subject=f"requests/{i}", document={"i": i}, now=now)
            for i in range(3)
        ]
    with database.reading() as connection:
        assert [event.document for event in waiting(connection)] == [{"i": 0}, {"i": 1}, {"i": 2}]
        assert [event.id for event in waiting(connection, limit=2)] == ids[:2]
    with database.writing() as connection:
        delivered(connection, ids[:2], now=now + timedelta(seconds=1))
        left = waiting(connection)
    assert [(event.id, event.at, event.kind, event.subject) for event in left] == [
        (ids[2], now, "request.submitted", "requests/2")
    ]


def test_an_event_goes_with_its_transaction(database: Database, now: datetime) -> None:
    def write() -> None:
        with database.writing() as connection:
            emit(connection, kind="request.submitted", subject="requests/1", document={}, now=now)
            raise ConflictError("outdated")

    with pytest.raises(ConflictError):
        write()
    with database.reading() as connection:
        assert waiting(connection) == []
