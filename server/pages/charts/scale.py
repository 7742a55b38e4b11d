"""From numbers to pixels by ratio, and the limits that hold them all; straight maps are `experiments.svg.Scale`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["LogScale", "spread"]


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
