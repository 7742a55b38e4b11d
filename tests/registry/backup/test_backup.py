"""A backup holds everything, goes into either kind of database, and is refused when anything is wrong with it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Table, TableClause, insert, select, text
from tests.registry.conftest import KINDS, Kind
from tests.registry.sample import fill

from evenhand.errors import ArtefactError, ConflictError, DataError, EvenhandError
from evenhand.registry.actor import Actor
from evenhand.registry.audit import append, verify
from evenhand.registry.backup import backup, check_file, copying, restore
from evenhand.registry.database import Database
from evenhand.registry.migrations import migrate
from evenhand.registry.schema import SCHEMA
from evenhand.registry.tables import comments, metadata

AT = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def sample(database: Database) -> Database:
    """A registry with a row in every table."""
    with database.writing() as connection:
        fill(connection)
    return database


@pytest.fixture
def file(sample: Database, tmp_path: Path) -> Path:
    """A backup of the sample."""
    backup(sample, tmp_path / "friday.db")
    return tmp_path / "friday.db"


def content(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all())) for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("into", KINDS)
def test_everything_comes_back_in_either_kind_of_database(
    sample: Database, file: Path, into: Kind, fresh_registry: Callable[[Kind], str]
) -> None:
    url = fresh_registry(into)
    checked = restore(file, url, now=AT).checked
    assert (checked.schema, checked.head.sequence) == (SCHEMA, 3)
    with Database.open(url) as restored:
        assert content(restored) == content(sample)
        assert all(content(restored).values())
        with restored.writing() as connection:  # counting goes on, and so does the chain
            at = datetime.fromisoformat("2026-03-03T00:00Z")
            row = {"request": 1, "author": "ann", "text": "next", "at": at}
            assert connection.execute(insert(comments).values(row).returning(comments.c.id)).scalar() == 2
            append(connection, action="b", subject="s", details={}, actor=Actor("user", "ann"), now=at)
        with restored.reading() as connection:
            assert verify(connection).head.sequence == 4


def test_a_backup_is_one_file_of_its_owner(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    left = {path.name for path in file.parent.iterdir() if not path.name.startswith("evenhand.db")}  # and SQLite's own
    assert left == {"friday.db"}
    assert check_file(file, where="friday.db").head.sequence == 3


def test_a_database_with_anything_in_it_is_left_alone(sample: Database, file: Path) -> None:
    before = content(sample)
    with pytest.raises(ConflictError, match="is not empty"):
        restore(file, sample.url.render_as_string(hide_password=False), now=AT)
    assert content(sample) == before


def test_a_file_that_is_there_is_left_alone(sample: Database, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(DataError, match="is there already"):
        backup(sample, tmp_path / "precious")
    assert (tmp_path / "precious").read_text() == "mine"
    with pytest.raises(DataError, match="cannot be written"):
        backup(sample, tmp_path / "nowhere" / "friday.db")


def test_a_backup_is_of_one_moment_while_others_write(database: Database, tmp_path: Path, ann: Actor) -> None:
    stop, now = Event(), datetime.fromisoformat("2026-03-02T09:30Z")

    def write() -> None:
        while not stop.is_set():
            with database.writing() as connection:
                append(connection, action="a", subject="s", details={}, actor=ann, now=now)

    writing = Thread(target=write)
    writing.start()
    try:
        heads = [backup(database, tmp_path / f"{i}.db").head.sequence for i in range(3)]
    finally:
        stop.set()
        writing.join()
    assert heads == sorted(heads)


def test_a_database_whose_log_was_changed_gives_no_backup(sample: Database, tmp_path: Path) -> None:
    with sample.writing() as connection:
        connection.execute(text("UPDATE audit_head SET sequence = 9"))
    with pytest.raises(ArtefactError, match="audit log does not hold at row 4"):
        backup(sample, tmp_path / "friday.db")
    assert not (tmp_path / "friday.db").exists()
    assert not list(tmp_path.glob(".evenhand-*"))


def overwrite(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[20_000:60_000] = bytes(40_000)
    file.write_bytes(content)


def change(sql: str) -> Callable[[Path], None]:
    def apply(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.executescript(sql)

    return apply


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda file: file.write_bytes(b""), "is no backup of a registry"),
        (lambda file: file.write_text("nonsense" * 1000), "broken"),
        (lambda file: file.write_bytes(file.read_bytes()[:100_000]), "broken"),
        (overwrite, "broken"),
        (change("DROP TABLE alembic_version"), "is no backup of a registry"),
        (change("UPDATE alembic_version SET version_num = '9999'"), "schema 9999, of a newer Evenhand"),
        (change("DROP TRIGGER audit_keeps_update; UPDATE audit SET action = 'b'"), "does not hold at row 1"),
        (change("DELETE FROM policies"), "refers to nothing"),
        (change("DROP TABLE subjects"), "broken: the table subjects is missing"),
    ],
    ids=["empty", "nonsense", "cut", "zeroed", "no schema", "newer", "changed", "dangling", "no table"],
)
def test_a_backup_that_does_not_hold_restores_nothing(
    file: Path, tmp_path: Path, damage: Callable[[Path], None], match: str
) -> None:
    damage(file)
    with pytest.raises(ArtefactError, match=match) as error:
        restore(file, f"sqlite:///{tmp_path / 'new.db'}", now=AT)
    assert str(error.value).startswith(f"{file}: ")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_restoring_leaves_the_backup_as_it_was(file: Path, tmp_path: Path) -> None:
    before, times = file.read_bytes(), file.stat().st_mtime_ns
    restore(file, f"sqlite:///{tmp_path / 'new.db'}", now=AT)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, times)


def test_a_restore_that_fails_half_way_leaves_the_database_empty(
    file: Path, fresh_registry: Callable[[Kind], str], kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(whole: Table) -> TableClause:
        if whole.name == "versions":
            raise DataError("the disk is full")
        return plain(whole)

    plain, url = copying._plain, fresh_registry(kind)
    with monkeypatch.context() as patch:
        patch.setattr(copying, "_plain", failing)
        with pytest.raises(DataError, match="full"):
            restore(file, url, now=AT)
    assert restore(file, url, now=AT).checked.head.sequence == 3  # which takes an empty one only


def test_what_is_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvenhandError, match="there is no such file"):
        restore(tmp_path / "nothing.db", f"sqlite:///{tmp_path / 'new.db'}", now=AT)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_backup_can_also_be_used_as_it_is(sample: Database, file: Path, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path / "copy.db")
    migrate(f"sqlite:///{tmp_path / 'copy.db'}")
    with Database.open(f"sqlite:///{tmp_path / 'copy.db'}") as copy:
        assert content(copy) == content(sample)
