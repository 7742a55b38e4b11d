"""A process beside the web workers, started again when it dies and ended with them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evenhand.server.logs import log

__all__ = ["PAUSES", "beside", "orphaned", "start"]

PARENT = "EVENHAND_PARENT"  # variable of the environment with the process that started this one

PAUSES = (0.5, 2.0, 10.0, 60.0)  # seconds before it is started again: the longer, the more often in a row it died
SILENT = 60.0  # seconds without a sign of life after which one is taken for hung
SOUND = 60.0  # seconds after which one that ran is taken for sound, and pauses begin anew


@contextmanager
def beside(module: str, *, seconds: float, after: float = 0.0, pulse: Path | None = None) -> Iterator[None]:
    """Run `python -m module` for as long as the block runs; then it gets `seconds` to end what it has begun.

    It is started `after` so many seconds. With a `pulse`, a file that it touches all the time, one that hangs is killed
    and started again too.
    """
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(module, over, seconds, after, pulse), name=f"keeper of {module}")
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(module: str, over: threading.Event, seconds: float, after: float, pulse: Path | None) -> None:
    deaths = 0
    over.wait(after)
    while not over.is_set():
        lived, status = _run(module, over, seconds, pulse)
        if over.is_set():
            return
        deaths = 1 if lived >= SOUND else deaths + 1
        pause = PAUSES[min(deaths, len(PAUSES)) - 1]
        log.error("process died", module=module, status=status, again_in=pause)
        over.wait(pause)


def _run(module: str, over: threading.Event, seconds: float, pulse: Path | None) -> tuple[float, int | str]:
    """Run a process until it dies, or until it is over; return for about how long it lived, and its status."""
    try:
        process = start(module)
    except OSError as error:  # no memory or no room for a process now; later perhaps
        return 0.0, str(error)
    lived = _watch(process, over, pulse)
    if process.poll() is None:
        _end(process, seconds if over.is_set() else 0.0)
    return lived, process.returncode


def start(module: str) -> subprocess.Popen[bytes]:
    """Run `python -m module` in a session of its own, where Ctrl-C does not reach it: whoever starts it ends it."""
    environment = {**os.environ, PARENT: str(os.getpid())}
    command = [sys.executable, "-m", module]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def orphaned() -> bool:
    """Whether the process that started this one is gone, however early it went."""
    return os.getppid() != int(os.environ.get(PARENT, os.getppid()))


def _watch(
    process: subprocess.Popen[bytes], over: threading.Event, pulse: Path | None, *, every: float = 0.25
) -> float:
    """Wait until a process dies or gives no sign of life, or until it is over; return for how many seconds it lived."""
    lived, sign, signed = 0.0, 0, 0.0
    while process.poll() is None and not over.wait(every):
        lived += every
        if pulse is not None:
            newest = _changed(pulse)
            sign, signed = (newest, lived) if newest != sign else (sign, signed)
            if lived - signed > SILENT:
                break
    return lived


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _end(process: subprocess.Popen[bytes], seconds: float) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()  # a job that it had taken is done again under its lease
        process.wait()
