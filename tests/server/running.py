"""`evenhand serve` in processes of its own, to be ended in peace or killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

__all__ = ["Running", "free_port"]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Running:
    """A server that is ready; its log is in the folder of its data."""

    def __init__(self, folder: Path, key: str, workers: int, *, database_url: str = "") -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "evenhand", "serve", "--port", str(self.port), "--workers", str(workers)]
        self.log = folder / "log"
        environment = {**os.environ, "EVENHAND_DATA_DIR": str(folder), "EVENHAND_DATABASE_URL": database_url}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True
            )
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )
        self.wait()

    def wait(self) -> None:
        """Wait until it is ready, two minutes at most."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.http.get("/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def end(self) -> int:
        """End it in peace."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self) -> None:
        """Kill it with all its workers, at this moment."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        self.http.close()
