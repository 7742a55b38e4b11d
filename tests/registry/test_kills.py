"""Killed at any moment: every acknowledged row is there, no transaction by half, and the chain holds."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from threading import Timer

import pytest
from sqlalchemy import select

from evenhand.registry.audit import verify
from evenhand.registry.database import Database
from evenhand.registry.tables import audit

ROOT = Path(__file__).parents[2]


def killed_while_writing(url: str, seconds: float) -> list[tuple[int, str]]:
    """Let a process write, kill it that long after its first row, and return what it had acknowledged."""
    command = [sys.executable, "-m", "tests.registry.killable", url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    with process:
        said = process.stdout.readline()
        timer = Timer(seconds, process.kill)
        timer.start()
        said += process.stdout.read()
        timer.join()
    assert process.returncode == -9, process.returncode
    whole = said[: said.rfind("\n") + 1]  # it may have been killed in the middle of a line
    return [(int(sequence), id_) for sequence, id_ in map(str.split, whole.splitlines())]


def survive(database: Database, url: str, cycles: int) -> None:
    rng, acknowledged = Random(6), dict[int, str]()
    for _ in range(cycles):
        acknowledged |= dict(killed_while_writing(url, rng.uniform(0.0, 0.4)))
        with database.reading() as connection:
            assert verify(connection).flaw is None
            kept = {row.sequence: (row.id, row.subject) for row in connection.execute(select(audit))}
        assert {sequence: kept[sequence][0] for sequence in acknowledged} == acknowledged
        pairs = Counter(subject for _, subject in kept.values() if subject.startswith("pairs/"))
        assert all(count % 2 == 0 for count in pairs.values())


def test_what_was_acknowledged_survives_a_kill(database: Database, database_url: str) -> None:
    survive(database, database_url, cycles=3)


@pytest.mark.slow
def test_what_was_acknowledged_survives_fifty_kills(database: Database, database_url: str) -> None:
    survive(database, database_url, cycles=50)
