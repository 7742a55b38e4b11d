"""A process to kill: it writes to the audit log in every way there is, and says what was acknowledged.

Each line on standard output is the sequence and id of a row whose commit was acknowledged before the line was printed.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from threading import Lock, Thread

from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, GroupWriter, append_all
from evenhand.registry.audit.log import Row
from evenhand.registry.database import Database

ACTOR = Actor("service", "crm")
saying = Lock()


def say(row: Row) -> None:
    with saying:
        print(row.sequence, row.id, flush=True)  # noqa: T201  the test reads it


def through_the_writer(writer: GroupWriter, name: str) -> None:
    for i in range(1_000_000):
        say(writer.append(Entry("recommendation.make", name, {"i": i}, ACTOR, datetime.now(UTC))).result())


def in_pairs(database: Database) -> None:
    """Two rows in a transaction: both are there or neither."""
    for i in range(1_000_000):
        entries = [Entry("pair", f"pairs/{i}", {"half": half}, ACTOR, datetime.now(UTC)) for half in (1, 2)]
        with database.writing() as connection:
            rows = append_all(connection, entries)
        for row in rows:
            say(row)


if __name__ == "__main__":
    opened = Database.open(sys.argv[1])
    group = GroupWriter(opened)
    for worker in range(4):
        Thread(target=through_the_writer, args=(group, f"workers/{worker}"), daemon=True).start()
    in_pairs(opened)
