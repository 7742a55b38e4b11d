"""How connections behave: one snapshot to read from, one writer at a time, and nothing acknowledged before the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError

__all__ = ["WAIT", "Purpose", "begin_writing", "make_engine"]

Purpose = Literal["read", "write", "migrate"]

WAIT = 30.0  # seconds that a writer waits for its turn


def make_engine(url: URL, purpose: Purpose, *, wait: float = WAIT) -> Engine:
    """Return an engine for one purpose.

    `read`: each transaction sees one snapshot and can write nothing. `write`: SQLite takes its write lock at BEGIN and
    syncs at COMMIT. `migrate`: as `write`, with SQLite's foreign keys off, since it rebuilds tables to change them.
    `wait`: seconds for a turn, first in this process, then at the database.
    """
    return _sqlite(url, purpose, wait) if url.drivername == "sqlite" else _postgresql(url, purpose, wait)


def begin_writing(connection: Connection) -> None:
    """Wait for this transaction's turn: the row of the audit log's head is the lock that every writer takes first.

    SQLite has done it at BEGIN. On PostgreSQL it gives the same promise: what a command has read still holds when it
    writes, so two reviewers in the same second count as two.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT 1 FROM audit_head WHERE id = 1 FOR UPDATE"))


def _pool(purpose: Purpose, wait: float) -> dict[str, Any]:
    """Return how many connections there are: in one process writers queue here, in order, not at the database."""
    size = {"pool_size": 8, "max_overflow": 24} if purpose == "read" else {"pool_size": 1, "max_overflow": 0}
    return {**size, "pool_timeout": wait}


# -------------------------------------------------------------------------------------------------- SQLite


def _sqlite(url: URL, purpose: Purpose, wait: float) -> Engine:
    file = Path(str(url.database)).absolute()

    def create() -> sqlite3.Connection:
        # mode=rw: where the file has gone (an unmounted disk), an empty one must not take its place.
        return sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=wait, check_same_thread=False)

    engine = create_engine(url, creator=create, **_pool(purpose, wait))

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver starts no transactions of its own
        for pragma in _pragmas(purpose):
            connection.execute(f"PRAGMA {pragma}")
        record.info["file"] = _identity(file)

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _: Any) -> None:
        # A connection goes on writing to a file that was moved away or replaced, where nobody would find it.
        if _identity(file) != record.info["file"]:
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if purpose == "read" else "BEGIN IMMEDIATE")

    return engine


def _identity(file: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one that takes its name; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _pragmas(purpose: Purpose) -> list[str]:
    if purpose == "read":
        return ["query_only = ON"]
    keys = "OFF" if purpose == "migrate" else "ON"
    return [
        "journal_mode = WAL",
        "synchronous = FULL",
        f"foreign_keys = {keys}",
        "secure_delete = ON",  # a secret that is erased is overwritten
    ]


# ---------------------------------------------------------------------------------------------- PostgreSQL


def _postgresql(url: URL, purpose: Purpose, wait: float) -> Engine:
    level = "REPEATABLE READ" if purpose == "read" else "READ COMMITTED"
    options = {"isolation_level": level, "postgresql_readonly": purpose == "read"}
    engine = create_engine(
        url,
        connect_args={"connect_timeout": 5},
        execution_options=options,
        pool_pre_ping=True,  # a server that was away and is back is met without an error
        **_pool(purpose, wait),
    )

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.autocommit = True
        for setting in _settings(purpose, wait):
            connection.execute(f"SET {setting}")
        connection.autocommit = False

    return engine


def _settings(purpose: Purpose, wait: float) -> list[str]:
    if purpose == "read":
        return []
    # A writer that hangs or whose machine vanished must not keep the turn for ever.
    return [
        "synchronous_commit = on",
        f"lock_timeout = {int(wait * 1000)}",
        "idle_in_transaction_session_timeout = '60s'",
    ]
