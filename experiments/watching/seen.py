"""What one look at a roll-out saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Alarm", "Effect", "Look"]


class Effect(NamedTuple):
    """The new version beside the old one; `low` and `high` hold at all looks together, at 95 %."""

    coming: float
    current: float
    mean: float  # coming minus current
    low: float
    high: float


class Alarm(NamedTuple):
    """One test of harm: `z` standard errors beyond its margin, where `needed` are asked for at this look."""

    of: str
    z: float
    needed: float
    raised: bool
    says: str  # what is wrong, in plain words


@dataclass(frozen=True, slots=True)
class Look:
    """One look at all that is settled. `why` says why nothing can be said yet, and is empty where something can."""

    customers: dict[str, int]  # by arm
    periods: float  # of the average customer
    effects: dict[str, Effect]  # profit, redeemed, unsubscribed: as far as they are told
    gaps: dict[str, tuple[float, float]]  # largest gap of benefit by protected attribute: coming, current
    alarms: tuple[Alarm, ...]
    why: str = ""

    @property
    def harm(self) -> str:
        """Why the roll-out must stop; empty where nothing says so."""
        return " ".join(alarm.says for alarm in self.alarms if alarm.raised)
