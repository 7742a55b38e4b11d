"""Does the effect last? Effects period by period on the same customers, with a test that they are one and of a trend.

The same customers are in every period, so effects are correlated and Cochran's Q would be wrong. With a column per
period (wide data) the co-moments hold these correlations. With d (P,) the effects and V (P, P) their covariance:

    constant:  Wald W = (L d)^T (L V L^T)^-1 (L d) ~ chi^2(P - 1),   L the differences of neighbouring periods
    trend:     slope s = sum_p c_p d_p / sum_p c_p^2,  c_p = p - mean(p),  se^2 = c^T V c / (sum c_p^2)^2

A novelty effect fades, a learning effect grows: both are a trend. (Wald 1943, Transactions of the AMS 54:426-482.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.inference.groups import Interaction
from evenhand.experiments.moments import Moments

__all__ = ["OverTime", "effects_over_time"]


@dataclass(frozen=True, slots=True)
class OverTime:
    """Effects per period, a test that they are all the same, and their change per period."""

    periods: tuple[str, ...]
    effects: tuple[Estimate, ...]
    constant: Interaction
    trend: Estimate


def effects_over_time(moments: Moments, periods: Sequence[str], *, treatment: str, control: str) -> OverTime:
    """Return the effect on the mean of each column of `periods`, in order of time, one column per period.

    Raises DataError for fewer than two periods, unknown arms and periods without spread.
    """
    if len(periods) < 2:
        raise DataError(f"{len(periods)} periods", rule="an effect changes over at least two")
    pooled = moments.pooled(moments.factors[0])
    at = [pooled.index(column) for column in periods]
    sides = [pooled.where(**{pooled.factors[0]: arm}) for arm in (treatment, control)]
    if min(int(side.n[0]) for side in sides) < 3:
        raise DataError("an arm has fewer than 3 units", rule="a covariance needs three", mend="wait")
    covariances = [side.covariance()[0][np.ix_(at, at)] / int(side.n[0]) for side in sides]
    d, v = sides[0].mean[0, at] - sides[1].mean[0, at], covariances[0] + covariances[1]
    steps = np.diff(np.eye(len(at)), axis=0)
    middle = steps @ v @ steps.T
    if np.linalg.matrix_rank(middle, hermitian=True) < len(middle):
        raise DataError("two periods hold the same numbers", rule="each period adds something", mend="leave one out")
    moved = steps @ d
    wald = float(moved @ np.linalg.solve(middle, moved))
    df = len(moved)
    c = np.arange(len(at)) - (len(at) - 1) / 2
    c = c / (c @ c)
    freedom = [int(side.n[0]) - 1 for side in sides]
    return OverTime(
        tuple(periods),
        tuple(_welch(np.eye(len(at))[p], d, covariances, freedom) for p in range(len(at))),
        Interaction(wald, df, float(chdtrc(df, wald)), max(0.0, 1 - df / wald) if wald > 0 else 0.0),
        _welch(c, d, covariances, freedom),
    )


def _welch(weights: np.ndarray, d: np.ndarray, covariances: list[np.ndarray], freedom: list[int]) -> Estimate:
    parts = np.array([weights @ v @ weights for v in covariances])
    total = float(parts.sum())
    df = total**2 / float((parts**2 / np.array(freedom)).sum()) if total > 0 else 1.0
    return Estimate(float(weights @ d), float(np.sqrt(total)), df)
