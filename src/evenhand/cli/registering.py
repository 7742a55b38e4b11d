"""`evenhand db` and `evenhand audit`: the database of the server, and the log of everything that happened in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenhand.cli.asking import examples
from evenhand.cli.opening import Data, now, server_settings
from evenhand.cli.saying import out
from evenhand.errors import ArtefactError, DataError

if TYPE_CHECKING:
    from evenhand.registry.audit import Head
    from evenhand.registry.database import Database

__all__ = ["add_to"]

Url = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="sqlite:///file.db or postgresql://user@host/database.",
        show_default="EVENHAND_DATABASE_URL, else evenhand.db in the data folder",
    ),
]
Key = Annotated[
    Path | None, typer.Option(help="Public key of whoever signed the head.", show_default="your own, as it signs")
]


def add_to(app: typer.Typer) -> None:
    """Add the groups `db` and `audit`."""
    db = typer.Typer(help="Set up, back up and restore the server's database.", no_args_is_help=True)
    db.command(short_help="Set it up, or bring it up to date.", epilog=examples("evenhand db migrate"))(migrate)
    db.command(short_help="Say what state it is in.", epilog=examples("evenhand db status"))(status)
    db.command(
        short_help="Write all of it into one file.",
        epilog=examples("evenhand db backup friday.db"),
    )(backup)
    db.command(
        short_help="Fill an empty one from a backup.",
        epilog=examples("evenhand db restore friday.db --database-url postgresql://evenhand@db/evenhand"),
    )(restore)
    audit = typer.Typer(help="Check the audit log, and take its head elsewhere.", no_args_is_help=True)
    audit.command(
        short_help="Is every row as it was written?",
        epilog=examples("evenhand audit verify", "evenhand audit verify --head friday.head"),
    )(verify)
    audit.command(
        "export-head",
        short_help="Write where it ends, signed.",
        epilog=examples("evenhand audit export-head --out friday.head"),
    )(export_head)
    app.add_typer(db, name="db")
    app.add_typer(audit, name="audit")


def migrate(database_url: Url = None) -> None:
    """Set up a database, or bring an older one to the schema of this version: all steps or none.

    Several may do it at once, and doing it again changes nothing. Back up first.
    """
    from evenhand.registry.migrations import migrate as bring_up_to_date
    from evenhand.registry.schema import SCHEMA

    before = bring_up_to_date(_url(database_url))
    said = {None: f"Set up with schema {SCHEMA}", SCHEMA: f"Nothing to do: it has schema {SCHEMA}"}
    out.print(said.get(before, f"Brought from schema {before} to {SCHEMA}"))


def status(database_url: Url = None) -> None:
    """Say which database it is, its schema, and where its audit log ends."""
    from evenhand.registry.audit import head_of
    from evenhand.registry.schema import SCHEMA

    with _opened(database_url) as database, database.reading() as connection:
        head = head_of(connection)
    out.print(f"Database: {database.name}")
    out.print(f"Schema: {SCHEMA}, as this version needs it")
    out.print(f"Audit log: {_rows(head)}")


def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    database_url: Url = None,
) -> None:
    """Write the whole database, as of one moment, into one new file that is checked before it gets its name.

    The server may go on. Also of PostgreSQL the file is SQLite, and can be restored into either.
    """
    from evenhand.registry.backup import backup as save

    with _opened(database_url) as database:
        checked = save(database, file)
    out.print(f"Backup: {file} (schema {checked.schema}, audit log {_rows(checked.head)}, whole)")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup, as `evenhand db backup` wrote it.")],
    database_url: Url = None,
    data_dir: Data = None,
) -> None:
    """Check a backup and fill an empty database from it, all of it or nothing.

    A backup of an older version is brought up to date on the way; one of SQLite may go into PostgreSQL and back.
    Whoever was erased since, by the list `erased.txt` in the data folder, is erased again, in customer tables too.
    """
    from evenhand.registry.backup import restore as bring_back
    from evenhand.registry.erasures import erased_of

    settings = server_settings(database_url, data_dir)
    found = bring_back(file, settings.database, erased=erased_of(settings.data_dir), now=now())
    if found.erased:
        from evenhand.server.serving.forgetting import forget_in_tables

        forget_in_tables(settings.data_dir, found.erased)
    again = f"; {len(found.erased)} erased again" if found.erased else ""
    out.print(f"Restored: {file} (audit log {_rows(found.checked.head)}{again})")


def verify(
    head: Annotated[
        Path | None, typer.Option(help="A head that `evenhand audit export-head` wrote earlier.", show_default="none")
    ] = None,
    key: Key = None,
    database_url: Url = None,
) -> None:
    """Read the whole audit log and check every row against the one before it.

    A log that was cut off or written anew by somebody who owns the database shows only against a head that was taken
    away before. Ends with status 2 when anything is wrong.
    """
    from evenhand.registry.audit import verify as check

    taken = _head(head, key) if head else None
    with _opened(database_url) as database, database.reading() as connection:
        verdict = check(connection, taken)
    if verdict.flaw is not None:
        raise ArtefactError(
            verdict.flaw.says,
            where=f"audit log, row {verdict.flaw.sequence}",
            rule="rows are only ever added",
            mend="keep the database as it is, and compare it with your backups",
        )
    out.print(f"Verified: {_rows(verdict.head)}, each as it was written")
    if taken:
        out.print(f"The exported head at row {taken.sequence:,} is in it")


def export_head(
    file: Annotated[Path | None, typer.Option("--out", help="A new file.", show_default="print it")] = None,
    database_url: Url = None,
) -> None:
    """Write where the audit log ends, signed with your own key, for you to keep where nobody can change it."""
    from evenhand.registry.audit import head_of, seal_head
    from evenhand.registry.keys import signing_key

    with _opened(database_url) as database, database.reading() as connection:
        head = head_of(connection)
    text = seal_head(head, signing_key(), now=datetime.now(UTC))
    if file is None:
        out.print(text, end="")
        return
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise DataError("is there already", where=str(file), mend="give another name") from None
    out.print(f"Head: {file} (audit log {_rows(head)}); keep it away from the database")


def _url(given: str | None) -> str:
    from evenhand.settings import Settings

    return given or Settings().database


def _opened(given: str | None) -> Database:
    from evenhand.registry.database import Database

    return Database.open(_url(given))


def _head(file: Path, key: Path | None) -> Head:
    from evenhand.registry.audit import open_head
    from evenhand.registry.keys import trusted_key

    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(file)) from None
    return open_head(content, trusted_key(key), where=str(file))


def _rows(head: Head) -> str:
    return f"{head.sequence:,} rows, head {head.hash[:12]}…" if head.sequence else "empty"
