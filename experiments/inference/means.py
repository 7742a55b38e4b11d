"""Means, proportions, ratios and their CUPED forms of all arms at once, as algebra on moments.

Every metric is linear in what a unit adds to it. For arm a with n_a units and means m_a of the columns:

- mean          t_a = m_a[y];  a unit adds y
- ratio         t_a = m_a[y] / m_a[d];  a unit adds (y - t_a d) / m_a[d]   (delta method: Deng, Knoblich & Lu 2018,
  "Applying the delta method in metric analytics", KDD)
- with covariates x (CUPED: Deng, Xu, Kohavi & Walker 2013, WSDM; with several it is Lin's 2013 regression
  adjustment, Annals of Applied Statistics 7:295-318), with X the mean of x over all arms compared:

      t_a - b_a (m_a[x] - X),    b_a = S_a[x, x]^-1 S_a[x, u],    u what a unit adds without them

`slopes="per_arm"` takes each arm's own b_a; then the adjustment can only help, whatever the shares of the arms and
however the effect depends on x (Lin 2013). "pooled" takes one b of the co-moments added up within arms, as a regression
on arm and covariates does: steadier in arms of some dozens of units, but with unequal arms it may make things worse.

Covariances follow from how much each arm's units weigh in every adjusted mean, X included (so that it is counted that
X is estimated too: Negi & Wooldridge 2021, Econometric Reviews 40:504-534). With W_a (arms, k) these weights:

    V = sum_a W_a S_a W_a^T / (n_a (n_a - 1 - q)),     q covariates

A difference has variance c^T V c and by Satterthwaite (1946) and Welch (1947) the degrees of freedom
(sum_a v_a)^2 / sum_a v_a^2 / (n_a - 1 - q), where v_a is arm a's part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenhand.errors import DataError, EvenhandError, nearest
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.inference.metrics import Metric
from evenhand.experiments.moments import Moments

__all__ = ["LEAST_Z", "ArmMeans", "Slopes", "arm_means", "difference"]

FloatArray = NDArray[np.float64]
Slopes = Literal["per_arm", "pooled"]

TIED = 1e-10  # share of a covariate's variance that the others must leave unexplained
ROUNDING = 4e-15  # of a column's mean: a spread below it is the rounding of a constant
LEAST_Z = 3.0  # standard errors that a denominator is from 0 before the delta method is believed
CANCELLED = 1e-13  # of the terms that a variance is summed from: less is their rounding


@dataclass(frozen=True, slots=True, eq=False)
class ArmMeans:
    """A metric's (adjusted) mean in every arm, and the covariance of these means by the arm whose units cause it."""

    metric: Metric
    arms: tuple[str, ...]
    n: NDArray[np.int64]  # (arms,)
    value: FloatArray  # (arms,)
    parts: FloatArray  # (arms, arms, arms): covariance of all means that stems from the first index' units
    terms: FloatArray  # (arms, arms, arms): the sizes of what `parts` are summed from, to know rounding by
    freedom: NDArray[np.int64]  # (arms,) n - 1 - q

    @property
    def covariance(self) -> FloatArray:
        """Covariance (arms, arms) of the means."""
        return np.asarray(self.parts.sum(axis=0))

    def mean(self, arm: str) -> Estimate:
        """Return the metric's mean in one arm."""
        weights = np.zeros(len(self.arms))
        weights[self.position(arm)] = 1.0
        return self.contrast(weights)

    def difference(self, treatment: str, control: str) -> Estimate:
        """Return the mean under `treatment` minus that under `control`."""
        weights = np.zeros(len(self.arms))
        weights[self.position(treatment)] += 1.0
        weights[self.position(control)] -= 1.0
        return self.contrast(weights)

    def contrast(self, weights: ArrayLike) -> Estimate:
        """Return the weighted sum of the arms' means, `weights` (arms,), with Satterthwaite's degrees of freedom."""
        w = np.asarray(weights, np.float64)
        by_arm = np.einsum("ijk,j,k->i", self.parts, w, w)
        by_arm[by_arm < CANCELLED * np.einsum("ijk,j,k->i", self.terms, np.abs(w), np.abs(w))] = 0.0
        variance = float(by_arm.sum())
        if not variance > 0:
            raise DataError(
                f"the metric {self.metric} does not vary in {' and '.join(self.arms)}",
                rule="a difference has a standard error above 0",
                mend="look at the column: is it constant, or told completely by its denominator or covariates?",
            )
        df = variance**2 / float((by_arm**2 / self.freedom).sum())
        return Estimate(float(w @ self.value), float(np.sqrt(variance)), df)

    def position(self, arm: str) -> int:
        """Return the index of `arm`; DataError where there is none of that name."""
        if str(arm) not in self.arms:
            raise _no_arm(arm, self.arms)
        return self.arms.index(str(arm))


