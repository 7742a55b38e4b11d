"""Which database and which data folder a command of the server works on, and in whose name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand.errors import ArtefactError, DataError, UnavailableError

if TYPE_CHECKING:
    from evenhand.registry.actor import Actor
    from evenhand.registry.database import Database
    from evenhand.server.settings import ServerSettings

__all__ = ["Data", "Url", "now", "opened", "operator", "prepare", "server_settings"]

Url = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        help="SQLite or PostgreSQL.",
        show_default="EVENHAND_DATABASE_URL, else evenhand.db in the data folder",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Folder of the data.", show_default="EVENHAND_DATA_DIR, else ~/.local/share/evenhand"
    ),
]


def server_settings(database_url: str | None, data_dir: Path | None, **more: Any) -> ServerSettings:
    """Return the settings of the environment, with the flags over them; DataError names what is wrong."""
    from pydantic import ValidationError

    from evenhand.server.settings import ServerSettings

    given = {"database_url": database_url, "data_dir": data_dir, **more}
    try:
        return ServerSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise DataError(first["msg"], where=f"EVENHAND_{'_'.join(map(str, first['loc'])).upper()}",
                        mend="docs/server.md lists the settings") from None  # fmt: skip


def prepare(settings: ServerSettings) -> None:
    """Make and migrate an SQLite file where that is needed. Of any other database its keeper decides when.

    Migrations are loaded only then: most starts find nothing to do, and should be fast.
    """
    from evenhand.registry.database import Database

    if settings.database.startswith("sqlite"):
        try:
            Database.open(settings.database).close()
        except (ArtefactError, UnavailableError):
            from evenhand.registry.migrations import migrate

            migrate(settings.database)


@contextmanager
def opened(settings: ServerSettings) -> Iterator[Database]:
    """Open the database, set up where that is needed."""
    from evenhand.registry.database import Database

    prepare(settings)
    with Database.open(settings.database) as database:
        yield database


def operator() -> Actor:
    """Return who acts on the command line: whoever may read the database's files is beyond any role."""
    from evenhand.registry.actor import Actor

    return Actor("system", f"command-line-{os.getuid()}" if hasattr(os, "getuid") else "command-line")


def now() -> datetime:
    """Return the time."""
    from evenhand.server.deps import utc_now

    return utc_now()
