"""A server in this process, on an empty registry, and clients that ask it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.people import CHEAP_HASHES, Clock, let_in

from evenhand.registry.identity import Role
from evenhand.registry.migrations import migrate
from evenhand.server.app import create_app
from evenhand.server.settings import ServerSettings

Maker = Callable[[ServerSettings], FastAPI]
Connect = Callable[..., Client]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty registry, to copy: migrating each time would take longer than the tests."""
    file = tmp_path_factory.mktemp("server") / "evenhand.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def settings(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServerSettings:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))  # where the key is kept that signs heads
    shutil.copy(migrated, tmp_path / "evenhand.db")
    return ServerSettings(
        data_dir=tmp_path, key_cache=0, password_memory=CHEAP_HASHES.memory, password_passes=CHEAP_HASHES.passes,
        time_limit=120,  # the first advice of a process may compile, on a machine that is busy with other tests
    )  # fmt: skip


@pytest.fixture
def make_app(clock: Clock) -> Iterator[Maker]:
    """A maker of servers, which are closed at the end; several on one database are several workers."""
    with ExitStack() as stack:

        def make(settings: ServerSettings) -> FastAPI:
            app = create_app(settings, clock=clock)
            stack.callback(app.state.deps.database.close)
            stack.callback(app.state.deps.serving.close)
            return app

        yield make


@pytest.fixture
def app(settings: ServerSettings, make_app: Maker) -> FastAPI:
    return make_app(settings)


@pytest.fixture
def keys(app: FastAPI) -> dict[Role, str]:
    """A user for each role, with a key of everything that the role may do, by role."""
    return let_in(app)


@pytest.fixture
def connect(app: FastAPI) -> Iterator[Connect]:
    """A maker of clients, which are closed at the end; with a key, one that sends it."""
    with ExitStack() as stack:

        def make(key: str | None = None, **options: str) -> Client:
            given = {"Authorization": f"Bearer {key}"} if key else {}
            return stack.enter_context(Client(app, **given, **options))

        yield make


@pytest.fixture
def anonymous(connect: Connect) -> Client:
    return connect()


@pytest.fixture
def admin(connect: Connect, keys: dict[Role, str]) -> Client:
    """A client with an administrator's key."""
    return connect(keys["administrator"])
