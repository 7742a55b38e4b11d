"""The database: where everything that outlives a process is read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from evenhand.errors import UnavailableError
from evenhand.registry.address import read_url, sqlite_file
from evenhand.registry.engines import WAIT, begin_writing, make_engine
from evenhand.registry.schema import check_schema
from evenhand.registry.trouble import explained
from evenhand.registry.turns import Turns

__all__ = ["Database", "transaction"]

Turn = Callable[[], AbstractContextManager[None]]


class Database:
    """One database, safe to share between threads; after a fork each process opens its own.

    Readers see one snapshot each. Writers take turns, on SQLite and on PostgreSQL alike, so what a writer has read
    still holds when it writes. UnavailableError whenever the database is away, full or busy.
    """

    def __init__(self, url: URL, *, wait: float = WAIT) -> None:
        self.url = url
        self._reader = make_engine(url, "read", wait=wait)
        self._writer = make_engine(url, "write", wait=wait)
        file = sqlite_file(url)
        self._turn: Turn = nullcontext if file is None else Turns(file, wait=wait).turn

    @classmethod
    def open(cls, url: str, *, wait: float = WAIT) -> Database:
        """Open what `migrate` has set up; `wait`: seconds that a writer waits for its turn before it is refused.

        DataError for a URL of another kind; ArtefactError for a database that is not set up or of another schema.
        """
        database = cls(read_url(url), wait=wait)
        try:
            database._check()
        except BaseException:
            database.close()
            raise
        return database

    def _check(self) -> None:
        file = sqlite_file(self.url)
        if file is not None and not file.is_file():  # SQLite would make an empty one
            raise UnavailableError("there is no such database", where=str(file), mend="evenhand db migrate")
        with self.reading() as connection:
            check_schema(connection, where=self.name)

    @property
    def name(self) -> str:
        """The URL without its password, for people."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot of the database and can write nothing."""
        with transaction(self._reader) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose turn it is to write: kept as a whole at the end, or not at all if anything fails.

        Turns do not nest: a second one in the same thread waits for the first until it is refused.
        """
        with transaction(self._writer, self._turn) as connection:
            begin_writing(connection)
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._reader.dispose()
        self._writer.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def transaction(engine: Engine, turn: Turn = nullcontext) -> Iterator[Connection]:
    """Give a connection in a transaction, begun when it is its turn, with the database's failures explained."""
    committing = False
    try:
        with engine.connect() as connection, turn(), connection.begin():
            yield connection
            committing = True
    except SQLAlchemyError as error:
        told = explained(error, committing=committing)
        if told is error:
            raise
        raise told from error
