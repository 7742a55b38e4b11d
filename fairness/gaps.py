"""Rates per group with intervals, signed differences between groups, and the gap.

Wilson score interval of a rate p = x / n with z the normal quantile (Wilson 1927):

    (p + z^2 / 2n  ±  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

Difference d = p1 - p2 by the hybrid score (Newcombe 1998, Statistics in Medicine 17:873-890, method 10),
with (l, u) the Wilson limits of each rate:

    d - sqrt((p1 - l1)^2 + (u2 - p2)^2)   to   d + sqrt((u1 - p1)^2 + (p2 - l2)^2)

Benefits may be shares of periods (0..1) instead of yes or no. Such a variable never varies more than a
yes-or-no one of the same mean, so the intervals then err on the wide side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from evenhand.errors import DataError, EvenhandError

__all__ = [
    "MIN_GROUP",
    "UNKNOWN",
    "GroupRate",
    "RateDifference",
    "gap",
    "group_rates",
    "newcombe",
    "pairwise_differences",
    "wilson",
]

FloatArray = NDArray[np.float64]

MIN_GROUP = 200  # members below which a group is reported but not constrained
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GroupRate:
    """Rate of a benefit in one group; rate is NaN and the interval 0..1 when the group is empty."""

    group: str
    n: int
    rate: float
    low: float
    high: float

    def left_out(self, min_group: int = MIN_GROUP) -> str:
        """Return why this group is left out of the gap, or an empty string when it counts."""
        if self.group == UNKNOWN:
            return "membership is not known"
        return f"only {self.n} of {min_group} members needed" if self.n < min_group else ""


@dataclass(frozen=True, slots=True)
class RateDifference:
    """Signed difference `a` minus `b` of two groups' rates."""

    a: str
    b: str
    difference: float
    low: float
    high: float


def wilson(successes: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Return Wilson score limits of rates `successes / n`, any shape; 0 and 1 where `n` is 0."""
    z2 = _z(level) ** 2
    count = np.asarray(n, dtype=np.float64)
    safe = np.where(count > 0, count, 1.0)
    p = np.asarray(successes, dtype=np.float64) / safe
    middle = (p + z2 / (2 * safe)) / (1 + z2 / safe)
    half = np.sqrt(z2 * (p * (1 - p) / safe + z2 / (4 * safe**2))) / (1 + z2 / safe)
    # The limits are exactly 0 and 1 there; rounding would leave 1e-17.
    low = np.where((count == 0) | (p <= 0), 0.0, middle - half)
    high = np.where((count == 0) | (p >= 1), 1.0, middle + half)
    return low, high


def newcombe(a: GroupRate, b: GroupRate) -> RateDifference:
    """Return rate `a` minus rate `b` with its hybrid-score interval, at the level of the rates' limits."""
    if a.n == 0 or b.n == 0:
        return RateDifference(a.group, b.group, float("nan"), -1.0, 1.0)
    difference = a.rate - b.rate
    low = difference - float(np.hypot(a.rate - a.low, b.high - b.rate))
    high = difference + float(np.hypot(a.high - a.rate, b.rate - b.low))
    return RateDifference(a.group, b.group, difference, low, high)


def group_rates(
    benefit: ArrayLike, codes: ArrayLike, groups: Sequence[str], *, level: float = 0.95
) -> tuple[GroupRate, ...]:
    """Return one rate per group, in the order of `groups`, then "unknown" for code -1 where there are any.

    `benefit` (n_customers,) is yes or no, or a share 0..1; `codes` (n_customers,) are positions in `groups`.
    Raises `DataError` on other values.
    """
    values, positions = _checked(benefit, codes, len(groups))
    names = [*groups]
    if (positions == -1).any():
        if UNKNOWN not in names:
            names.append(UNKNOWN)
        positions = np.where(positions == -1, names.index(UNKNOWN), positions)
    n = np.bincount(positions, minlength=len(names))
    successes = np.bincount(positions, weights=values, minlength=len(names))
    low, high = wilson(successes, n, level=level)
    return tuple(
        GroupRate(
            name,
            int(n[g]),
            float(successes[g] / n[g]) if n[g] else float("nan"),
            float(low[g]),
            float(high[g]),
        )
        for g, name in enumerate(names)
    )


def gap(rates: Sequence[GroupRate], *, min_group: int = MIN_GROUP) -> float:
    """Return the largest difference of two groups' rates, unknown and small groups left out.

    0 when fewer than two groups count. A maximum is biased upwards; `pairwise_differences` are not.
    """
    counted = [rate.rate for rate in _counted(rates, min_group)]
    return max(counted) - min(counted) if len(counted) > 1 else 0.0


def pairwise_differences(rates: Sequence[GroupRate], *, min_group: int = MIN_GROUP) -> tuple[RateDifference, ...]:
    """Return the signed difference of every two groups that count, each pair once, earlier minus later."""
    return tuple(newcombe(a, b) for a, b in combinations(_counted(rates, min_group), 2))


def _counted(rates: Sequence[GroupRate], min_group: int) -> list[GroupRate]:
    return [rate for rate in rates if rate.n and not rate.left_out(min_group)]


def _checked(benefit: ArrayLike, codes: ArrayLike, n_groups: int) -> tuple[FloatArray, NDArray[np.int64]]:
    values, positions = np.asarray(benefit, dtype=np.float64), np.asarray(codes)
    if values.ndim != 1 or values.shape != positions.shape:
        raise DataError(
            f"benefit has shape {values.shape} and codes have shape {positions.shape}",
            rule="one each per customer",
        )
    if not ((values >= 0) & (values <= 1)).all():
        raise DataError("a benefit is not a number in 0..1", rule="benefits are yes or no, or a share")
    if not np.issubdtype(positions.dtype, np.integer):
        raise DataError(f"group codes are {positions.dtype}", rule="codes are whole numbers")
    if positions.size and not (positions.min() >= -1 and positions.max() < n_groups):
        raise DataError(f"a group code is outside -1..{n_groups - 1}", rule="codes are positions in the list of groups")
    return values, positions.astype(np.int64)


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
    return float(ndtri(0.5 + level / 2))
