"""Turns to write to an SQLite file, handed from process to process: nobody waits for long while others go again.

SQLite lets one writer in at a time, and lets the others look again after 1, 2, 5 and up to 100 ms: whoever looks first
is next. Two busy workers sleep while the file is free, and one of them can be passed over for seconds. So a writer
takes a turn, by locks on files beside the database, before it begins. SQLite's own lock still guards the data: a
program that knows nothing of turns harms nothing.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from evenhand.errors import UnavailableError

__all__ = ["Turns"]

PAUSE = 0.0005  # seconds between two looks whether a lock is free: as long for all, or who came last would be first


class Turns:
    """Who may write to a file, among processes; within one, whoever asks holds its only connection to write."""

    def __init__(self, database: Path, *, wait: float) -> None:
        self._database, self._wait = database, wait
        self._next, self._on = (database.with_name(f"{database.name}-{name}") for name in ("next", "turn"))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Give a turn, which ends with the block or the process; UnavailableError after `wait` seconds without one.

        Who waits holds the place of whoever comes next. A process that has just had a turn finds that place taken, so
        it cannot have another one first.
        """
        until = time.monotonic() + self._wait
        with ExitStack() as place:
            if not self._took(self._next, place, until):
                yield  # there is no room for such files: SQLite alone says who is next
                return
            with ExitStack() as turn:
                self._took(self._on, turn, until)
                place.close()
                yield

    def _took(self, file: Path, held: ExitStack, until: float) -> bool:
        """Lock a file as long as `held` is held; False where that cannot be done."""
        try:
            handle = self._open(file)
            held.callback(os.close, handle)
            while not _locked(handle):
                if time.monotonic() >= until:
                    raise UnavailableError(
                        "the database is busy", rule="what fails is undone as a whole",
                        mend="try again; end whatever holds it locked",
                    )  # fmt: skip
                time.sleep(PAUSE)
            held.callback(fcntl.flock, handle, fcntl.LOCK_UN)  # closing is not enough where a child has it too
        except OSError:
            return False
        return True

    def _open(self, file: Path) -> int:
        """Open a file that whoever may write to the database may write to."""
        database = self._database.stat()
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, database.st_mode & 0o666)
        if os.geteuid() == 0:
            os.fchown(handle, database.st_uid, database.st_gid)
        return handle


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
