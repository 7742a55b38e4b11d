"""Is this file a whole and untouched registry?"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, inspect

from evenhand.errors import ArtefactError
from evenhand.registry.address import sqlite_url
from evenhand.registry.audit.chain import Head
from evenhand.registry.audit.verifying import verify
from evenhand.registry.database import transaction
from evenhand.registry.engines import make_engine
from evenhand.registry.schema import SCHEMA, schema_of
from evenhand.registry.tables import metadata

__all__ = ["Checked", "check_file"]

OTHER = "use another backup"


class Checked(NamedTuple):
    """What was found in a backup."""

    schema: str
    head: Head  # of its audit log


def check_file(file: Path, *, where: str) -> Checked:
    """Read all of a backup: its pages, its references, its schema and its audit log.

    ArtefactError for the first thing that is wrong, and for a schema of a newer version; `where` is what the error
    calls the file.
    """
    engine = make_engine(sqlite_url(file), "read")
    try:
        with transaction(engine) as connection:
            _check_pages(connection, where)
            schema = _check_schema(connection, where)
            verdict = verify(connection)
    except ArtefactError as error:
        raise ArtefactError(error.what, where=where, rule=error.rule, mend=OTHER) from error
    finally:
        engine.dispose()
    if verdict.flaw is not None:
        what = f"its audit log does not hold at row {verdict.flaw.sequence}: {verdict.flaw.says}"
        raise ArtefactError(what, where=where, mend=OTHER)
    return Checked(schema, verdict.head)


def _check_pages(connection: Connection, where: str) -> None:
    said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if said != "ok":
        raise ArtefactError(f"is broken: {said}", where=where)
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise ArtefactError("is broken: something in it refers to nothing", where=where)


def _check_schema(connection: Connection, where: str) -> str:
    schema = schema_of(connection)
    if schema is None:
        raise ArtefactError("is no backup of a registry", where=where)
    if schema > SCHEMA:
        raise ArtefactError(f"has schema {schema}, of a newer Evenhand", where=where, rule=f"up to {SCHEMA}")
    if schema == SCHEMA:
        _check_tables(connection, where)
    return schema


def _check_tables(connection: Connection, where: str) -> None:
    missing = sorted(set(metadata.tables) - set(inspect(connection).get_table_names()))
    if missing:
        raise ArtefactError(f"is broken: the table {missing[0]} is missing", where=where)
