"""The one type that every method hands on: an estimate with its standard error.

Interval at level 1 - a, with t the quantile of Student's distribution with `df` degrees of freedom (normal when
infinite), and the tests' p-values, with T its distribution function:

    value ± t(1 - a/2) se            z = (value - null) / se,  p = 2 T(-|z|),  T(-z) for "greater",  T(z) for "less"
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from evenhand.errors import DataError, EvenhandError

__all__ = ["Alternative", "Estimate"]

Alternative = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its standard error; treatment minus control unless said otherwise.

    `df` are the degrees of freedom of Student's t, infinite for the normal distribution. Raises DataError where a
    number is not finite or the standard error is not above 0: an estimate without doubt comes of data without spread.
    """

    value: float
    se: float
    df: float = math.inf

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise DataError(f"an estimate of {self.value}", rule="estimates are finite", mend="look for empty arms")
        if not (math.isfinite(self.se) and self.se > 0):
            raise DataError(
                f"a standard error of {self.se} for an estimate of {self.value:g}",
                rule="a standard error is finite and above 0",
                mend="the metric does not vary, or an arm is too small: leave it out or wait for more data",
            )
        if not self.df > 0:
            raise DataError(f"{self.df} degrees of freedom", rule="above 0", mend="each arm needs more units")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided confidence limits at `level` (0..1); EvenhandError for another level."""
        if not 0 < level < 1:
            raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
        half = self._quantile(0.5 + level / 2) * self.se
        return self.value - half, self.value + half

    def bound(self, level: float = 0.95, side: Literal["lower", "upper"] = "lower") -> float:
        """Return the one-sided confidence bound at `level` (0..1)."""
        if not 0 < level < 1:
            raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
        half = self._quantile(level) * self.se
        return self.value - half if side == "lower" else self.value + half

    def p_value(self, null: float = 0.0, alternative: Alternative = "two-sided") -> float:
        """Return the chance of a value as far from `null` as this one, were `null` true."""
        z = (self.value - null) / self.se
        if alternative == "two-sided":
            return 2 * self._below(-abs(z))
        if alternative not in ("greater", "less"):
            raise EvenhandError(
                f"alternative {alternative!r}", rule="two-sided, greater or less", mend='use "two-sided"'
            )
        return self._below(-z if alternative == "greater" else z)

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate of `factor` times the quantity, in another unit or with the other sign."""
        return Estimate(self.value * factor, self.se * abs(factor), self.df)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.value:.6g} [{low:.6g}, {high:.6g}]"

    def _quantile(self, p: float) -> float:
        return float(ndtri(p) if math.isinf(self.df) else stdtrit(self.df, p))

    def _below(self, z: float) -> float:
        return float(ndtr(z) if math.isinf(self.df) else stdtr(self.df, z))
