"""Making a backup while others read and write."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from evenhand.errors import DataError, UnavailableError
from evenhand.registry.address import sqlite_file, sqlite_url
from evenhand.registry.backup.check import Checked, check_file
from evenhand.registry.backup.copying import copy_rows
from evenhand.registry.database import Database, transaction
from evenhand.registry.engines import make_engine
from evenhand.registry.migrations import migrate

__all__ = ["backup"]


def backup(database: Database, file: str | Path) -> Checked:
    """Write everything as of one moment into one new file, whole and checked or not at all, and say what is in it.

    The file is an SQLite registry, also of a PostgreSQL database. DataError for a file that is there already or cannot
    be written; ArtefactError when the database itself does not hold.
    """
    file = Path(file)
    if file.exists():
        raise DataError("is there already", where=str(file), mend="give another name")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".evenhand-backup-") as folder:
            partial = Path(folder) / "backup.db"
            _write(database, partial)
            checked = check_file(partial, where=f"backup of {database.name}")
            _keep(partial, file)
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", where=str(file)) from None
    return checked


def _write(database: Database, partial: Path) -> None:
    source = sqlite_file(database.url)
    if source is not None:
        _copy_pages(source, partial)
    else:
        _copy_tables(database, partial)
    _make_one_file(partial)


def _copy_pages(source: Path, partial: Path) -> None:
    """Copy an SQLite file by its own online backup, in one step: of one moment, whatever is written meanwhile."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(partial)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise UnavailableError(f"the backup could not be written: {error}", where=str(source)) from error


def _copy_tables(database: Database, partial: Path) -> None:
    url = sqlite_url(partial)
    migrate(url.render_as_string())
    engine = make_engine(url, "migrate")
    try:
        with database.reading() as source, transaction(engine) as target:
            copy_rows(source, target)
    finally:
        engine.dispose()


def _make_one_file(partial: Path) -> None:
    """Leave no write-ahead log beside the file, so that whoever copies it copies all."""
    with closing(sqlite3.connect(partial)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _keep(partial: Path, file: Path) -> None:
    """Give the finished file its name, once it is on the disk; one that came there meanwhile stays."""
    partial.chmod(0o600)
    with partial.open("rb") as content:
        os.fsync(content.fileno())
    try:
        os.link(partial, file)
    except FileExistsError:
        raise DataError("is there already", where=str(file), mend="give another name") from None