def arm_means(
    moments: Moments,
    metric: Metric,
    *,
    arms: Sequence[str] | None = None,
    slopes: Slopes | ArrayLike = "per_arm",
) -> ArmMeans:
    """Return the metric's mean in each of `arms` (all by default), over all other factors of `moments`.

    `slopes` says how covariates are used, see above, or gives their coefficients (q,) fixed beforehand, which then cost
    no degree of freedom. Raises DataError for fewer than two arms, too few units, a ratio whose denominator is 0 on
    average and covariates that are constant or repeat each other.
    """
    pooled = moments.pooled(moments.factors[0])
    names = tuple(str(arm) for arm in arms) if arms is not None else tuple(key[0] for key in pooled.keys)
    there = [key[0] for key in pooled.keys]
    if len(set(names)) < 2:
        raise DataError(f"only arm {', '.join(names)}", rule="a comparison has two arms", mend="look at the arm column")
    for name in names:
        if name not in there:
            raise _no_arm(name, there)
    at = [there.index(name) for name in names]
    q = len(metric.covariates)
    lost = 1 + (q if isinstance(slopes, str) else 0)
    n, mean = pooled.n[at], pooled.mean[at]
    comoment = _without_rounding(n, mean, pooled.comoment[at])
    if (n <= lost).any():
        few = names[int(n.argmin())]
        raise DataError(
            f"{int(n.min())} units in arm {few!r}", rule=f"at least {lost + 1} with {q} covariates", mend="wait"
        )
    value, weights = _linear(pooled, metric, names, n, mean, comoment)
    x = [pooled.index(column) for column in metric.covariates]
    spread: FloatArray = np.zeros((len(names), *weights.shape))  # [whose units, whose mean, column]
    arm = np.arange(len(names))
    spread[arm, arm] = weights
    if q:
        b = _slopes(comoment, weights, x, slopes, metric)
        share = n / n.sum()
        value = value - np.einsum("aq,aq->a", b, mean[:, x] - share @ mean[:, x])
        spread[:, :, x] += share[:, None, None] * b[None]
        spread[arm[:, None], arm[:, None], np.array(x)[None]] -= b
    freedom = n - lost
    per_unit = comoment / (n * freedom)[:, None, None]
    parts = np.einsum("aik,akl,ajl->aij", spread, per_unit, spread)
    terms = np.einsum("aik,akl,ajl->aij", np.abs(spread), np.abs(per_unit), np.abs(spread))
    return ArmMeans(metric, names, n, value, parts, terms, freedom)


def difference(
    moments: Moments,
    metric: Metric,
    *,
    treatment: str,
    control: str,
    slopes: Slopes | ArrayLike = "per_arm",
) -> Estimate:
    """Return the metric's mean under `treatment` minus that under `control`; see `arm_means` for slopes and errors."""
    return arm_means(moments, metric, arms=(control, treatment), slopes=slopes).difference(treatment, control)


def _without_rounding(n: NDArray[np.int64], mean: FloatArray, comoment: FloatArray) -> FloatArray:
    """Return the co-moments with exact zeros for columns that are constant in an arm."""
    varies = np.einsum("akk->ak", comoment) > n[:, None] * (ROUNDING * mean) ** 2
    return np.asarray(comoment * varies[:, :, None] * varies[:, None, :])


def _linear(
    moments: Moments,
    metric: Metric,
    names: Sequence[str],
    n: NDArray[np.int64],
    mean: FloatArray,
    comoment: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the metric (arms,) without covariates and the weights (arms, k) of what a unit adds to it."""
    y = moments.index(metric.value)
    weights = np.zeros_like(mean)
    if metric.per is None:
        weights[:, y] = 1.0
        return mean[:, y], weights
    d = moments.index(metric.per)
    doubt = np.sqrt(comoment[:, d, d] / (n - 1) / n)
    empty = ~(np.abs(mean[:, d]) > LEAST_Z * doubt)
    if empty.any():
        a = int(empty.argmax())
        raise DataError(
            f"the mean of {metric.per!r} in arm {names[a]!r} is {mean[a, d]:.4g}, its standard error {doubt[a]:.4g}",
            rule=f"a ratio has a denominator that is {LEAST_Z:g} standard errors away from 0",
            mend="is the right column counted? else wait for more data",
        )
    ratio = mean[:, y] / mean[:, d]
    weights[:, y] = 1 / mean[:, d]
    weights[:, d] = -ratio / mean[:, d]
    return ratio, weights


def _slopes(
    comoment: FloatArray, weights: FloatArray, x: list[int], slopes: Slopes | ArrayLike, metric: Metric
) -> FloatArray:
    """Return the coefficients (arms, q) of the covariates."""
    if not isinstance(slopes, str):
        given = np.asarray(slopes, np.float64)
        if given.shape != (len(x),) or not np.isfinite(given).all():
            raise DataError(f"slopes of shape {given.shape}", rule=f"one finite number per covariate, {len(x)}")
        return np.broadcast_to(given, (len(comoment), len(x)))
    if slopes not in ("per_arm", "pooled"):
        raise EvenhandError(f"slopes {slopes!r}", rule='"per_arm", "pooled" or numbers', mend='use "per_arm"')
    xx = comoment[:, x][:, :, x]  # (arms, q, q)
    xu = np.einsum("aqk,ak->aq", comoment[:, x], weights)
    if slopes == "pooled":
        xx, xu = xx.sum(axis=0, keepdims=True), xu.sum(axis=0, keepdims=True)
    scale = np.sqrt(np.einsum("aqq->aq", xx))
    if (scale == 0).any():
        raise _useless(metric, int((scale == 0).any(axis=0).argmax()), "does not vary")
    correlation = xx / scale[:, :, None] / scale[:, None, :]
    left = 1 / np.einsum("aqq->aq", np.linalg.pinv(correlation, hermitian=True))
    smallest = np.linalg.eigvalsh(correlation).min()
    if smallest < TIED:
        raise _useless(metric, int(left.min(axis=0).argmin()), "follows from the others")
    b = np.linalg.solve(correlation, (xu / scale)[..., None])[..., 0] / scale
    return np.broadcast_to(b, (len(comoment), len(x)))


def _useless(metric: Metric, position: int, why: str) -> DataError:
    return DataError(
        f"covariate {metric.covariates[position]!r} of {metric} {why}",
        rule="each covariate tells something that the others do not",
        mend="leave it out",
    )


def _no_arm(arm: str, there: Sequence[str]) -> DataError:
    close = nearest(str(arm), there)
    return DataError(
        f"no arm {str(arm)!r}",
        rule=f"the arms are {', '.join(there)}",
        mend=f"did you mean {close!r}?" if close else None,
    )
