"""Segmentations with their versions, the requests to change them, and what people said about those."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from evenhand.registry.tables.metadata import counted, metadata, one_of
from evenhand.registry.types import Document, Instant, Number

__all__ = ["comments", "delegations", "edits", "requests", "reviews", "segmentations", "versions", "wanted_reviewers"]

segmentations = Table(
    "segmentations",
    metadata,
    Column("name", Text, primary_key=True),  # a slug
    Column("title", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("current_version", Integer, nullable=False),  # what is in force
    Column("stable_version", Integer, nullable=False),  # the last one that was rolled out to everybody
    Column("rolling_request", Number),  # the one request whose roll-out runs
    Column("frozen_at", Instant),  # the kill switch
    Column("frozen_by", Text),
    Column("frozen_reason", Text),
)

versions = Table(
    "versions",
    metadata,
    Column("segmentation", Text, ForeignKey("segmentations.name"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, … of its segmentation
    Column("sha256", Text, nullable=False),  # of the document
    Column("document", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("request", Number),  # what it came from; none for the first
    Column("note", Text),
)

requests = Table(
    "requests",
    metadata,
    counted(),
    Column("segmentation", Text, ForeignKey("segmentations.name"), nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),  # counts edits and transitions: the ETag
    Column("edit", Integer, nullable=False),  # counts edits of the content: what an approval names
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("author_kind", Text, nullable=False),
    Column("author", Text, nullable=False),  # who wrote it; who edited it stands in `edits`
    Column("title", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("change", Document, nullable=False),  # a tweak, a whole segmentation or the version to go back to
    Column("touches", Document, nullable=False),  # ids of segments
    Column("risk", Text, nullable=False),
    Column("quorum", Integer, nullable=False),  # approvals needed
    Column("share", Float),  # of customers that a roll-out starts with; none: everybody at once
    Column("scheduled_for", Instant),
    Column("expires_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("version", Integer),  # what it became
    Column("predicted", Document),
    Column("realised", Document),
    Column("stop_reason", Text),
    one_of("kind", "tweak", "edit", "rollback"),
    one_of("author_kind", "user", "service", "policy", "system"),
    one_of("risk", "low", "high"),
    Index(None, "segmentation", "state"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

edits = Table(
    "edits",
    metadata,
    Column("request", Number, ForeignKey("requests.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),  # 1, 2, … of its request: what a review names
    Column("editor_kind", Text, nullable=False),
    Column("editor", Text, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("change", Document, nullable=False),
    Column("predicted", Document),
    Column("at", Instant, nullable=False),
    one_of("editor_kind", "user", "service", "policy", "system"),
    Index(None, "editor"),
)

reviews = Table(
    "reviews",
    metadata,
    counted(),
    Column("request", Number, ForeignKey("requests.id"), nullable=False),
    Column("edit", Integer, nullable=False),  # the one that was judged
    Column("reviewer", Text, nullable=False),
    Column("on_behalf_of", Text),  # whose delegate the reviewer is
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    one_of("verdict", "approve", "reject", "request_changes"),
    Index(None, "request"),
    sqlite_autoincrement=True,
)

comments = Table(
    "comments",
    metadata,
    counted(),
    Column("request", Number, ForeignKey("requests.id"), nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "request"),
    sqlite_autoincrement=True,
)

wanted_reviewers = Table(
    "wanted_reviewers",
    metadata,
    Column("request", Number, ForeignKey("requests.id"), primary_key=True, autoincrement=False),
    Column("user", Text, primary_key=True),
    Index(None, "user"),
)

delegations = Table(
    "delegations",
    metadata,
    counted(),
    Column("delegator", Text, nullable=False),
    Column("delegate", Text, nullable=False),
    Column("starts", Instant, nullable=False),
    Column("ends", Instant, nullable=False),
    UniqueConstraint("delegator", "delegate", "starts"),
    Index(None, "delegate"),
    sqlite_autoincrement=True,
)
