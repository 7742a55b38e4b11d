"""Turns at an SQLite file: who has one waits for others, who dies lets go, without room for them writing goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

import pytest

from evenhand.errors import UnavailableError
from evenhand.registry.database import Database
from evenhand.registry.migrations import migrate
from evenhand.registry.turns import Turns


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'evenhand.db'}"
    migrate(url)
    return url


def test_who_writes_without_pause_passes_nobody_over(url: str) -> None:
    """Another `Database` stands for another process, which writes as soon as it has written."""
    over, taken, passed = Event(), [0], []

    def greedy() -> None:
        with Database.open(url) as other:
            while not over.is_set():
                with other.writing():
                    taken[0] += 1
                    time.sleep(0.002)

    thread = Thread(target=greedy)
    thread.start()
    try:
        with Database.open(url) as database:
            while not taken[0]:
                time.sleep(0.001)
            for _ in range(30):
                before = taken[0]
                with database.writing():
                    passed.append(taken[0] - before)
    finally:
        over.set()
        thread.join()
    assert sum(passed) <= 3 * len(passed), passed  # by SQLite's own pauses it is passed over some ten times a turn


def test_a_turn_is_refused_when_its_time_is_over(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.touch()
    refused = pytest.raises(UnavailableError, match="the database is busy")
    with Turns(file, wait=1).turn(), refused, Turns(file, wait=0.05).turn():
        pass
    with Turns(file, wait=0.05).turn():
        pass


def test_a_process_that_is_killed_holds_no_turn(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    file.touch()
    code = (
        "import sys, time; from pathlib import Path; from evenhand.registry.turns import Turns\n"
        "with Turns(Path(sys.argv[1]), wait=1).turn(): print('on', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as said:
        assert said.readline() == "on\n"
        with pytest.raises(UnavailableError), Turns(file, wait=0.05).turn():
            pass
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with Turns(file, wait=5).turn():
        pass


def test_without_room_for_its_files_writing_goes_on(tmp_path: Path) -> None:
    with Turns(tmp_path / "nowhere" / "x.db", wait=0.05).turn():
        pass
