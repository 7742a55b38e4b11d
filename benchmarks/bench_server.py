"""How fast the policy server answers, starts, and writes its audit log; what it costs in CPU time and memory.

    make bench-server [ARGS="--seconds 10 --fresh"]

The real server (`evenhand serve`, two workers, SQLite with synchronous=FULL) with the demo households in 12 segments is
asked over 127.0.0.1 by a process of its own (`bench_server_load.py`): closed loop at 1, 16 and 64 connections, and open
loop at 300 requests a second. Every recommendation carries statistics that were never sent before, is checked, and
must have left one row in the audit log, which is verified at the end. Server and client share the machine's cores.
CPU milliseconds a request count what workers and the process that advises used, which other work on the machine hardly
distorts; times do suffer, so the load average at the start stands beside them. Prints one JSON line and keeps it in
results/server.json.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, GroupWriter, append_all, verify
from evenhand.registry.database import Database
from evenhand.registry.tables import audit
from evenhand.server.deps import utc_now
from evenhand.server.settings import ServerSettings

HERE = Path(__file__).parent
RESULT = HERE / "results" / "server.json"
WORK = HERE.parent / "runs" / "bench-server"
WORKERS, RATE, OPEN_CONNECTIONS = 2, 300, 64
CLOSED = (1, 16, 64)
MOST_A_SECOND = 2_500  # requests made beforehand; no server here answers more
STARTS = 3
FIRST_START = 600  # seconds at most: it may compile machine code, which later starts find
ROWS_APPENDED, ROWS_VERIFIED = 20_000, 100_000
IN_FLIGHT = 256  # rows that wait at once when appends are measured
AIMS = {
    "recommend_rps_at_16": (">=", 500), "recommend_p99_ms_open_300": ("<=", 25), "cold_start_s": ("<=", 2),
    "rss_mb": ("<=", 250), "audit_append_rows_per_s": (">=", 5_000), "audit_verify_rows_per_s": (">=", 100_000),
}  # fmt: skip
VERSIONED = ("evenhand", "fastapi", "pydantic", "uvicorn", "uvloop", "sqlalchemy", "onnxruntime", "numpy")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--fresh", action="store_true", help="make the study anew, though there is one")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the figures are kept")
    asked = parser.parse_args()
    if asked.fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    figures = context()
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        home = Path(folder) / "home"
        figures |= measure(home, told_of(home), asked.seconds)
        figures |= audit_log(Path(folder))
    figures["aims_met"] = {name: holds(figures[name], *aim) for name, aim in AIMS.items()}
    line = json.dumps(figures)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(line + "\n", encoding="utf-8")
    print(line)


def context() -> dict[str, Any]:
    """Return where and when the figures come from."""
    load = os.getloadavg()[0]
    return {
        "date": date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONED},
        "load_average_at_start": round(load, 2),
        "quiet": load < 0.5,
        "workers": WORKERS,
        "database": "sqlite, synchronous=FULL",
    }


def told_of(home: Path) -> dict[str, Any]:
    """Set a server's folder up, in a process of its own, and return what a client has to know."""
    command = [sys.executable, str(HERE / "bench_server_study.py"), str(WORK / "study"), str(home)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def holds(figure: float, sign: str, aim: float) -> bool:
    """Tell whether an aim is met."""
    return figure >= aim if sign == ">=" else figure <= aim


# -- the server --------------------------------------------------------------------------------------------------


class Server:
    """`evenhand serve` in processes of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "evenhand", "serve", "--port", str(self.port), "--workers", str(WORKERS)]
        environment = {**os.environ, "EVENHAND_DATA_DIR": str(home), "EVENHAND_DATABASE_URL": ""}
        self.log = (home / "log").open("a")
        began = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=self.log)
        try:
            self._wait()
        except BaseException:
            self.end()
            raise
        self.cold_start = time.perf_counter() - began

    def _wait(self) -> None:
        """Wait until ten new connections in a row find a worker that is ready: by then both are."""
        row, until = 0, time.perf_counter() + FIRST_START
        while row < 10:
            if self.process.poll() is not None or time.perf_counter() > until:
                raise SystemExit(f"the server did not start; its log is {self.log.name}")
            ready = self._ready()
            row = row + 1 if ready else 0
            if not ready:
                time.sleep(0.01)

    def _ready(self) -> bool:
        try:
            return self.get("/ready")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask once, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @property
    def processes(self) -> dict[str, list[int]]:
        """The processes of the server, by what they do."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        found: dict[str, list[int]] = {"serve": [self.process.pid], "worker": [], "advising": [], "background": []}
        for pid in (int(child) for task in tasks for child in task.read_text().split()):
            command = _proc(pid, "cmdline")
            if b"resource_tracker" not in command:
                kind = next((name for name in ("advising", "background") if name.encode() in command), "worker")
                found[kind].append(pid)
        return found

    def cpu_seconds(self) -> float:
        """Return what those have used so far that take part in an answer."""
        used = 0
        for pid in (*self.processes["worker"], *self.processes["advising"]):
            fields = _proc(pid, "stat").rpartition(b")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> dict[str, list[float]]:
        """Return the resident memory of each process."""
        return {name: [_resident_mb(pid) for pid in pids] for name, pids in self.processes.items()}

    def end(self) -> None:
        """End it in peace."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


def _resident_mb(pid: int) -> float:
    line = next(line for line in _proc(pid, "status").splitlines() if line.startswith(b"VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


def _proc(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """Give a server that is ready."""
    server = Server(home)
    try:
        yield server
    finally:
        server.end()


def measure(home: Path, told: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return the figures of the server, and whether the audit log holds what was answered."""
    starts = []
    for _ in range(STARTS):  # and one more, below
        with serving(home) as server:
            starts.append(server.cold_start)
    with serving(home) as server:
        starts.append(server.cold_start)
        figures = asked_for("recommend", server, told, seconds)
        if "/v1/customers/{key}/segment" in json.loads(server.get("/openapi.json")[1])["paths"]:
            figures |= asked_for("lookup", server, told, seconds)
        else:
            figures["lookup"] = "skipped: this server has no GET /v1/customers/{key}/segment"
        memory = server.resident_mb()
    kept = rows_kept(home)
    return {
        "segments": len(told["segments"]),
        "customers": len(told["customers"]),
        "first_start_s": round(starts[0], 2),
        "cold_start_s": round(statistics.median(starts[1:]), 2),
        "rss_mb": max(memory["worker"]),
        "rss_mb_of_each": memory,
        "rss_mb_in_all": round(sum(map(sum, memory.values())), 1),
        **figures,
        "audit_rows_of_recommendations": kept["recommendation.give"],
        "audit_holds": kept["holds"],
        "audit_rows_match": kept["recommendation.give"] == figures["recommend_answers"],
    }


def asked_for(kind: str, server: Server, told: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return the figures of one kind of request."""
    warmed = load(kind, server, told, connections=16, seconds=2, seed=0)
    figures: dict[str, Any] = {}
    runs = [warmed]
    for connections in CLOSED:
        runs.append(load(kind, server, told, connections=connections, seconds=seconds, seed=connections))
        figures |= _named(kind, f"at_{connections}", runs[-1])
    runs.append(load(kind, server, told, connections=OPEN_CONNECTIONS, seconds=seconds, seed=300, rate=RATE))
    figures |= _named(kind, f"open_{RATE}", runs[-1])
    answers, good, lost = (sum(run[name] for run in runs) for name in ("answers", "good", "lost"))
    kinds: dict[str, int] = {}
    for run in runs:
        for name, count in run["kinds"].items():
            kinds[name] = kinds.get(name, 0) + count
    return {**figures, f"{kind}_answers": answers, f"{kind}_wrong": answers - good, f"{kind}_lost": lost,
            f"{kind}_kinds": kinds}  # fmt: skip


def _named(kind: str, when: str, run: dict[str, Any]) -> dict[str, Any]:
    names = ("p50_ms", "p95_ms", "p99_ms", "rps", "cpu_ms")
    return {f"{kind}_{name}_{when}": run[name] for name in names}


def load(
    kind: str, server: Server, told: dict[str, Any], *, connections: int, seconds: float, seed: int,
    rate: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Let the other process ask, and add the CPU time that each answer took the server."""
    most = round(seconds * (rate * 1.3 if rate else min(MOST_A_SECOND, 800 * connections)))
    job = {
        "port": server.port, "kind": kind, "connections": connections, "seconds": seconds, "most": most,
        "seed": seed, "rate": rate, **told,
    }  # fmt: skip
    before = server.cpu_seconds()
    command = [sys.executable, str(HERE / "bench_server_load.py")]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    used = server.cpu_seconds() - before
    return {**found, "cpu_ms": round(1000 * used / max(found["answers"], 1), 3)}


# -- the audit log -----------------------------------------------------------------------------------------------


def rows_kept(home: Path) -> dict[str, Any]:
    """Return how many rows of recommendations there are, and whether the chain holds."""
    with (
        Database.open(ServerSettings(data_dir=home, database_url="").database) as database,
        database.reading() as connection,
    ):
        counted = select(func.count()).where(audit.c.action == "recommendation.give")
        return {
            "recommendation.give": int(connection.execute(counted).scalar_one()),
            "holds": verify(connection).holds,
        }


def audit_log(folder: Path) -> dict[str, Any]:
    """Return how many rows a second the log takes from one process, committed in groups, and how many it verifies."""
    from evenhand.registry.migrations import migrate

    url = f"sqlite:///{folder / 'audit.db'}"
    migrate(url)
    with Database.open(url) as database:
        entries = [an_entry(i) for i in range(ROWS_APPENDED)]
        began = time.perf_counter()
        with GroupWriter(database) as writer:
            waiting = [writer.append(entry) for entry in entries[:IN_FLIGHT]]
            for k, entry in enumerate(entries[IN_FLIGHT:]):
                waiting[k].result()
                waiting.append(writer.append(entry))
        appended = time.perf_counter() - began
        with database.writing() as connection:
            append_all(connection, [an_entry(i) for i in range(ROWS_VERIFIED - ROWS_APPENDED)])
        began = time.perf_counter()
        with database.reading() as connection:
            verdict = verify(connection)
        verified = time.perf_counter() - began
    assert verdict.holds
    assert verdict.head.sequence == ROWS_VERIFIED
    return {
        "audit_append_rows_per_s": round(ROWS_APPENDED / appended),
        "audit_verify_rows_per_s": round(ROWS_VERIFIED / verified),
    }


def an_entry(i: int) -> Entry:
    """Return a row such as a recommendation leaves."""
    tweak = {"op": "assign_campaign", "segment": "lapsed", "campaign": "A"}
    details: dict[str, Any] = {
        "version": 1, "policy": "winter-7", "statistics_sha256": f"{i:064x}", "tweaks": [tweak] * 3
    }  # fmt: skip
    return Entry("recommendation.give", "segmentations/winter", details, Actor("service", "crm"), utc_now())


if __name__ == "__main__":
    main()
