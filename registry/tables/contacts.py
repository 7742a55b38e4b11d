"""What is known of customers, what they were sent, and what came back, period by period."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from evenhand.registry.tables.metadata import counted, metadata
from evenhand.registry.types import Document, Instant, Number

__all__ = ["customers", "observations", "plans", "subjects"]

observations = Table(
    "observations",
    metadata,
    counted(),
    Column("segmentation", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("period", Integer, nullable=False),
    Column("document", Document, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("segmentation", "version", "period"),
    ForeignKeyConstraint(["segmentation", "version"], ["versions.segmentation", "versions.number"]),
    sqlite_autoincrement=True,
)

plans = Table(
    "plans",
    metadata,
    Column("id", Text, primary_key=True),
    Column("segmentation", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Document, nullable=False),  # what holds for all of its rows
    Column("at", Instant, nullable=False),
    Column("request", Number),  # whose roll-out ran when it was made
    Column("completed_at", Instant),  # since when silence means that nothing happened
    ForeignKeyConstraint(["segmentation", "version"], ["versions.segmentation", "versions.number"]),
    Index(None, "segmentation", "version"),
    Index(None, "request"),
)

customers = Table(
    "customers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("document", Document, nullable=False),  # features and protected attributes
    Column("consent", Document, nullable=False),  # by channel
    Column("at", Instant, nullable=False),
)

subjects = Table(
    "subjects",
    metadata,
    Column("customer", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # without it nobody can tell whose an opaque id is
)
