"""What a database's failures mean to whoever asked: away, full, busy, broken, or a mistake of ours."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from evenhand.errors import ArtefactError, EvenhandError, UnavailableError

__all__ = ["explained"]

SQLITE: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: ("the database is busy", "try again; end whatever holds it locked"),
    sqlite3.SQLITE_LOCKED: ("the database is busy", "try again; end whatever holds it locked"),
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space, then try again"),
    sqlite3.SQLITE_IOERR: ("the disk cannot be read or written", "look at the disk, then try again"),
    sqlite3.SQLITE_CANTOPEN: ("the database's file cannot be opened", "do the file and its folder exist?"),
    sqlite3.SQLITE_READONLY: ("the database's file cannot be written", "give yourself the right to write it"),
    sqlite3.SQLITE_PERM: ("the database's file cannot be opened", "give yourself the right to read and write it"),
    sqlite3.SQLITE_NOMEM: ("there is no memory left", "try again later"),
}
BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
UNDONE = "what fails is undone as a whole"


def explained(error: SQLAlchemyError, *, committing: bool = False) -> Exception:
    """Return the error to raise instead: UnavailableError, ArtefactError, or the one that is hidden inside.

    `committing`: the connection broke while the database was asked to keep the change, so only the database knows
    whether it did. What is none of these is a mistake of ours and comes back unchanged.
    """
    if isinstance(error, PoolTimeoutError):
        return UnavailableError("too many are waiting for the database", rule=UNDONE, mend="try again later")
    if isinstance(error, StatementError) and isinstance(error.orig, EvenhandError):
        return error.orig  # of a document that cannot be kept
    if isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error):
        return _sqlite(error, error.orig)
    if isinstance(error, OperationalError | InterfaceError) or getattr(error, "connection_invalidated", False):
        return _away(error, committing)
    return error


def _sqlite(error: DBAPIError, inner: sqlite3.Error) -> Exception:
    code = getattr(inner, "sqlite_errorcode", 0) & 0xFF  # the upper bits say more than we need
    if code in BROKEN:
        return ArtefactError("the database's file is broken", mend="evenhand db restore, from a backup")
    if code not in SQLITE:
        return error
    what, mend = SQLITE[code]
    return UnavailableError(what, rule=UNDONE, mend=mend)


def _away(error: SQLAlchemyError, committing: bool) -> UnavailableError:
    said = str(getattr(error, "orig", error)).strip().splitlines() or ["no reason given"]
    if committing:
        return UnavailableError(
            f"the database went away while it kept the change: {said[0]}",
            rule="the change was kept as a whole or not at all",
            mend="ask again with the same Idempotency-Key, or look whether it is there",
        )
    return UnavailableError(f"the database does not answer: {said[0]}", rule=UNDONE, mend="try again later")
