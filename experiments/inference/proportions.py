"""Difference of two proportions by score intervals, which stay right where few convert or groups are small.

Newcombe's (1998) hybrid score interval of `evenhand.fairness.gaps`. The Welch interval of `means.difference` needs some
ten conversions and ten non-conversions in each arm; below that use this one. Where nobody converts in either arm, or
everyone, nothing varies and Welch has no standard error: `cautious_difference` has one, with x of n and z of its test

    p' = (x + 1) / (n + 2),    se^2 = p1' (1 - p1') / (n1 + 2) + p0' (1 - p0') / (n0 + 2)

(Agresti and Caffo, "Simple and effective confidence intervals for proportions and differences of proportions result
from adding two successes and two failures", The American Statistician 54 (2000)).
"""

from __future__ import annotations

import math

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.moments import Moments
from evenhand.fairness.gaps import GroupRate, RateDifference, newcombe, wilson

__all__ = ["cautious", "cautious_difference", "proportion", "proportion_difference"]

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


def cautious(rate: GroupRate) -> Estimate:
    """Return a share with the standard error of one conversion and one non-conversion more than there were."""
    more = (rate.rate * rate.n + 1) / (rate.n + 2)
    return Estimate(rate.rate, math.sqrt(more * (1 - more) / (rate.n + 2)))


def cautious_difference(treatment: GroupRate, control: GroupRate) -> Estimate:
    """Return the difference of two shares with Agresti and Caffo's standard error, which is above 0 also at 0 and 1."""
    one, other = cautious(treatment), cautious(control)
    return Estimate(one.value - other.value, math.hypot(one.se, other.se))
