"""Who may come in, and how they show that they are who they say."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from evenhand.registry.tables.metadata import counted, metadata
from evenhand.registry.types import Document, Instant

__all__ = ["keys", "login_attempts", "sessions", "users"]

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("display", Text, nullable=False),
    Column("roles", Document, nullable=False),  # a list of names
    Column("password_hash", Text),  # argon2; none: no log-in by password
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", Document, nullable=False),  # a list of permissions
    Column("expires_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    Index(None, "owner"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user", Text, ForeignKey("users.name"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index(None, "user"),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    counted(),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("ok", Boolean, nullable=False),
    Index(None, "name", "at"),
    Index(None, "address", "at"),
    sqlite_autoincrement=True,
)
