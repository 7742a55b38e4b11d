"""The thresholds that a tweak may use: a few round cuts per feature, so that rules stay readable."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cut", "Grid", "round_cuts"]


@dataclass(frozen=True, order=True)
class Cut:
    """A place where a feature may be cut: below it lies `x < value`, or `x <= value` when `closed`."""

    value: float
    closed: bool = False

    @property
    def below(self) -> Literal["<", "<="]:
        """Operator of the part below."""
        return "<=" if self.closed else "<"

    @property
    def above(self) -> Literal[">", ">="]:
        """Operator of the part above."""
        return ">" if self.closed else ">="


@dataclass(frozen=True)
class Grid:
    """The cuts of every feature, in ascending order; a bin is what lies between two of them."""

    names: tuple[str, ...]
    cuts: tuple[tuple[Cut, ...], ...]

    def edges(self) -> NDArray[np.float32]:
        """Return the cuts as (F, K) float32, padded with infinity: a value's bin is how many edges it reaches.

        An edge is the first float32 on the upper side of its cut, so that `x >= edge` says of every float32 `x`
        exactly what the rule says of it: 0.7 has no float32 of its own, and the nearest one is below it.
        """
        width = max((len(cuts) for cuts in self.cuts), default=0)
        table = np.full((len(self.names), width), np.inf, np.float32)
        for row, cuts in zip(table, self.cuts, strict=True):
            for k, cut in enumerate(cuts):
                with np.errstate(over="ignore"):
                    value = np.float32(cut.value)
                above = float(value) > cut.value if cut.closed else float(value) >= cut.value
                row[k] = value if above else np.nextafter(value, np.float32(np.inf))
        return table

    def closed(self) -> NDArray[np.uint8]:
        """Return which cuts are closed, (F, K): a bound that moves keeps its operator, so stays among its kind."""
        width = max((len(cuts) for cuts in self.cuts), default=0)
        table = np.zeros((len(self.names), width), np.uint8)
        for row, cuts in zip(table, self.cuts, strict=True):
            row[: len(cuts)] = [cut.closed for cut in cuts]
        return table

    def bins(self) -> NDArray[np.uint8]:
        """Return the number of bins of each feature, (F,)."""
        return np.array([len(cuts) + 1 for cuts in self.cuts], np.uint8)

    def position(self, name: str) -> int:
        """Return the position of a feature."""
        return self.names.index(name)


def round_cuts(values: NDArray[np.floating], *, decimals: int, count: int, closed: bool = False) -> tuple[Cut, ...]:
    """Return at most `count` round cuts at evenly spaced quantiles of `values` that leave something on both sides.

    Two significant digits, never finer than `decimals`, since nobody reviews "7.3814 trips a month".
    """
    finite = np.sort(values[np.isfinite(values)])
    if not len(finite):
        return ()
    found: set[float] = set()
    for q in np.linspace(0.0, 1.0, count + 2)[1:-1]:
        raw = float(np.quantile(finite, q))
        digits = decimals if raw == 0 else min(decimals, 1 - math.floor(math.log10(abs(raw))))
        value = round(raw, digits)
        if finite[0] <= value < finite[-1] if closed else finite[0] < value <= finite[-1]:
            found.add(value)
    return tuple(Cut(value, closed) for value in sorted(found))
