"""Purchases of customers of whom only recency, frequency and age are known: BG/NBD, with Gamma-Gamma for their value.

While alive a customer buys at rate lambda; after each purchase they leave with chance p. Lambda is gamma(r, alpha), p
is beta(a, b) between customers. x repeat purchases, the last at age t_x, of a customer of age T have the likelihood

    L = B(a, b + x) / B(a, b) * Gamma(r + x) alpha^r / Gamma(r) * [ (alpha + T)^-(r + x)
        + (x > 0) a / (b + x - 1) (alpha + t_x)^-(r + x) ]

Spend per purchase is gamma with shape p and rate v, v is gamma(q, gamma) between customers and independent of how often
they buy. Any unit of time will do, as long as it is one.

Sources: Fader, Hardie and Lee, "'Counting your customers' the easy way", Marketing Science 24 (2005), equations 6, 7, 8
and 10; Fader and Hardie, "The gamma-gamma model of monetary value" (2013); Hardie and Fader, "Computing P(alive) using
the BG/NBD model" (2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln, hyp2f1

__all__ = [
    "LEAST_REPEATERS",
    "BgNbd",
    "GammaGamma",
    "alive",
    "expected_purchases",
    "expected_spend",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "living_rate",
    "log_likelihood",
    "log_likelihood_of_spend",
]

Floats = NDArray[np.float64]

LEAST_REPEATERS = 20  # customers with a repeat purchase, below which four parameters cannot be told
_BOUND = 12.0  # of the logarithm of every parameter


class BgNbd(NamedTuple):
    """How often customers buy and when they leave."""

    r: float  # shape of the purchase rates
    alpha: float  # their rate: a mean rate is r / alpha per unit of time
    a: float  # of the chance to leave after a purchase
    b: float


class GammaGamma(NamedTuple):
    """What customers spend per purchase."""

    p: float  # shape within a customer
    q: float  # shape between customers
    v: float  # scale between customers, money: the mean is p v / (q - 1)


def log_likelihood(model: BgNbd, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return the log-likelihood of each customer, shape (N,)."""
    r, alpha, a, b = model
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    lived = -(r + x) * np.log(alpha + age)
    left = np.log(a / np.maximum(b + x - 1, 1e-12)) - (r + x) * np.log(alpha + t_x)
    return np.asarray(shared + np.where(x > 0, np.logaddexp(lived, left), lived))


def fit_bg_nbd(x: Floats, t_x: Floats, age: Floats, weight: Floats | None = None) -> BgNbd:
    """Return the maximum-likelihood model of customers with x repeat purchases, the last at age t_x, of age `age`.

    Customer i counts `weight[i]` times. A weak pull of the log parameters to 0 keeps what the data cannot tell finite;
    time is measured in mean ages, so that the unit does not matter.
    """
    from scipy.optimize import minimize  # slow to load; only where it is asked for

    count = np.ones(len(x)) if weight is None else weight
    unit = float(count @ age / count.sum())
    short, last = age / unit, t_x / unit

    def loss(theta: Floats) -> float:
        value = count @ log_likelihood(BgNbd(*np.exp(theta)), x, last, short)
        return float(-value / count.sum() + 0.05 * (theta**2).sum() / count.sum())

    best = min(
        (
            minimize(loss, np.array(start), method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 4)
            for start in ([0.0, 0.0, 0.0, 1.0], [0.5, -1.0, -1.0, 1.0])
        ),
        key=lambda found: float(found.fun),
    )
    r, alpha, a, b = np.exp(best.x).tolist()
    return BgNbd(r, alpha * unit, a, b)


def alive(model: BgNbd, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return the chance that each customer has not left; 1 without a repeat purchase, before which nobody leaves."""
    r, alpha, a, b = model
    odds = np.log(a / np.maximum(b + x - 1, 1e-12)) + (r + x) * np.log((alpha + age) / (alpha + t_x))
    return np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


def living_rate(model: BgNbd, x: Floats, age: Floats) -> Floats:
    """Return the expected purchase rate of each customer, given that they have not left."""
    return np.asarray((model.r + x) / (model.alpha + age))


def expected_purchases(model: BgNbd, time: float, x: Floats, t_x: Floats, age: Floats) -> Floats:
    """Return the expected purchases of each customer within the next `time` (equation 10 of the paper)."""
    r, alpha, a, b = model
    z = time / (alpha + age + time)
    shrink = ((alpha + age) / (alpha + age + time)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    return np.asarray((a + b + x - 1) / (a - 1) * (1 - shrink) * alive(model, x, t_x, age))


def log_likelihood_of_spend(model: GammaGamma, x: Floats, mean: Floats) -> Floats:
    """Return the log-likelihood of each customer's mean spend over x purchases, shape (N,)."""
    p, q, v = model
    return np.asarray(
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(mean)
        + p * x * np.log(x)
        - (p * x + q) * np.log(v + x * mean)
    )


def fit_gamma_gamma(x: Floats, mean: Floats) -> GammaGamma:
    """Return the maximum-likelihood model of customers' mean spend over x purchases; others than x, mean > 0 are left
    out.

    q stays above 1, so that the mean exists.
    """
    from scipy.optimize import minimize  # slow to load; only where it is asked for

    use = (x > 0) & (mean > 0)
    n, money = x[use], mean[use]
    unit = float(money.mean())

    def parts(theta: Floats) -> GammaGamma:
        p, q, v = np.exp(theta).tolist()
        return GammaGamma(p, 1 + q, v)

    def loss(theta: Floats) -> float:
        value = log_likelihood_of_spend(parts(theta), n, money / unit).sum()
        return float((-value + 0.05 * (theta**2).sum()) / len(n))

    found = minimize(loss, np.array([1.0, 0.5, 0.0]), method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 3)
    p, q, v = parts(found.x)
    return GammaGamma(p, q, v * unit)


def expected_spend(model: GammaGamma, x: Floats, mean: Floats) -> Floats:
    """Return the expected spend per purchase of each customer: their own mean, pulled to everyone's (p v / (q - 1)).

    A customer without a purchase is expected to spend what everyone does.
    """
    p, q, v = model
    return np.asarray(p * (v + x * np.where(x > 0, mean, 0.0)) / (p * x + q - 1))
