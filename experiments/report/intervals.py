"""A number with its limits, and a mean over populations: what all evidence is written in."""

from __future__ import annotations

from typing import Self

from numpy.typing import ArrayLike
from pydantic import model_validator

from evenhand.experiments.paired import mean_interval
from evenhand.experiments.report.base import Count, Part

__all__ = ["Interval", "Mean"]

_ROUNDING = 1e-9  # sums in another order may move a limit past its mean by this much


class Interval(Part):
    """A mean with its confidence limits."""

    mean: float
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        slack = _ROUNDING * max(1.0, abs(self.mean))
        if not self.low - slack <= self.mean <= self.high + slack:
            raise ValueError(f"limits [{self.low}, {self.high}] do not hold the mean {self.mean}")
        return self


class Mean(Interval):
    """Mean over `n` unseen populations."""

    n: Count

    @classmethod
    def of(cls, values: ArrayLike, *, level: float = 0.95) -> Mean:
        """Return the mean of `values` (n_populations,) with its t interval."""
        found = mean_interval(values, level=level)
        return cls(mean=found.mean, low=found.low, high=found.high, n=found.n)
