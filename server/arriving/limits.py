"""How much of a table the pages take; more is loaded on the server itself."""

from __future__ import annotations

__all__ = [
    "AT_ONCE", "LONGEST", "LONGEST_NAME", "MEMORY", "MOST_COLUMNS", "MOST_ROWS", "MOST_UNPACKED",
    "PATIENCE", "SECONDS",
]  # fmt: skip

MOST_ROWS = 100_000
MOST_COLUMNS = 100
MOST_UNPACKED = 268_435_456  # bytes that a Parquet file says it holds
LONGEST = 500  # characters of a text that is used
LONGEST_NAME = 100  # characters of a column's name
MEMORY = 3 * 1024**3  # bytes of address space of the process that reads
SECONDS = 30  # of its processor time, for each of its two steps
PATIENCE = 300.0  # seconds of the clock: only where the machine stands still
AT_ONCE = 2  # such processes of one worker
