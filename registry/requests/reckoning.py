"""What was foretold of a request against what came of it: of one, and as a policy's record. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["Compared", "Interval", "Record", "compared", "record_of"]


class Interval(NamedTuple):
    """A number and what is known of it."""

    mean: float
    low: float
    high: float


class Compared(NamedTuple):
    """The change of profit per customer and period, foretold and come."""

    predicted: Interval
    realised: Interval

    @property
    def within(self) -> bool:
        """Whether what came agrees with what was foretold: the intervals share a value."""
        return self.predicted.low <= self.realised.high and self.realised.low <= self.predicted.high


class Record(NamedTuple):
    """How far a policy's words came true, over all of its requests of which both are known."""

    compared: int
    within: int  # of them, those whose intervals share a value
    bias: float | None  # mean of what came minus what was foretold; None without any


def compared(predicted: Any, realised: Any) -> Compared | None:
    """Return both documents' `profit`; None where one of them does not tell it as mean, low and high."""
    found, came = _profit(predicted), _profit(realised)
    return None if found is None or came is None else Compared(found, came)


def record_of(pairs: Iterable[tuple[Any, Any]]) -> Record:
    """Return the record over documents of what was predicted and what was realised."""
    found = [one for one in (compared(*pair) for pair in pairs) if one is not None]
    apart = [one.realised.mean - one.predicted.mean for one in found]
    return Record(len(found), sum(one.within for one in found), sum(apart) / len(apart) if apart else None)


def _profit(document: Any) -> Interval | None:
    profit = document.get("profit") if isinstance(document, dict) else None
    if not isinstance(profit, dict):
        return None
    numbers = [profit.get(name) for name in Interval._fields]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
        return None
    return Interval(*(float(one) for one in numbers if one is not None))
