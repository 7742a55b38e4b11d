"""Registries of both kinds with an administrator's key in them, and writers that note what was acknowledged."""

from __future__ import annotations

import pytest
from tests.registry.conftest import database_url, kind, postgres_schema, sqlite_template
from tests.server.people import LIFE, OPERATOR

from evenhand.registry.database import Database
from evenhand.registry.identity import add_user, create_key
from evenhand.server.deps import utc_now

__all__ = ["database_url", "kind", "postgres_schema", "sqlite_template"]

SCOPES = frozenset({"account:use", "keys:read", "keys:write", "audit:read", "plans:write", "results:write"})


@pytest.fixture
def key(database_url: str) -> str:
    """The key of somebody who administers and plans."""
    with Database.open(database_url) as database, database.writing() as connection:
        now = utc_now()
        add_user(connection, "ann", roles=["administrator", "marketer"], actor=OPERATOR, now=now)
        text, _ = create_key(
            connection, "ann", name="first", scopes=SCOPES, permitted=SCOPES, life=LIFE, actor=OPERATOR, now=now
        )
    return text
