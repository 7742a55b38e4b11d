"""The server killed with all its workers at any moment: no acknowledged write is lost, and none is done by half.

Keys are written, campaign plans are made, and results of these are recorded, all at once.
"""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest
from tests.server.faults.writing import Writers, check_whole, settle
from tests.server.people import OPERATOR
from tests.server.running import Running

from evenhand.registry.database import Database

THREADS = 8


def survive(folder: Path, url: str, key: str, cycles: int) -> None:
    """Let clients write, kill the server in the midst of it, look, and let them ask again; `cycles` times."""
    rng, writers = Random(6), Writers(key)
    with Database.open(url) as database:
        settle(database, OPERATOR)
    for _ in range(cycles):
        server = Running(folder, key, workers=2, database_url=url)
        writers.again(server.port)
        before = len(writers.acknowledged)
        begun = writers.start(server.port, THREADS)
        while len(writers.acknowledged) == before:
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.4))
        server.kill()
        for thread in begun:
            thread.join(30)
        with Database.open(url) as database:
            check_whole(database, writers.acknowledged)
    for kind in ("write-", "plan-", "results-"):
        assert any(name.startswith(kind) for name in writers.acknowledged), kind


def test_no_acknowledged_write_is_lost_to_a_kill(tmp_path: Path, database_url: str, key: str) -> None:
    survive(tmp_path, database_url, key, cycles=3)


@pytest.mark.slow
def test_no_acknowledged_write_is_lost_to_fifty_kills(tmp_path: Path, database_url: str, key: str) -> None:
    survive(tmp_path, database_url, key, cycles=50)
