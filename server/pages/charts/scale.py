"""From numbers to pixels and back to round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

__all__ = ["LogScale", "Scale", "round_ticks", "spread"]


class Scale(NamedTuple):
    """Straight map of the numbers low..high to the pixels start..end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Map a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def inside(self, value: float) -> float:
        """Map a value, held inside the picture."""
        return self(min(max(value, self.low), self.high))


class LogScale(NamedTuple):
    """Map of the positive numbers low..high to the pixels start..end, equal ratios to equal lengths."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Map a positive value."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def inside(self, value: float) -> float:
        """Map a value, held inside the picture."""
        return self(min(max(value, self.low), self.high))


def spread(values: Iterable[float], *, room: float = 0.06) -> tuple[float, float]:
    """Return limits that hold all values with some room at both ends, and are never equal."""
    found = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(found), max(found)
    size = max(abs(low), abs(high))
    width = high - low if high - low > 1e-9 * size else size
    width = width if width > 1e-12 else 1.0
    return low - room * width, high + room * width


def round_ticks(low: float, high: float, most: int = 4) -> Sequence[float]:
    """Return at most `most` + 1 round numbers inside low..high, evenly spaced."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]
