"""One thing that was looked at in a customer table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Level"]

Level = Literal["ok", "remark", "warning"]


@dataclass(frozen=True)
class Check:
    """One thing looked at: how serious, what was found, how many rows or values, what to do about it."""

    level: Level
    what: str
    count: int = 0
    mend: str = ""
