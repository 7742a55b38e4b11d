"""Statistics over training seeds and populations: what a training *procedure* brings, never one lucky seed.

Every trained policy meets the same populations, so seeds and populations are crossed: a table with a row per seed and a
column per population, whose entries share the luck of their row and of their column. Resampling single entries would
take each for a fresh experiment; here whole rows and whole columns are resampled:

    d*  =  sum_sp u_s v_p d_sp / (S P),        u ~ multinomial(S), v ~ multinomial(P)

(the pigeonhole bootstrap: McCullagh 2000, "Resampling and exchangeable arrays"; Owen 2007, "The pigeonhole bootstrap").
Percentile limits of few seeds are too narrow: resampling S rows sees (S - 1)/S of their variance, and S rows know that
variance badly. Both are mended by moving each limit away from the estimate by a factor (Hesterberg 2015, "expanded
percentile intervals"), here with Satterthwaite's degrees of freedom of the two mean squares.

How well that covers at a nominal 95 % is measured in `tests/experiments/test_aggregate.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from evenhand.errors import DataError
from evenhand.fairness import wilson

__all__ = [
    "LEAST_SEEDS",
    "Estimate",
    "interquartile_mean",
    "iqm_interval",
    "mean_over_both",
    "percent_of_baseline",
    "probability_of_improvement",
    "share_held",
]

FloatArray = NDArray[np.float64]

LEAST_SEEDS = 3  # of which a spread can be told at all
RESAMPLES = 2000
TRIM = 0.25


class Estimate(NamedTuple):
    """A number with its interval at `level`, over `seeds` trainings and `populations` customers' worlds."""

    value: float
    low: float
    high: float
    seeds: int
    populations: int
    level: float = 0.95


# ---------------------------------------------------------------------------------------- over seeds alone
def interquartile_mean(scores: ArrayLike) -> float:
    """Return the mean of the middle half of `scores`, any shape: a quarter is cut off at either end.

    As `scipy.stats.trim_mean(scores, 0.25, axis=None)`, the aggregate of Agarwal et al. 2021 ("Deep reinforcement
    learning at the edge of the statistical precipice"): less noisy than the median, less moved by outliers than the
    mean. Of fewer than four scores nothing is cut off.
    """
    return float(_iqm(np.asarray(scores, np.float64).reshape(1, -1))[0])


