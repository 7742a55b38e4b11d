"""A real server on a free port, with an author and a reviewer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from tests.server.people import CHEAP_HASHES, let_in

from evenhand.registry.identity import Role
from evenhand.registry.migrations import migrate
from evenhand.server.app import create_app
from evenhand.server.settings import ServerSettings


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    migrate(f"sqlite:///{tmp_path / 'evenhand.db'}")
    settings = ServerSettings(
        data_dir=tmp_path,
        review_high_quorum=1,
        password_memory=CHEAP_HASHES.memory,
        password_passes=CHEAP_HASHES.passes,
    )
    return create_app(settings)


@pytest.fixture
def keys(app: FastAPI) -> dict[Role, str]:
    """A key for each role; each user but the service has the password of `tests.server.people`."""
    return let_in(app)


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    """Where the server listens."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
