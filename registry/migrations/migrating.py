"""Setting up a database, and bringing an older one up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, inspect, text

from evenhand.errors import ArtefactError, DataError
from evenhand.registry.address import read_url, sqlite_file
from evenhand.registry.database import transaction
from evenhand.registry.engines import make_engine
from evenhand.registry.schema import SCHEMA, schema_of
from evenhand.registry.tables import metadata

__all__ = ["migrate", "upgrade"]


def migrate(url: str) -> str | None:
    """Bring a database to the schema of this version, all steps or none, and return what it had before.

    None: there was nothing. Several may do it at once: one works, the others wait and find it done. ArtefactError for
    a database of a newer version or with foreign tables; UnavailableError when it is away.
    """
    address = read_url(url)
    _make_file(address)
    engine = make_engine(address, "migrate")
    try:
        with transaction(engine) as connection:
            _wait_for_turn(connection)
            before = schema_of(connection)
            if before is None:
                _check_nobody_elses(connection, address)
            if before != SCHEMA:
                upgrade(connection, where=address.render_as_string(hide_password=True))
            return before
    finally:
        engine.dispose()


def upgrade(connection: Connection, *, where: str = "database", to: str = SCHEMA) -> None:
    """Run the missing steps in the caller's transaction."""
    before = schema_of(connection)
    if before is not None and before > SCHEMA:
        raise ArtefactError(
            f"the database has schema {before}, of a newer Evenhand", where=where, mend="install the newer version"
        )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
    _check_foreign_keys(connection, where)


def _make_file(url: URL) -> None:
    """Make the file of an SQLite database, which nobody but its owner may read; SQLite's own would be open to all."""
    file = sqlite_file(url)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
    except OSError as error:
        raise DataError(f"cannot be made: {error.strerror}", where=str(file)) from None


def _wait_for_turn(connection: Connection) -> None:
    """Let one at a time migrate; SQLite has done it at BEGIN."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('evenhand'), hashtext(current_schema()))"))


def _check_nobody_elses(connection: Connection, url: URL) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise ArtefactError(
            f"somebody else's tables are there: {', '.join(taken)}",
            where=url.render_as_string(hide_password=True),
            mend="give Evenhand a database or a schema of its own",
        )


def _check_foreign_keys(connection: Connection, where: str) -> None:
    """Find what a step left dangling; PostgreSQL has checked by itself."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise ArtefactError("the migration would leave references to nothing", where=where, mend="report this")
