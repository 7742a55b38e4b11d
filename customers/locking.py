"""One writer at a time: a folder that is locked while it is written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder alone, waiting for whoever has it; the lock goes with the process, whatever happens to it.

    By `flock`, which Linux and macOS have and Windows has not. What was moved into the folder is on disk at the end.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)