def iqm_interval(scores: ArrayLike, *, level: float = 0.95, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Return the interquartile mean of `scores` (S, T) with percentile limits of the stratified bootstrap.

    S trainings in each of T tasks; within each task trainings are drawn anew, independently of the other tasks
    (Agarwal et al. 2021). Tasks are worlds in which one trains anew. Populations are no tasks: a training meets all of
    them, so give its mean over them as its score, (S, 1).
    """
    x = _table(scores, "scores")
    rng = np.random.default_rng(seed)
    n_seeds, n_tasks = x.shape
    drawn = rng.integers(n_seeds, size=(resamples, n_seeds, n_tasks))
    again = x[drawn, np.arange(n_tasks)].reshape(resamples, -1)
    low, high = np.quantile(_iqm(again), _tails(level))
    return Estimate(interquartile_mean(x), float(low), float(high), n_seeds, n_tasks, level)


def _iqm(rows: FloatArray) -> FloatArray:
    n = rows.shape[1]
    cut = int(TRIM * n)
    return np.asarray(np.sort(rows, axis=1)[:, cut : n - cut].mean(axis=1))


# ---------------------------------------------------------------------------- over seeds and populations
def mean_over_both(table: ArrayLike, *, level: float = 0.95, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Return the mean of `table` (S, P) with an interval for other seeds *and* other populations."""
    x = _table(table, "table")
    return _pigeonhole(float(x.mean()), lambda u, v: ((u @ x) * v).mean(axis=1), x, x.shape, level, seed, resamples)


def percent_of_baseline(
    learned: ArrayLike, baseline: ArrayLike, *, level: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """Return mean(learned - baseline) in per cent of the size of mean(baseline), seeds and populations resampled.

    `learned` (S, P) holds each seed's profit in each population, `baseline` (P,) that of the best feasible other in the
    same ones. DataError where the baseline's mean is 0.
    """
    x, b = _table(learned, "learned"), _row(baseline, learned)
    if not b.mean():
        raise DataError("the baseline earns 0 on average", rule="a share of nothing is no number")
    ratio = float((x - b).mean() / abs(b.mean()))
    influence = (x - b) - float((x - b).mean() / b.mean()) * b  # of single entries, to first order

    def statistic(u: FloatArray, v: FloatArray) -> FloatArray:
        base = (v * b).mean(axis=1)
        return np.asarray(100 * (((u @ x) * v).mean(axis=1) - base) / np.abs(base))

    return _pigeonhole(100 * ratio, statistic, influence, x.shape, level, seed, resamples)


def probability_of_improvement(
    learned: ArrayLike, other: ArrayLike, *, level: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """Return the chance that a training beats `other` in a population, ties counting half.

    `learned` (S, P); `other` is a baseline (P,) or R trainings (R, P), each compared with each of the S. The mean over
    populations of the Mann-Whitney statistic of Agarwal et al. 2021; here the populations are resampled too.
    """
    x = _table(learned, "learned")
    y = np.atleast_2d(_finite(other, "other"))
    if y.shape[1] != x.shape[1]:
        raise DataError(f"{x.shape[1]} populations against {y.shape[1]}", rule="pairs are the same populations")
    wins = (x[:, None, :] > y[None]) + 0.5 * (x[:, None, :] == y[None])  # (S, R, P)
    w = _weights(np.random.default_rng(seed + 1), len(y), resamples)

    def statistic(u: FloatArray, v: FloatArray) -> FloatArray:
        return np.asarray(np.einsum("bs,br,bp,srp->b", u, w, v, wins, optimize=True) / x.shape[1])

    found = _pigeonhole(float(wins.mean()), statistic, wins, x.shape, level, seed, resamples)
    return found._replace(low=max(found.low, 0.0), high=min(found.high, 1.0))


def share_held(held: ArrayLike, *, level: float = 0.95, seed: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Return the share of `held` (S, P) that is true: every active constraint holds for a seed in a population.

    One seed: Wilson's interval. More: the wider of the two-way bootstrap's and Wilson's with P trials, since where
    everything holds a bootstrap sees no doubt at all.
    """
    x = _table(held, "held")
    share = float(x.mean())
    low, high = (float(limit) for limit in wilson(share * x.shape[1], x.shape[1], level=level))
    if len(x) >= LEAST_SEEDS:
        both = mean_over_both(x, level=level, seed=seed, resamples=resamples)
        low, high = max(0.0, min(low, both.low)), min(1.0, max(high, both.high))
    return Estimate(share, low, high, len(x), x.shape[1], level)


def _pigeonhole(
    value: float,
    statistic: Callable[[FloatArray, FloatArray], FloatArray],
    influence: FloatArray,
    shape: tuple[int, ...],
    level: float,
    seed: int,
    resamples: int,
) -> Estimate:
    """Return `value` with percentile limits of `statistic`, moved away from it as far as few rows demand.

    `statistic` takes weights of seeds (B, S), each row adding up to 1, and of populations (B, P), with mean 1.
    `influence` has an axis for each thing that is resampled and says how its entries move the statistic. One seed is
    taken as given: then only populations are resampled, and nothing is said of other seeds.
    """
    n_seeds, n_populations = shape
    rng = np.random.default_rng(seed)
    u, v = _weights(rng, n_seeds, resamples), n_populations * _weights(rng, n_populations, resamples)
    low, high = np.quantile(statistic(u, v), _tails(level))
    wider = _widening(influence, level)
    low, high = (min(value - wider * (value - low), value), max(value + wider * (high - value), value))
    return Estimate(value, float(low), float(high), n_seeds, n_populations, level)


def _weights(rng: np.random.Generator, n: int, resamples: int) -> FloatArray:
    """Return how often each of `n` is drawn, as shares, (resamples, n)."""
    return np.asarray(rng.multinomial(n, np.full(n, 1 / n), size=resamples) / n)


def _widening(influence: FloatArray, level: float) -> float:
    """Return by how much percentile limits are too narrow for so few of each axis."""
    axes = [axis for axis in range(influence.ndim) if influence.shape[axis] > 1]
    freedom = np.array([influence.shape[axis] - 1 for axis in axes])
    others = [tuple(other for other in range(influence.ndim) if other != axis) for axis in axes]
    variances = np.array([influence.mean(axis=rest).var(ddof=1) for rest in others]) / (freedom + 1)
    if not variances.sum():
        return 1.0
    unseen = variances.sum() / (variances * freedom / (freedom + 1)).sum()
    df = variances.sum() ** 2 / (variances**2 / freedom).sum()
    quantile = 0.5 + level / 2
    return float(np.sqrt(unseen) * stdtrit(df, quantile) / ndtri(quantile))


def _tails(level: float) -> tuple[float, float]:
    if not 0 < level < 1:
        raise DataError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
    return 0.5 - level / 2, 0.5 + level / 2


def _table(values: ArrayLike, name: str) -> FloatArray:
    x = _finite(values, name)
    if x.ndim != 2 or not x.size:
        raise DataError(f"{name} has shape {x.shape}", rule="a row per seed, a column per population")
    return x


def _row(values: ArrayLike, like: ArrayLike) -> FloatArray:
    x, n = _finite(values, "baseline"), np.asarray(like).shape[1]
    if x.shape != (n,):
        raise DataError(f"baseline has shape {x.shape}, for {n} populations", rule="pairs are the same populations")
    return x


def _finite(values: ArrayLike, name: str) -> FloatArray:
    x = np.asarray(values, np.float64)
    if not np.isfinite(x).all():
        raise DataError(f"{name} holds a number that is not finite")
    return x
