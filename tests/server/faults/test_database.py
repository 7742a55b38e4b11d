"""Database away and back, replaced, or full: 503 as a problem, nothing by half, and on it goes when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, make_url, text
from tests.server.client import Client
from tests.server.conftest import Connect, Maker
from tests.server.faults.relay import Relay
from tests.server.faults.writing import check_whole

from evenhand.registry.backup import backup
from evenhand.registry.database import Database
from evenhand.server.settings import ServerSettings

on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> ServerSettings:
    return ServerSettings(data_dir=tmp_path, database_url=database_url, key_cache=0)


@pytest.fixture
def app(settings: ServerSettings, key: str, make_app: Maker) -> FastAPI:
    return make_app(settings)


@pytest.fixture
def ann(connect: Connect, key: str) -> Client:
    return connect(key)


def write(client: Client, name: str) -> httpx.Response:
    body = {"name": name, "scopes": ["account:use"], "days": 30}
    return client.post("/v1/keys", json=body, headers={"Idempotency-Key": name})


def written(client: Client, name: str) -> dict[str, str]:
    answer = write(client, name)
    assert answer.status_code == 201, answer.text
    return {name: answer.json()["key"]["id"]}


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:evenhand:problem:unavailable"
    assert "Retry-After" in answer.headers
    assert not any(word in answer.text for word in ("sqlite", "127.0.0.1", "/tmp"))


# -- SQLite ------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(database_url: str) -> Path:
    return Path(str(make_url(database_url).database))


@on_sqlite
def test_a_file_that_was_away_is_met_again(app: FastAPI, ann: Client, database_url: str, file: Path) -> None:
    kept = written(ann, "write-1")
    file.rename(file.with_suffix(".away"))
    refused(write(ann, "write-2"))
    assert ann.get("/ready").status_code == 503
    assert ann.get("/health").status_code == 200
    assert not file.exists()
    file.with_suffix(".away").rename(file)
    kept |= written(ann, "write-2")
    with Database.open(database_url) as database:
        check_whole(database, kept)


@on_sqlite
def test_writes_go_to_the_file_that_took_the_place_of_the_first(
    app: FastAPI, ann: Client, database_url: str, file: Path
) -> None:
    kept = written(ann, "write-1")
    with Database.open(database_url) as database:
        backup(database, file.with_suffix(".backup"))
    written(ann, "write-2")
    for beside in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        beside.unlink(missing_ok=True)
    file.with_suffix(".backup").rename(file)
    kept |= written(ann, "write-3")
    with Database.open(database_url) as database:
        check_whole(database, kept)


@on_sqlite
def test_a_full_disk_refuses_writes_keeps_nothing_by_half_and_reads_go_on(
    app: FastAPI, ann: Client, database_url: str
) -> None:
    kept = written(ann, "write-0")
    _pages(app, 0)
    answers = [write(ann, f"write-{k}") for k in range(1, 60)]
    failed = [k for k, answer in enumerate(answers, 1) if answer.status_code != 201]
    kept |= {f"write-{k}": a.json()["key"]["id"] for k, a in enumerate(answers, 1) if a.status_code == 201}
    assert failed
    for k in failed:
        refused(answers[k - 1])
    assert ann.get("/v1/keys").status_code == 200
    _pages(app, 1_000_000)
    for k in failed:
        kept |= written(ann, f"write-{k}")
    with Database.open(database_url) as database:
        check_whole(database, kept)


def _pages(app: FastAPI, more: int) -> None:
    """Let SQLite meet the end of the disk after so many further pages; the writer's one connection keeps the limit."""
    with app.state.deps.database.writing() as connection:
        now = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count = {now + more}")


# -- PostgreSQL --------------------------------------------------------------------------------------------------


@pytest.fixture
def relay(database_url: str) -> Iterator[Relay]:
    """A way to the database that can be cut."""
    url = make_url(database_url)
    with Relay(url.host or "127.0.0.1", url.port or 5432) as way:
        yield way


@pytest.fixture
def far(relay: Relay, database_url: str, key: str, tmp_path: Path, make_app: Maker) -> Iterator[Client]:
    """A client of a server that reaches its database through the relay."""
    url = make_url(database_url).set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False)
    app = make_app(ServerSettings(data_dir=tmp_path, database_url=url, key_cache=0))
    with Client(app, Authorization=f"Bearer {key}") as client:
        yield client


@on_postgresql
def test_a_server_that_was_away_is_met_again(relay: Relay, far: Client, database_url: str) -> None:
    kept = written(far, "write-1")
    relay.cut()
    refused(write(far, "write-2"))
    assert far.get("/ready").status_code == 503
    assert far.get("/health").status_code == 200
    relay.mend()
    kept |= written(far, "write-2")
    with Database.open(database_url) as database:
        check_whole(database, kept)


@on_postgresql
def test_a_restart_of_the_server_between_two_writes_is_not_noticed(
    app: FastAPI, ann: Client, database_url: str
) -> None:
    kept = written(ann, "write-1")
    engine = create_engine(make_url(database_url))
    with engine.connect() as connection:
        ended = text("SELECT bool_and(pg_terminate_backend(pid)) FROM unnest(CAST(:held AS int[])) AS pid")
        assert connection.execute(ended, {"held": _held(app)}).scalar_one()
    engine.dispose()
    kept |= written(ann, "write-2")
    with Database.open(database_url) as database:
        check_whole(database, kept)


def _held(app: FastAPI) -> list[int]:
    """Return the processes behind the connections that the app holds."""
    database, found = app.state.deps.database, []
    for opened in (database.reading, database.writing):
        with opened() as connection:
            found.append(int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one()))
    return found
