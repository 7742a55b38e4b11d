"""What happened: the audit log and its head, events on their way out, and the answers to writes that are repeated."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from evenhand.registry.tables.metadata import counted, metadata, one_of
from evenhand.registry.types import Document, Instant, Number

__all__ = ["audit", "audit_head", "events", "idempotency"]

audit = Table(
    "audit",
    metadata,
    Column("sequence", Number, primary_key=True, autoincrement=False),  # 1, 2, 3, … without a gap
    Column("id", Text, nullable=False, unique=True),
    Column("at", Instant, nullable=False),  # tells the time, never the order: clocks jump
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Document, nullable=False),
    Column("previous", Text, nullable=False),  # the hash of the row before
    Column("hash", Text, nullable=False),
    one_of("actor_kind", "user", "service", "policy", "system"),
    Index(None, "subject", "sequence"),
    Index(None, "actor", "sequence"),
    Index(None, "action", "sequence"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", Number, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

events = Table(
    "events",
    metadata,
    counted(),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("document", Document, nullable=False),
    Column("delivered_at", Instant),
    Index(None, "delivered_at", "id"),
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("status", Integer),  # of the answer; none while the first one is at work
    Column("body", LargeBinary),
    Column("headers", Document),
    Column("at", Instant, nullable=False),
    Index(None, "at"),
)
