"""How the server starts and ends: light, fast, with clear words where it cannot, and without dropping a request."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.server.people import LIFE, OPERATOR
from tests.server.running import Running, free_port

from evenhand.customers.locking import locked
from evenhand.errors import ArtefactError, UnavailableError
from evenhand.registry import segmentations
from evenhand.registry.database import Database
from evenhand.registry.identity import add_user, create_key
from evenhand.registry.migrations import migrate
from evenhand.segments import Segmentation
from evenhand.server.app import create_app
from evenhand.server.compiling import CACHE
from evenhand.server.deps import utc_now
from evenhand.server.run import serve
from evenhand.server.schemas.segmentations import EXAMPLE
from evenhand.server.serving.folders import folder_of
from evenhand.server.settings import ServerSettings

HEAVY = ("torch", "matplotlib", "sklearn", "pandas", "stable_baselines3", "numba", "alembic", "onnxruntime", "scipy")


def test_nothing_heavy_is_loaded_to_serve(migrated: Path, tmp_path: Path) -> None:
    code = f"""
    import asyncio, json, sys, httpx
    from evenhand.server.app import create_app
    from evenhand.server.settings import ServerSettings
    app = create_app(ServerSettings(database_url="sqlite:///{migrated}"))
    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return [(await client.get(url)).status_code for url in ("/health", "/ready", "/v1/me", "/openapi.json")]
    answers = asyncio.run(ask())
    print(json.dumps([answers, [name for name in {HEAVY} if name in sys.modules]]))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[200, 200, 401, 200], []]


def test_a_database_that_is_not_there_or_not_set_up_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="evenhand db migrate"):
        create_app(ServerSettings(data_dir=tmp_path))
    file = tmp_path / "evenhand.db"
    file.touch()
    with pytest.raises(ArtefactError, match="evenhand db migrate"):
        create_app(ServerSettings(data_dir=tmp_path))


@pytest.fixture
def key(tmp_path: Path) -> str:
    """An administrator's key in a registry in `tmp_path`."""
    url = ServerSettings(data_dir=tmp_path).database
    migrate(url)
    with Database.open(url) as database, database.writing() as connection:
        now = utc_now()
        add_user(connection, "ann", roles=["administrator"], actor=OPERATOR, now=now)
        scopes = {"metrics:read", "users:read", "users:write"}
        text, _ = create_key(
            connection, "ann", name="x", scopes=scopes, permitted=scopes, life=LIFE, actor=OPERATOR, now=now
        )
    return text


@pytest.fixture
def running(tmp_path: Path, key: str) -> Iterator[Running]:
    """Two workers, ended afterwards."""
    server = Running(tmp_path, key, workers=2)
    try:
        yield server
    finally:
        server.http.close()
        server.end()


def test_two_workers_answer_count_together_refuse_what_is_too_large_and_end_in_peace(running: Running) -> None:
    for _ in range(20):
        with httpx.Client(base_url=running.http.base_url, headers=running.http.headers) as client:
            assert client.get("/v1/users").status_code == 200
    told = running.http.get("/metrics").text
    assert 'evenhand_requests_total{method="GET",route="/v1/users",status="200"} 20.0' in told

    large = running.http.post("/v1/users", content=b"x" * 100_000_000, headers={"Content-Type": "application/json"})
    assert large.status_code == 413

    assert running.end() == 0
    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    assert "Traceback" not in running.log.read_text()
    assert {"request"} <= {line["event"] for line in lines}
    assert "127.0.0.1:" not in "".join(line["event"] for line in lines if line.get("route"))


def test_a_server_that_compiles_ends_at_once_and_leaves_no_process(tmp_path: Path, key: str) -> None:
    """Whoever compiles waits for the lock that this test holds; nobody listens yet."""
    settings = ServerSettings(data_dir=tmp_path)
    with Database.open(settings.database) as database, database.writing() as connection:
        segmentations.create(connection, "winter", Segmentation.from_json(EXAMPLE), actor=OPERATOR, now=utc_now())
    folder_of(tmp_path, "winter").mkdir(parents=True)
    (folder_of(tmp_path, "winter") / "simulator.json").touch()
    cache = tmp_path / "cache"
    cache.mkdir()
    environment = {**os.environ, "EVENHAND_DATA_DIR": str(tmp_path), CACHE: str(cache)}
    with locked(cache):
        command = [sys.executable, "-m", "evenhand", "serve", "--port", str(free_port())]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert "Compiling what advice on 'winter' needs" in server.stdout.readline()
            (compiling,) = children(server.pid)
            server.terminate()
            assert server.wait(30) == 0
    assert not Path(f"/proc/{compiling}").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_process_that_compiles_is_started_leaves_none(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    settings = ServerSettings(data_dir=tmp_path)
    with Database.open(settings.database) as database, database.writing() as connection:
        segmentations.create(connection, "winter", Segmentation.from_json(EXAMPLE), actor=OPERATOR, now=utc_now())
    folder_of(tmp_path, "winter").mkdir(parents=True)
    (folder_of(tmp_path, "winter") / "simulator.json").touch()
    started: list[subprocess.Popen[bytes]] = []

    class Struck(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, command: list[str], **more: object) -> None:
            super().__init__([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
            started.append(self)
            os.kill(os.getpid(), number)
            time.sleep(0.01)  # the handler runs in here

    monkeypatch.setattr(subprocess, "Popen", Struck)
    before = signal.getsignal(number)
    monkeypatch.delenv(CACHE, raising=False)
    serve(settings)
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert signal.getsignal(number) == before


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, once there are any."""
    for _ in range(600):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if found:
            return [int(one) for one in found]
        time.sleep(0.05)
    raise AssertionError("it has started none")
