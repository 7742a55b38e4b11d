"""A process beside the web workers, started again when it dies and ended with them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from evenhand.server.logs import log

__all__ = ["PAUSES", "beside", "orphaned", "start"]

PARENT = "EVENHAND_PARENT"  # variable of the environment with the process that started this one

PAUSES = (0.5, 2.0, 10.0, 60.0)  # seconds before it is started again: the longer, the more often in a row it died
SOUND = 60.0  # seconds after which one that ran is taken for sound, and pauses begin anew


@contextmanager
def beside(module: str, *, seconds: float, after: float = 0.0) -> Iterator[None]:
    """Run `python -m module` for as long as the block runs; then it gets `seconds` to end what it has begun.

    It is started `after` so many seconds.
    """
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(module, over, seconds, after), name=f"keeper of {module}")
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(module: str, over: threading.Event, seconds: float, after: float) -> None:
    deaths = 0
    over.wait(after)
    while not over.is_set():
        process = start(module)
        lived = _watch(process, over)
        if over.is_set():
            _end(process, seconds)
            return
        deaths = 1 if lived >= SOUND else deaths + 1
        pause = PAUSES[min(deaths, len(PAUSES)) - 1]
        log.error("process died", module=module, status=process.returncode, again_in=pause)
        over.wait(pause)


def start(module: str) -> subprocess.Popen[bytes]:
    """Run `python -m module` in a session of its own, where Ctrl-C does not reach it: whoever starts it ends it."""
    environment = {**os.environ, PARENT: str(os.getpid())}
    command = [sys.executable, "-m", module]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def orphaned() -> bool:
    """Whether the process that started this one is gone, however early it went."""
    return os.getppid() != int(os.environ.get(PARENT, os.getppid()))


def _watch(process: subprocess.Popen[bytes], over: threading.Event, *, every: float = 0.25) -> float:
    """Wait until a process dies, or until it is over; return for about how many seconds it lived."""
    lived = 0.0
    while process.poll() is None and not over.wait(every):
        lived += every
    return lived


def _end(process: subprocess.Popen[bytes], seconds: float) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()  # a job that it had taken is done again under its lease
        process.wait()
