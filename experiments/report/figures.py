"""Numbers as a person reads them; rounding happens here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import median
from typing import Literal, NamedTuple

from evenhand.experiments.report.evidence import Interval
from evenhand.experiments.report.parts import Settings

__all__ = [
    "GAP",
    "METRICS",
    "THIN",
    "Figure",
    "Metric",
    "count",
    "fixed",
    "metric_of",
    "per_cent",
    "short",
    "words_of",
]

# a real minus, and a narrow space that does not break
MINUS, THIN = "\u2212", "\u202f"

Kind = Literal["money", "share", "points"]


class Metric(NamedTuple):
    """How one metric is called, read and judged; `unit` may hold {period}."""

    key: str
    label: str
    unit: str
    better: Literal["high", "low"]
    kind: Kind

    @property
    def direction(self) -> str:
        """Which way is better, in a word."""
        return "more" if self.better == "high" else "less"

    def described(self, settings: Settings) -> str:
        """Return the unit with the run's period and currency."""
        unit = self.unit.format(period=settings.period)
        return f"{settings.currency} {unit}" if self.kind == "money" and settings.currency else unit


METRICS = (
    Metric("profit", "Profit", "per customer and {period}", "high", "money"),
    Metric("redemption", "Redemption", "of contacts lead to a redeemed offer", "high", "share"),
    Metric("unsubscribe", "Unsubscribes", "of customers per {period}", "low", "share"),
    Metric("churn", "Churn", "of customers lost per {period}", "low", "share"),
)
GAP = Metric("gap", "Gap", "largest difference between two groups", "low", "points")


def metric_of(key: str) -> Metric:
    """Return the metric called `key`; one that is not in the table gets its key as its name.

    What stands in brackets, as in "profit[with tweaks]", is said after the name.
    """
    base, _, rest = key.partition("[")
    for metric in METRICS:
        if base in (metric.key, f"{metric.key}_per_customer"):
            return metric._replace(label=f"{metric.label}, {rest.rstrip(']')}") if rest else metric
    return Metric(key, words_of(key), "", "low" if key.startswith("gap") else "high", "points")


def words_of(key: str) -> str:
    """Return an identifier as words: "spend_per_trip" is "Spend per trip", "lift[A]" is "Lift, A"."""
    words = key.replace("_", " ").replace("[", ", ").replace("]", "").strip()
    return words[:1].upper() + words[1:]


def fixed(value: float | None, decimals: int = 3, *, signed: bool = False) -> str:
    """Return `value` with thousands separators and a real minus; a missing value is a dash."""
    if value is None or math.isnan(value):
        return "–"
    rounded = round(value, decimals) + 0.0
    text = f"{abs(rounded):,.{decimals}f}"
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + text


def per_cent(share: float | None, decimals: int = 1, *, signed: bool = False) -> str:
    """Return a share 0..1 as per cent."""
    return fixed(None if share is None else 100 * share, decimals, signed=signed) + THIN + "%"


def count(value: int) -> str:
    """Return a count with thousands separators."""
    return f"{value:,}"


def significant(value: float, figures: int = 3) -> str:
    """Return `value` with so many figures and a real minus."""
    return f"{value:.{figures}g}".replace("-", MINUS)


def short(value: float) -> str:
    """Return a step count for an axis: 150000 is 150k."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _power(value: float) -> int:
    return math.floor(math.log10(value)) if value > 0 else 0


class Figure(NamedTuple):
    """One way to write the numbers of a column, so that all of them show the same decimals."""

    kind: Kind
    decimals: int

    @classmethod
    def fitting(cls, kind: Kind, intervals: Iterable[Interval]) -> Figure:
        """Return the form that shows two figures of the typical interval's width; 3 decimals for points."""
        if kind == "points":
            return cls(kind, 3)
        scale = 100 if kind == "share" else 1
        widths = [scale * (one.high - one.low) for one in intervals if one.high > one.low]
        return cls(kind, min(max(1 - _power(median(widths or [0.1])), 0), 6))

    def __call__(self, value: float | None, *, signed: bool = False, bare: bool = False) -> str:
        """Write one value; `bare` leaves the per cent sign out."""
        if self.kind != "share":
            return fixed(value, self.decimals, signed=signed)
        text = per_cent(value, self.decimals, signed=signed)
        return text.removesuffix(THIN + "%") if bare else text

    def limits(self, interval: Interval) -> str:
        """Write the limits of an interval: [0.407, 0.417]."""
        return f"[{self(interval.low, bare=True)}, {self(interval.high, bare=True)}]"

    def whole(self, interval: Interval, *, signed: bool = False) -> str:
        """Write a mean with its limits: 0.412 [0.407, 0.417]."""
        return f"{self(interval.mean, signed=signed)} {self.limits(interval)}"
