"""Reads a stranger's table in a process of its own, with bounds on memory and time: whatever it holds, a worker lives.

`python -m evenhand.server.arriving.child look|divide`, told by one JSON line on its standard input.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Literal

from evenhand.errors import DataError, EvenhandError
from evenhand.server.arriving.folder import LOOK, Arrival
from evenhand.server.arriving.limits import AT_ONCE, MEMORY, PATIENCE, SECONDS
from evenhand.server.arriving.looked import Answers, Trouble
from evenhand.server.problems import Problem

__all__ = ["do", "run"]

FRUGAL = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
WAIT = 5.0  # seconds for a turn
REFUSED = 2  # the status of a child that says what is wrong

What = Literal["look", "divide"]
_turns = threading.BoundedSemaphore(AT_ONCE)


def run(
    what: What, arrival: Arrival, answers: Answers | None = None, *, seconds: int = SECONDS, memory: int = MEMORY
) -> None:
    """Do one step in a child; DataError says what it refused, or that it died or took too long.

    The problem `unavailable` where as many are read already as may be.
    """
    if not _turns.acquire(timeout=WAIT):
        raise Problem("unavailable", "other tables are being read", headers={"Retry-After": "5"})
    try:
        _run(what, arrival, answers, (seconds, memory))
    finally:
        _turns.release()


def _run(what: What, arrival: Arrival, answers: Answers | None, bounds: tuple[int, int]) -> None:
    told = {
        "id": arrival.id, "folder": str(arrival.folder), "owner": arrival.owner, "file": arrival.file,
        "at": arrival.at.isoformat(), "answers": answers and answers.model_dump(mode="json"), "bounds": bounds,
    }  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "evenhand.server.arriving.child", what], input=json.dumps(told).encode(),
            capture_output=True, timeout=PATIENCE, check=False,
            env={**os.environ, **FRUGAL},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_much(arrival, "takes too long to read") from None
    if done.returncode == REFUSED:
        trouble = Trouble.model_validate_json(done.stdout)
        raise DataError(trouble.what, where=trouble.where, rule=trouble.rule, mend=trouble.mend)
    if done.returncode == -signal.SIGXCPU:
        raise _too_much(arrival, f"takes longer than {bounds[0]} seconds to read")
    if done.returncode:
        raise _too_much(arrival, "cannot be read: it takes more memory than there is, or holds what nobody foresaw")


def do(what: What, arrival: Arrival, answers: Answers | None = None) -> None:
    """Do one step here; EvenhandError names the file as its owner does."""
    from evenhand.server.arriving.columns import look_at
    from evenhand.server.arriving.dividing import divide
    from evenhand.server.arriving.reading import read_arrived, renamed

    try:
        if what == "look":
            found = look_at(read_arrived(arrival.table))
            (arrival.folder / LOOK).write_text(found.model_dump_json(), encoding="utf-8")
        elif answers is not None:
            divide(arrival, answers)
    except EvenhandError as error:
        raise renamed(error, arrival.table, arrival.file) from None


def _too_much(arrival: Arrival, what: str) -> DataError:
    return DataError(what, where=arrival.file, rule="a table of this server's pages is small and plain",
                     mend="save it anew as CSV UTF-8, with the columns that are needed only")  # fmt: skip


def main() -> None:
    """Do what standard input says."""
    told = json.loads(sys.stdin.buffer.read())
    seconds, memory = told["bounds"]
    # The hard limit kills without saying why, so it lies well above; the system takes 0 for 1.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    arrival = Arrival(told["id"], Path(told["folder"]), told["owner"], told["file"], datetime.fromisoformat(told["at"]))
    answers = Answers.model_validate(told["answers"]) if told["answers"] else None
    try:
        do("look" if sys.argv[1] == "look" else "divide", arrival, answers)
    except EvenhandError as error:
        said = Trouble(what=error.what, where=error.where, rule=error.rule, mend=error.mend)
        sys.stdout.write(said.model_dump_json())
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
