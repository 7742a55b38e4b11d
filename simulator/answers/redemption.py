"""Who redeems, given contact: a ridge logistic hazard per week on observed features, and what features leave
open.

Contacts of most logs were not randomised. This model therefore *describes* redemption among the contacted; it says
nothing about what contact does to spend, which comes from stated priors, or from a randomised log (`response.py`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["ContactLog", "Redemption", "fit_redemption", "tells_redemption", "weekly_logit"]

Floats = NDArray[np.float64]

RIDGE = 4.0  # precision of the slopes of standardised features: slopes beyond one half per sd need evidence
EXTREME = 3.0  # standard deviations, beyond which a feature counts as this extreme
GUESS_WORTH = 20.0  # weeks of contact
ENOUGH_REDEEMED, ENOUGH_WEEKS = 10, 1_000  # below both, a prior says more than the log
FIRST_SPREAD = 0.8  # sd of the log hazard between customers when contacts do not repeat: judgement
SPREAD_WORTH = 5.0  # expected pairs of redemptions that this guess weighs


class ContactLog(NamedTuple):
    """Contacts in the order of the log: who, which campaign, how many weeks, in how many of them redeemed."""

    customer: NDArray[np.intp]  # (M,) rows of the customer table
    campaign: NDArray[np.intp]  # (M,) positions among the contact campaigns, 0..C-2
    weeks: Floats  # (M,) weeks of the campaign that the log covers
    redeemed: Floats  # (M,) weeks with a redemption


class Redemption(NamedTuple):
    """Weekly log-odds to redeem given contact: intercept of the campaign + slopes x standardised features."""

    intercept: Floats  # (C - 1,)
    slopes: Floats  # (F + 1,), the last one of the affinity
    spread: float  # sd of the log hazard between customers with equal features


def weekly_logit(model: Redemption, x: Floats, affinity: Floats) -> Floats:
    """Return weekly log-odds (N, C - 1) of customers with standardised features (N, F) and affinities (N, C -
    1).
    """
    z = np.clip(x, -EXTREME, EXTREME) @ model.slopes[:-1]
    fit = np.clip(affinity - 1, -EXTREME, EXTREME)
    return np.asarray(z[:, None] + model.slopes[-1] * fit + model.intercept)


def tells_redemption(log: ContactLog) -> bool:
    """Return whether a log is long enough that its redemptions say more than a prior."""
    return bool(log.redeemed.sum() >= ENOUGH_REDEEMED or log.weeks.sum() >= ENOUGH_WEEKS)


def fit_redemption(log: ContactLog, x: Floats, affinity: Floats, count: Floats, *, guess: float = 0.015) -> Redemption:
    """Fit by penalised iteratively reweighted least squares; customer i counts `count[i]` times.

    `guess` is the weekly chance that a prior expects; it weighs as much as `GUESS_WORTH` weeks of contact.

    `x` (N, F) are standardised features, `affinity` (N, C - 1). Campaigns without contacts get the mean
    intercept.
    """
    campaigns = affinity.shape[1]
    weight = count[log.customer]
    design = np.column_stack(
        [
            np.eye(campaigns)[log.campaign],
            np.clip(x, -EXTREME, EXTREME)[log.customer],
            np.clip(affinity[log.customer, log.campaign] - 1, -EXTREME, EXTREME),
        ]
    )
    share = (float(weight @ log.redeemed) + GUESS_WORTH * guess) / (float(weight @ log.weeks) + GUESS_WORTH)
    start = float(np.log(share / (1 - min(share, 0.5))))
    prior = np.r_[np.full(campaigns, start), np.zeros(design.shape[1] - campaigns)]
    precision = np.r_[np.full(campaigns, 0.1), np.full(design.shape[1] - campaigns, RIDGE)]
    beta = _ridge_logistic(design, log.redeemed, log.weeks, weight, prior, precision)
    p = expit(design @ beta)
    return Redemption(beta[:campaigns], beta[campaigns:], _spread(log, p, count))


def _ridge_logistic(
    design: Floats, y: Floats, trials: Floats, weight: Floats, prior: Floats, precision: Floats
) -> Floats:
    beta = prior.copy()
    for _ in range(50):
        p = expit(design @ beta)
        gradient = design.T @ (weight * (y - trials * p)) - precision * (beta - prior)
        curvature = (design.T * (weight * trials * p * (1 - p))) @ design + np.diag(precision)
        step = np.linalg.solve(curvature, gradient)
        beta = beta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return beta


def _spread(log: ContactLog, p: Floats, count: Floats) -> float:
    """Return the sd u of the log hazard that makes pairs of contacts of one customer redeem together as
    often.

    For rare events E[y1 y2] = n1 p1 n2 p2 exp(u^2) over pairs of contacts; a guess counts as some expected
    pairs.
    """
    n = len(count)
    expected = np.bincount(log.customer, log.weeks * p, n)
    squared = np.bincount(log.customer, (log.weeks * p) ** 2, n)
    seen = np.bincount(log.customer, log.redeemed, n)
    seen_squared = np.bincount(log.customer, log.redeemed**2, n)
    pairs = float(count @ (seen**2 - seen_squared)) / 2
    by_chance = float(count @ (expected**2 - squared)) / 2
    ratio = (pairs + SPREAD_WORTH * np.exp(FIRST_SPREAD**2)) / (by_chance + SPREAD_WORTH)
    return float(np.sqrt(np.log(max(ratio, 1.01))))
