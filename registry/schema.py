"""Which schema a database has, and which one this version of Evenhand needs."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from evenhand.errors import ArtefactError

__all__ = ["SCHEMA", "check_schema", "schema_of"]

SCHEMA = "0002"  # the newest migration; a test holds that it is


def schema_of(connection: Connection) -> str | None:
    """Return the migration that a database stands at; None for one that was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_schema(connection: Connection, *, where: str) -> None:
    """Refuse, with ArtefactError, a database of another schema than this version of Evenhand works on."""
    found = schema_of(connection)
    if found is None:
        raise ArtefactError("the database is not set up", where=where, mend="evenhand db migrate")
    if found < SCHEMA:
        rule = f"this version needs schema {SCHEMA}"
        raise ArtefactError(f"the database has schema {found}", where=where, rule=rule, mend="evenhand db migrate")
    if found > SCHEMA:
        raise ArtefactError(
            f"the database has schema {found}, of a newer Evenhand",
            where=where,
            rule=f"this version knows schemas up to {SCHEMA}",
            mend="install the newer version, or restore a backup of this one's",
        )
