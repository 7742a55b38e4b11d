"""Policies, which of them recommends, what was shown about them, and the work that shows it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from evenhand.registry.tables.metadata import counted, metadata, one_of
from evenhand.registry.types import Document, Instant

__all__ = ["champions", "decisions", "evidence", "jobs", "policies"]

policies = Table(
    "policies",
    metadata,
    Column("id", Text, primary_key=True),  # a slug
    Column("sha256", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("manifest", Document, nullable=False),
    Column("graph", LargeBinary, nullable=False),  # ONNX
    Column("files", Document, nullable=False),  # SHA-256 of each file by its name
    Column("uploaded_at", Instant, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    one_of("level", "candidate", "validated", "proven"),
)

champions = Table(
    "champions",
    metadata,
    Column("segmentation", Text, ForeignKey("segmentations.name"), primary_key=True),
    Column("policy", Text, ForeignKey("policies.id"), nullable=False),
    Column("since", Instant, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    counted(),
    Column("subject_kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the id of a request or of a policy
    Column("kind", Text, nullable=False),  # where its numbers come from
    Column("document", Document, nullable=False),
    Column("at", Instant, nullable=False),
    one_of("subject_kind", "request", "policy"),
    one_of("kind", "simulated", "logged", "live"),
    Index(None, "subject_kind", "subject"),
    sqlite_autoincrement=True,
)

decisions = Table(
    "decisions",
    metadata,
    counted(),
    Column("policy", Text, ForeignKey("policies.id"), nullable=False),
    Column("document", Document, nullable=False),  # the record of the gate, never changed
    Column("at", Instant, nullable=False),
    Index(None, "policy"),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    counted(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("run_after", Instant, nullable=False),
    Column("lease_until", Instant),  # whoever took it is taken for dead afterwards
    Column("document", Document, nullable=False),  # what to do, then what came of it
    Column("error", Text),
    one_of("state", "waiting", "running", "done", "failed"),
    Index(None, "state", "run_after"),
    sqlite_autoincrement=True,
)
