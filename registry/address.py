"""Where a database is: the two kinds of URL that Evenhand understands."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from evenhand.errors import DataError

__all__ = ["read_url", "sqlite_file", "sqlite_url"]

FORMS = "sqlite:///folder/evenhand.db or postgresql://user:password@host:5432/database"


def read_url(text: str) -> URL:
    """Read the URL of a database; DataError for one that is neither SQLite in a file nor PostgreSQL."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise DataError("is no URL of a database", where="database URL", mend=FORMS) from None
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(url)
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return _postgresql(url)
    raise DataError(f"databases of the kind {url.drivername!r} are unknown", where="database URL", mend=FORMS)


def sqlite_file(url: URL) -> Path | None:
    """Return the file of an SQLite database; None for PostgreSQL."""
    return Path(url.database or "") if url.drivername == "sqlite" else None


def sqlite_url(file: Path) -> URL:
    """Return the URL of an SQLite file."""
    return URL.create("sqlite", database=str(file))


def _sqlite(url: URL) -> URL:
    if not url.database or ":memory:" in url.database or url.query:
        raise DataError("names no file", where="database URL", rule="SQLite keeps the registry in one file", mend=FORMS)
    return url.set(drivername="sqlite")


def _postgresql(url: URL) -> URL:
    if find_spec("psycopg") is None:
        raise DataError(
            "PostgreSQL's driver is not installed", where="database URL", mend="pip install 'evenhand[postgres]'"
        )
    return url.set(drivername="postgresql+psycopg")
