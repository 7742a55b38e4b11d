"""`make serve`, step by step as the Makefile has it: from a study to a server in which people log in and review."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import Run

from evenhand.registry import requests
from evenhand.registry.database import Database
from evenhand.registry.policies import state_of
from evenhand.server.deps import utc_now
from evenhand.server.settings import ServerSettings

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
ENVIRONMENT = {**os.environ, "EVENHAND_PASSWORD_MEMORY": "8", "EVENHAND_PASSWORD_PASSES": "1"}


def evenhand(*arguments: str, folder: Path) -> str:
    environment = ENVIRONMENT | {"XDG_CONFIG_HOME": str(folder / "config")}
    done = subprocess.run(
        [sys.executable, "-m", "evenhand", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_the_makefile_takes_these_steps() -> None:
    steps = MAKEFILE.partition("\nserve: setup")[2].partition("\n\n")[0]
    assert re.findall(r"evenhand (\w+)", steps) == ["demo", "showcase", "serve"]


@pytest.mark.slow
def test_a_demo_becomes_a_server_with_a_validated_policy_its_requests_and_two_log_ins(
    demo: Run, tmp_path: Path
) -> None:
    """Three requests, always: where a study that was made in a minute knows fewer, the author makes the others."""
    study = str((demo.root / "runs/demo").resolve())
    first = evenhand("showcase", study, "--data-dir", "data", "--workers", "1", folder=tmp_path)
    passwords = dict(re.findall(r"Log-in (\w+) +password, shown this once: (\S+)", first))
    assert set(passwords) == {"author", "reviewer"}
    told = re.search(r"is validated · 3 change requests: (\d) by a policy, (\d) by hand", first)
    assert told is not None, first
    by_policy, by_hand = int(told[1]), int(told[2])
    assert (by_policy + by_hand, by_policy >= 1) == (3, True)
    again = evenhand("showcase", study, "--data-dir", "data", folder=tmp_path)
    assert told[0] in again
    assert not any(password in again for password in passwords.values())
    assert "evenhand user set-password" in again

    settings = ServerSettings(data_dir=tmp_path / "data", database_url="")
    with Database.open(settings.database) as database, database.reading() as connection:
        waiting = requests.page(connection, requests.Filter(segmentation="demo", waiting_for="reviewer"), now=utc_now())
        assert state_of(connection, "demo").level == "validated"
    touched = [segment for one in waiting.items for segment in one.touches]
    assert (len(waiting.items), len(touched)) == (3, len(set(touched)))
    assert all(one.predicted["profit"] for one in waiting.items), "evidence has come"

    port = free_port()
    command = [sys.executable, "-m", "evenhand", "serve", "--data-dir", "data", "--port", str(port), "--workers", "1"]
    server = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser:
            _until_ready(browser, server)
            for name, password in passwords.items():
                login = browser.post("/v1/login", json={"name": name, "password": password})
                assert login.is_success, login.text
                queue = browser.get("/v1/change-requests", params={"segmentation": "demo", "waiting_for": name})
                assert len(queue.json()["items"]) == (3 if name == "reviewer" else by_policy), "nobody judges their own"
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0


def _until_ready(browser: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 300  # the first start looks whether all machine code is there
    while time.monotonic() < end:
        assert server.poll() is None
        try:
            if browser.get("/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server does not become ready")
