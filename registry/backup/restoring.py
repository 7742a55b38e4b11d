"""Bringing a backup back, into an empty database of either kind."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Set
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from evenhand.errors import ConflictError, DataError
from evenhand.registry.actor import SYSTEM
from evenhand.registry.address import sqlite_url
from evenhand.registry.backup.check import Checked, check_file
from evenhand.registry.backup.copying import copy_rows, is_empty
from evenhand.registry.database import Database
from evenhand.registry.erasures import erase_again
from evenhand.registry.migrations import migrate

__all__ = ["Restored", "restore"]


class Restored(NamedTuple):
    """What a backup held, and who was in it that must not be."""

    checked: Checked
    erased: list[str]  # keys of customers who were erased after the backup, and now again


def restore(file: str | Path, url: str, *, erased: Set[str] = frozenset(), now: datetime) -> Restored:
    """Set a database up, if it is not, and fill it from a backup: all of it or nothing.

    A backup of an older version is brought up to date on the way. Whoever is on the list of `erased` opaque ids is
    erased in the same transaction. ArtefactError for a file that does not hold; ConflictError for a database that has
    anything in it.
    """
    file = Path(file)
    if not file.is_file():
        raise DataError("there is no such file", where=str(file))
    with tempfile.TemporaryDirectory(prefix="evenhand-restore-") as folder:
        copy = Path(folder) / "backup.db"
        shutil.copyfile(file, copy)  # migrating and reading leave no trace on the backup
        checked = check_file(copy, where=str(file))
        migrate(url)
        migrate(sqlite_url(copy).render_as_string())
        with Database.open(url) as target, Database.open(sqlite_url(copy).render_as_string()) as source:
            return Restored(checked, _fill(source, target, erased, now))


def _fill(source: Database, target: Database, erased: Set[str], now: datetime) -> list[str]:
    with source.reading() as old, target.writing() as new:
        if not is_empty(new):
            raise ConflictError(
                "the database is not empty",
                where=target.name,
                rule="a backup is restored into an empty one",
                mend="name a new one with --database-url",
            )
        copy_rows(old, new)
        return erase_again(new, erased, actor=SYSTEM, now=now) if erased else []
