"""Databases to test on: SQLite always, PostgreSQL where EVENHAND_TEST_POSTGRES_URL names a server."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import Engine, create_engine, insert, make_url, text

from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.migrations import migrate
from evenhand.registry.tables import audit_head, metadata

Kind = Literal["sqlite", "postgresql"]
KINDS: list[Kind] = ["sqlite", "postgresql"]
POSTGRES = "EVENHAND_TEST_POSTGRES_URL"


def postgres_url() -> str:
    """Return the server's address, or skip the test with the reason."""
    url = os.environ.get(POSTGRES)
    if not url:
        pytest.skip(f"{POSTGRES} names no PostgreSQL server")
    return url


def admin() -> Engine:
    return create_engine(make_url(postgres_url()).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")


@contextmanager
def fresh_schema() -> Iterator[str]:
    """Give the URL of an empty schema on the PostgreSQL server, dropped afterwards."""
    name = f"evenhand_{uuid.uuid4().hex[:12]}"
    engine = admin()
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    try:
        url = make_url(postgres_url()).set(drivername="postgresql+psycopg")
        options = {"options": f"-csearch_path={name}"}
        yield url.update_query_dict(options).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        engine.dispose()


@contextmanager
def nothing_yet(kind: Kind, folder: Path) -> Iterator[str]:
    """Give the URL of a database that nobody has set up."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / f'{uuid.uuid4().hex}.db'}"
    else:
        with fresh_schema() as url:
            yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as `migrate` leaves it, to copy: a hundred times faster than migrating for each test."""
    file = tmp_path_factory.mktemp("registry") / "template.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_schema() -> Iterator[Engine]:
    """A schema of this session's (and xdist worker's) own, emptied before each test."""
    with fresh_schema() as url:
        migrate(url)
        engine = create_engine(url)
        yield engine
        engine.dispose()


def empty(engine: Engine) -> None:
    """Take all rows away and start counting anew, as `migrate` leaves a database; TRUNCATE would take a second."""
    some = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in metadata.tables)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_keeps"))
        filled = set(connection.execute(text(some)).scalars())
        for table in reversed(metadata.sorted_tables):
            if table.name in filled:
                connection.execute(table.delete())
        connection.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_keeps"))
        connection.execute(insert(audit_head).values(id=1, sequence=0, hash="0" * 64))
        connection.execute(
            text("SELECT setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences "
                 "WHERE schemaname = current_schema() AND last_value IS NOT NULL")
        )  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Run the test on both databases."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def database_url(kind: Kind, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of an empty registry, SQLite and PostgreSQL in turn."""
    if kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "evenhand.db")
        return f"sqlite:///{tmp_path / 'evenhand.db'}"
    postgres_url()
    engine: Engine = request.getfixturevalue("postgres_schema")
    empty(engine)
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty registry, SQLite and PostgreSQL in turn."""
    with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
def unset_url(kind: Kind, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that nobody has set up, SQLite and PostgreSQL in turn."""
    with nothing_yet(kind, tmp_path) as url:
        yield url


@pytest.fixture
def fresh_registry(tmp_path: Path) -> Iterator[Callable[[Kind], str]]:
    """A maker of further empty registries, of either kind."""
    with ExitStack() as stack:

        def make(kind: Kind) -> str:
            url = stack.enter_context(nothing_yet(kind, tmp_path))
            migrate(url)
            return url

        yield make


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def ann() -> Actor:
    return Actor("user", "ann")
