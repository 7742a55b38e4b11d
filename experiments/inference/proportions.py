"""Difference of two proportions by score intervals, which stay right where few convert or groups are small.

Newcombe's (1998) hybrid score interval of `evenhand.fairness.gaps`. The Welch interval of `means.difference` needs some
ten conversions and ten non-conversions in each arm; below that use this one.
"""

from __future__ import annotations

from evenhand.errors import DataError
from evenhand.experiments.moments import Moments
from evenhand.fairness.gaps import GroupRate, RateDifference, newcombe, wilson

__all__ = ["proportion", "proportion_difference"]

BINARY = 1e-9  # how far the spread of 0 and 1 may be from what their mean implies


def proportion(moments: Moments, column: str, arm: str, *, level: float = 0.95) -> GroupRate:
    """Return the share of 1 in `column` (0 or 1) of one arm with Wilson's interval; DataError for other values."""
    pooled = moments.where(**{moments.factors[0]: arm}).pooled(moments.factors[0])
    k, n = pooled.index(column), int(pooled.n[0])
    p = float(pooled.mean[0, k])
    if abs(float(pooled.comoment[0, k, k]) - n * p * (1 - p)) > BINARY * max(n * abs(p), 1.0):
        raise DataError("values other than 0 and 1", where=f"column {column!r}", rule="a proportion is of yes and no")
    low, high = wilson(round(p * n), n, level=level)
    return GroupRate(str(arm), n, p, float(low), float(high))


def proportion_difference(
    moments: Moments, column: str, *, treatment: str, control: str, level: float = 0.95
) -> RateDifference:
    """Return the share of 1 under `treatment` minus that under `control` with Newcombe's interval."""
    return newcombe(
        proportion(moments, column, treatment, level=level), proportion(moments, column, control, level=level)
    )
