"""Regularised regression with any mean: Fisher scoring, and how strongly to pull together from the data themselves.

A model gives the mean of every row and its derivative by the coefficients. Coefficients of one pool are normal around 0
with one variance, which is found by empirical Bayes: expectation-maximisation of the marginal likelihood in Laplace's
approximation. So coefficients of small groups, of which the data tell little, end near 0, that is near what is common.

Sources: Fisher scoring, McCullagh and Nelder, "Generalized linear models" (1989), chapter 2; the variance of a pool,
Laird and Ware, "Random-effects models for longitudinal data", Biometrics 38 (1982).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BERNOULLI", "FREE", "Family", "Fitted", "Model", "fit_pooled", "maximise", "poisson"]

Floats = NDArray[np.float64]
Model = Callable[[Floats], tuple[Floats, Floats]]  # coefficients (p,) -> means (n,), derivatives (n, p)

FREE = -1  # the pool of coefficients whose precision is given and stays
_FIRST_VARIANCE = 0.1
_LEAST_VARIANCE = 1e-4  # standard deviation 0.01: nothing to tell apart
_WORTH = 1.0  # coefficients that the first variance weighs, so that a pool of two is not taken at its word


class Family(NamedTuple):
    """How outcomes scatter around their mean."""

    variance: Callable[[Floats], Floats]
    fit: Callable[[Floats, Floats], Floats]  # outcomes, means -> log-likelihood of each row


class Fitted(NamedTuple):
    """Coefficients and the precisions that they were pulled by."""

    coefficients: Floats  # (p,)
    precision: Floats  # (p,)


def _bernoulli(y: Floats, mean: Floats) -> Floats:
    return np.asarray(y * np.log(mean) + (1 - y) * np.log1p(-mean))


BERNOULLI = Family(lambda mean: mean * (1 - mean), _bernoulli)


def poisson(dispersion: float) -> Family:
    """Return the quasi-Poisson family: variance proportional to the mean, so that fitted totals are the totals seen."""
    return Family(lambda mean: dispersion * mean, lambda y, mean: (y * np.log(mean) - mean) / dispersion)


def maximise(
    model: Model,
    y: Floats,
    weight: Floats,
    start: Floats,
    precision: Floats,
    *,
    family: Family = BERNOULLI,
    steps: int = 25,
    tolerance: float = 1e-4,
) -> tuple[Floats, Floats]:
    """Return coefficients that maximise the penalised likelihood, and the information matrix (p, p) there.

    Penalties pull to 0. A step that does not improve is halved; the search ends when no coefficient moves by more than
    `tolerance` of its own standard error, or of 1.
    """
    theta = start.copy()
    mean, slope = model(theta)
    value = _penalised(y, mean, weight, theta, precision, family)
    information = np.diag(precision)
    for _ in range(steps):
        scaled = slope * (weight / family.variance(mean))[:, None]
        information = slope.T @ scaled + np.diag(precision)
        step = np.linalg.solve(information, scaled.T @ (y - mean) - precision * theta)
        for _ in range(12):
            moved = theta + step
            new_mean, new_slope = model(moved)
            new_value = _penalised(y, new_mean, weight, moved, precision, family)
            if new_value >= value - 1e-9 * abs(value):
                break
            step = step / 2
        else:
            break
        theta, mean, slope, value = moved, new_mean, new_slope, new_value
        if float(step @ information @ step) < tolerance * len(theta):
            break
    return theta, information


def fit_pooled(
    model: Model,
    y: Floats,
    weight: Floats,
    start: Floats,
    pool: NDArray[np.intp],
    precision: Floats,
    *,
    family: Family = BERNOULLI,
    rounds: int = 15,
) -> Fitted:
    """Fit coefficients whose `pool` (p,) says whose variance they share; `FREE` ones keep the given `precision`."""
    theta, kept = start, np.where(pool == FREE, precision, 1 / _FIRST_VARIANCE)
    pools = [p for p in np.unique(pool) if p != FREE]
    for _ in range(rounds):
        theta, information = maximise(model, y, weight, theta, kept, family=family, steps=6)
        uncertain = np.diag(np.linalg.inv(information))
        before = kept.copy()
        for p in pools:
            mine = pool == p
            total = float((theta[mine] ** 2 + uncertain[mine]).sum()) + _WORTH * _FIRST_VARIANCE
            kept[mine] = 1 / max(total / (mine.sum() + _WORTH), _LEAST_VARIANCE)
        if np.abs(np.log(kept / before)).max() < 0.02:
            break
    theta, _ = maximise(model, y, weight, theta, kept, family=family)
    return Fitted(theta, kept)


def _penalised(y: Floats, mean: Floats, weight: Floats, theta: Floats, precision: Floats, family: Family) -> float:
    return float(weight @ family.fit(y, mean) - precision @ theta**2 / 2)
