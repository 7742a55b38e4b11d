"""`evenhand db` and `evenhand audit` as a person uses them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command

from evenhand.registry.actor import Actor
from evenhand.registry.audit import append
from evenhand.registry.database import Database
from evenhand.registry.schema import SCHEMA


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folders, empty so far, and their current one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("EVENHAND_DATABASE_URL", raising=False)
    monkeypatch.delenv("EVENHAND_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def happened(file: Path, times: int) -> None:
    with Database.open(f"sqlite:///{file}") as database, database.writing() as connection:
        for _ in range(times):
            now, ann = datetime.now(UTC), Actor("user", "ann")
            append(connection, action="a", subject="s", details={}, actor=ann, now=now)


def test_a_database_is_set_up_backed_up_and_restored(evenhand: Command, home: Path) -> None:
    file = home / "data" / "evenhand" / "evenhand.db"
    assert "mend: evenhand db migrate" in evenhand("db", "status").complaint
    assert evenhand("db", "migrate").out == f"Set up with schema {SCHEMA}\n"
    assert evenhand("db", "migrate").out == f"Nothing to do: it has schema {SCHEMA}\n"
    assert file.is_file()
    happened(file, 3)
    said = evenhand("db", "status").out
    assert f"Database: sqlite:///{file}\nSchema: {SCHEMA}" in said
    assert "Audit log: 3 rows, head " in said

    assert f"Backup: friday.db (schema {SCHEMA}, audit log 3 rows" in evenhand("db", "backup", "friday.db").out
    assert "friday.db: is there already" in evenhand("db", "backup", "friday.db").complaint
    assert "is not empty" in evenhand("db", "restore", "friday.db").complaint
    assert "Restored: friday.db" in evenhand("db", "restore", "friday.db", "--database-url", "sqlite:///new.db").out
    assert "3 rows" in evenhand("audit", "verify", "--database-url", "sqlite:///new.db").out
    assert "there is no such file" in evenhand("db", "restore", "monday.db").complaint


def test_the_environment_names_the_database(evenhand: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_DATA_DIR", str(home / "kept"))
    evenhand("db", "migrate")
    assert (home / "kept" / "evenhand.db").is_file()
    monkeypatch.setenv("EVENHAND_DATABASE_URL", "sqlite:///other.db")
    evenhand("db", "migrate")
    assert (home / "other.db").is_file()
    monkeypatch.setenv("EVENHAND_DATABASE_URL", "mysql://db/evenhand")
    assert "databases of the kind 'mysql' are unknown" in evenhand("db", "status").complaint


def test_a_log_is_verified_against_a_head_that_was_taken_away(evenhand: Command, home: Path) -> None:
    file = home / "data" / "evenhand" / "evenhand.db"
    evenhand("db", "migrate")
    happened(file, 5)
    assert json.loads(evenhand("audit", "export-head").out)["head"]["sequence"] == 5
    assert "Head: friday.head (audit log 5 rows" in evenhand("audit", "export-head", "--out", "friday.head").out
    assert "friday.head: is there already" in evenhand("audit", "export-head", "--out", "friday.head").complaint
    happened(file, 2)
    said = evenhand("audit", "verify", "--head", "friday.head").out
    assert said.startswith("Verified: 7 rows")
    assert "The exported head at row 5 is in it" in said

    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TRIGGER audit_keeps_delete")
        connection.execute("DELETE FROM audit WHERE sequence > 3")
        connection.execute("UPDATE audit_head SET sequence = 3, hash = (SELECT hash FROM audit WHERE sequence = 3)")
    assert evenhand("audit", "verify").status == 0  # by itself the chain cannot know
    complaint = evenhand("audit", "verify", "--head", "friday.head").complaint
    assert "audit log, row 4: the log ends here, the exported head is of row 5" in complaint

    Path("friday.head").write_text(Path("friday.head").read_text().replace('"sequence": 5', '"sequence": 3'))
    assert "was changed after it was signed" in evenhand("audit", "verify", "--head", "friday.head").complaint
    assert "nothing.head: cannot be read" in evenhand("audit", "verify", "--head", "nothing.head").complaint
