"""A database is set up and brought up to date, whole or not at all, whoever starts first."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, inspect, select, text
from tests.registry.conftest import Kind
from tests.registry.released import SCHEMAS

from evenhand.errors import ArtefactError, DataError
from evenhand.registry import migrations
from evenhand.registry.audit import head_of, verify
from evenhand.registry.database import Database
from evenhand.registry.migrations import migrate
from evenhand.registry.schema import SCHEMA
from evenhand.registry.tables import metadata

REVISIONS = [script.revision for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()]


def differences(url: str) -> list[object]:
    """Return what Alembic would change to make the database what the tables of the code say."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return found


def test_the_code_names_the_newest_migration() -> None:
    assert max(REVISIONS) == REVISIONS[0] == SCHEMA


def test_migrations_and_tables_agree(unset_url: str) -> None:
    assert migrate(unset_url) is None
    assert differences(unset_url) == []


def test_doing_it_again_changes_nothing(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    assert migrate(url) == SCHEMA
    with database.reading() as connection:
        assert head_of(connection).sequence == 0


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_released_schema_is_brought_up_to_date_with_its_rows(unset_url: str, kind: Kind, revision: str) -> None:
    load(unset_url, (SCHEMAS / f"{revision}.{kind}.sql").read_text(encoding="utf-8"))
    had = tables_of(unset_url)
    assert migrate(unset_url) == revision
    assert differences(unset_url) == []
    with Database.open(unset_url) as database, database.reading() as connection:
        assert verify(connection).head.sequence == 3
        for table in metadata.sorted_tables:
            rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
            assert (rows > 0) == (table.name in had), table.name


def tables_of(url: str) -> list[str]:
    engine = create_engine(url)
    names = inspect(engine).get_table_names()
    engine.dispose()
    return names


def load(url: str, sql: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(sql)
        return
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()


def test_workers_that_start_at_once_set_it_up_once(unset_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        before = pool.map(migrate, [unset_url] * 3)
    assert sorted(map(str, before)) == [SCHEMA] * 2 + ["None"]
    assert differences(unset_url) == []


def test_a_step_that_fails_leaves_nothing(unset_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ArtefactError("would leave references to nothing")

    monkeypatch.setattr("evenhand.registry.migrations.migrating._check_foreign_keys", fail)
    with pytest.raises(ArtefactError, match="references to nothing"):
        migrate(unset_url)
    engine = create_engine(unset_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_newer_schema_is_refused(unset_url: str) -> None:
    migrate(unset_url)
    engine = create_engine(unset_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for use in (migrate, Database.open):
        with pytest.raises(ArtefactError, match="schema 9999, of a newer Evenhand"):
            use(unset_url)


def test_an_older_schema_is_not_opened(unset_url: str) -> None:
    migrate(unset_url)
    engine = create_engine(unset_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    engine.dispose()
    with pytest.raises(ArtefactError, match=f"has schema 0000 .* needs schema {SCHEMA} .* evenhand db migrate"):
        Database.open(unset_url)


def test_somebody_elses_tables_are_left_alone(unset_url: str) -> None:
    engine = create_engine(unset_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER)"))
    with pytest.raises(ArtefactError, match="somebody else's tables are there: users"):
        migrate(unset_url)
    assert inspect(engine).get_table_names() == ["users"]
    engine.dispose()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/new/folder/evenhand.db")
    assert (tmp_path / "new/folder/evenhand.db").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be made"):
        migrate(f"sqlite:///{tmp_path}/file/evenhand.db")
