"""The way of docs/operations.md from one release to the next: nothing is lost, and an old server stays out."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer.main
from sqlalchemy import func, select
from tests.registry.conftest import KINDS, Kind
from tests.registry.released import SCHEMAS

from evenhand.cli.app import app
from evenhand.errors import ArtefactError
from evenhand.registry.audit import verify
from evenhand.registry.backup import backup, restore
from evenhand.registry.database import Database
from evenhand.registry.migrations import migrate
from evenhand.registry.schema import SCHEMA
from evenhand.registry.tables import metadata

OPERATIONS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
RELEASED = sorted(file.name.partition(".")[0] for file in SCHEMAS.glob("*.sqlite.sql"))
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def of_release(schema: str, file: Path) -> Path:
    """Write the database that a release left, which is also what its backup is."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((SCHEMAS / f"{schema}.sqlite.sql").read_text(encoding="utf-8"))
    return file


def rows_of(file: Path) -> dict[str, int]:
    """Return how many rows each table of a release's database has."""
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in names
            if name in metadata.tables
        }


def counts(url: str) -> dict[str, int]:
    with Database.open(url) as database, database.reading() as connection:
        assert verify(connection).holds
        every = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
    return every


@pytest.mark.parametrize("into", KINDS)
@pytest.mark.parametrize("schema", RELEASED)
def test_a_backup_of_every_release_is_restored_by_this_one(
    tmp_path: Path, schema: str, into: Kind, fresh_registry: Callable[[Kind], str]
) -> None:
    """And what comes of it is what comes of upgrading the database in its place."""
    before = of_release(schema, tmp_path / "before.db")
    url = fresh_registry(into)
    assert restore(before, url, now=NOW).checked.schema == schema
    kept, rows = before.read_bytes(), rows_of(before)
    in_place = f"sqlite:///{before}"
    if schema < SCHEMA:
        with pytest.raises(ArtefactError, match="evenhand db migrate"):
            Database.open(in_place)
        assert before.read_bytes() == kept, "what was refused was not touched"
    assert migrate(in_place) == schema
    assert counts(url) == counts(in_place)
    assert all(rows.values()), "the sample of that release has a row in each of its tables"
    assert rows.items() <= counts(url).items(), "none was lost"


@pytest.mark.parametrize("schema", RELEASED)
def test_an_upgraded_database_is_backed_up_and_restored_like_any_other(tmp_path: Path, schema: str) -> None:
    file = of_release(schema, tmp_path / "old.db")
    migrate(f"sqlite:///{file}")
    with Database.open(f"sqlite:///{file}") as database:
        assert backup(database, tmp_path / "after.db").schema == SCHEMA
    restore(tmp_path / "after.db", f"sqlite:///{tmp_path / 'new.db'}", now=NOW)
    assert counts(f"sqlite:///{tmp_path / 'new.db'}") == counts(f"sqlite:///{file}")


def test_every_command_that_operators_are_told_to_run_is_there() -> None:
    known = typer.main.get_command(app)
    told = set(re.findall(r"evenhand ((?:db|audit|user|key) [a-z-]+|load|serve|validate)\b", OPERATIONS))
    assert {"db status", "db backup", "db migrate", "db restore", "audit verify"} <= told
    for words in told:
        group, _, name = words.partition(" ")
        command = known.commands[group]  # type: ignore[attr-defined]  # typer's group, under a name of click's
        assert not name or name in command.commands, words
