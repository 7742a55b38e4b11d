"""How connections behave: one snapshot to read from, one writer at a time, and nothing acknowledged before the disk."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

__all__ = ["Purpose", "begin_writing", "make_engine"]

Purpose = Literal["read", "write", "migrate"]

WAIT = 30  # seconds that a writer waits for its turn
ONE = {"pool_size": 1, "max_overflow": 0}  # in one process writers queue here, in order, not at the database
MANY = {"pool_size": 8, "max_overflow": 24}


def make_engine(url: URL, purpose: Purpose) -> Engine:
    """Return an engine for one purpose.

    `read`: each transaction sees one snapshot and can write nothing. `write`: SQLite takes its write lock at BEGIN and
    syncs at COMMIT. `migrate`: as `write`, with SQLite's foreign keys off, since it rebuilds tables to change them.
    """
    return _sqlite(url, purpose) if url.drivername == "sqlite" else _postgresql(url, purpose)


def begin_writing(connection: Connection) -> None:
    """Wait for this transaction's turn: the row of the audit log's head is the lock that every writer takes first.

    SQLite has done it at BEGIN. On PostgreSQL it gives the same promise: what a command has read still holds when it
    writes, so two reviewers in the same second count as two.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT 1 FROM audit_head WHERE id = 1 FOR UPDATE"))


# -------------------------------------------------------------------------------------------------- SQLite


def _sqlite(url: URL, purpose: Purpose) -> Engine:
    pool: dict[str, Any] = MANY if purpose == "read" else {**ONE, "pool_timeout": WAIT}
    engine = create_engine(url, connect_args={"timeout": WAIT}, **pool)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver starts no transactions of its own
        for pragma in _pragmas(purpose):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if purpose == "read" else "BEGIN IMMEDIATE")

    return engine


def _pragmas(purpose: Purpose) -> list[str]:
    if purpose == "read":
        return ["query_only = ON"]
    keys = "OFF" if purpose == "migrate" else "ON"
    return ["journal_mode = WAL", "synchronous = FULL", f"foreign_keys = {keys}"]


# ---------------------------------------------------------------------------------------------- PostgreSQL


def _postgresql(url: URL, purpose: Purpose) -> Engine:
    level = "REPEATABLE READ" if purpose == "read" else "READ COMMITTED"
    options = {"isolation_level": level, "postgresql_readonly": purpose == "read"}
    pool: dict[str, Any] = MANY if purpose == "read" else {**ONE, "pool_timeout": WAIT}
    engine = create_engine(url, connect_args={"connect_timeout": 5}, execution_options=options, **pool)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.autocommit = True
        for setting in _settings(purpose):
            connection.execute(f"SET {setting}")
        connection.autocommit = False

    return engine


def _settings(purpose: Purpose) -> list[str]:
    if purpose == "read":
        return []
    # A writer that hangs or whose machine vanished must not keep the turn for ever.
    return ["synchronous_commit = on", f"lock_timeout = '{WAIT}s'", "idle_in_transaction_session_timeout = '60s'"]
