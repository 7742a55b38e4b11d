"""What contact causes, from a randomised log with customers left without: visits, conversions and spend per campaign.

In the contact's period a customer with features x visits by themselves with chance b(x); a contact by campaign c
brings a visit with chance q_c(x), independently. Who visits by themselves converts with chance k(x), who was brought by
the contact with the same log-odds shifted by the campaign; who converts spends m(x) on average, times 1 + bonus if the
contact did it:

    P(visit)   = 1 - (1 - b)(1 - q_c)
    P(convert) = 1 - (1 - b k)(1 - q_c k_c),   logit k_c = logit k + shift_c
    E(spend)   = m (P(convert) + bonus_c q_c k_c)

The kernel works by the same structure. q_c is a chance: a campaign that *lowers* visits of some customers is taken to
do nothing there (q_c near 0); `Response.bounded` says for which share of customers the fit asked for less than a tenth
of a percent. Nor does a contact make baskets smaller: bonuses are at least 0. Slopes of a campaign are those that all
campaigns share plus its own, each pulled to 0 by empirical Bayes; so are levels of categories and groups of customers
(partial pooling), and shifts and bonuses of campaigns.

Sources: noisy-or, Pearl, "Probabilistic reasoning in intelligent systems" (1988), 4.3; hurdle of visit, conversion and
spend as usual in response models (Rossi, Allenby and McCulloch, "Bayesian statistics and marketing" (2005)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from evenhand.simulator.answers.scoring import BERNOULLI, FREE, Fitted, fit_pooled, maximise, poisson

__all__ = ["LEAST_EVENTS", "Expected", "Outcomes", "Response", "expected", "fit_response", "refit_response", "with_one"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

LEAST_EVENTS = 5  # visits, conversions of an arm, below which a number would speak about a handful of people
CERTAIN = 8.0  # log-odds of what always happens
_LEAST, _MOST = 1e-9, 1 - 1e-9
_FIRST_BONUS = 0.05
_INTERCEPT = 0.05  # precision of intercepts, around START: standard deviation 4.5


class Outcomes(NamedTuple):
    """One contact (or none) per row, and what the contact's period brought; None where the log does not tell."""

    arm: Rows  # (M,) 0 no contact, then campaigns 1..C-1
    visited: Floats | None  # (M,) 0 or 1
    converted: Floats | None  # (M,) 0 or 1
    spend: Floats | None  # (M,) money


class Response(NamedTuple):
    """Coefficients on (1, columns of features), log-odds or logs; one row per contact campaign where there are two
    axes.
    """

    visit: Floats  # (1 + D,) organic visits
    click: Floats  # (C - 1, 1 + D) visits that the contact brings
    closing: Floats  # (1 + D,) conversion of who visits
    shift: Floats  # (C - 1,) of closing, where the contact brought the visit
    basket: Floats  # (1 + D,) log of spend per conversion
    bonus: Floats  # (C - 1,) extra spend of conversions that the contact brought, in baskets
    spread: float  # sd of the log of one conversion's spend
    bounded: float  # share of customers times campaigns whose q_c is below a tenth of a percent
    precisions: tuple[Floats, Floats, Floats]  # by which visits, conversions and spend were pulled


class Expected(NamedTuple):
    """Expected outcomes of one period, shape (N,) each."""

    visit: Floats
    conversion: Floats
    spend: Floats


def expected(response: Response, x: Floats, arm: Rows) -> Expected:
    """Return what customers with columns `x` (N, D) do in a period in which they get `arm` (N,)."""
    chance = _chances(response, x, arm)
    b, q, k, k_c = chance
    brought = q * k_c
    conversion = 1 - (1 - b * k) * (1 - brought)
    bonus = np.r_[0.0, response.bonus][arm]
    basket = np.exp(with_one(x) @ response.basket)
    return Expected(1 - (1 - b) * (1 - q), conversion, basket * (conversion + bonus * brought))


def fit_response(x: Floats, is_level: NDArray[np.bool_], outcomes: Outcomes, campaigns: int) -> Response:
    """Fit to columns `x` (M, D) of which `is_level` stand for levels; strengths of pulling are found as well."""
    return _fit(x, is_level, outcomes, campaigns, np.ones(len(x)), None)


def refit_response(
    x: Floats, is_level: NDArray[np.bool_], outcomes: Outcomes, campaigns: int, weight: Floats, point: Response
) -> Response:
    """Refit with row i counting `weight[i]` times (a bootstrap sample), pulled as strongly as `point` was."""
    return _fit(x, is_level, outcomes, campaigns, weight, point)


def _fit(
    x: Floats,
    is_level: NDArray[np.bool_],
    outcomes: Outcomes,
    campaigns: int,
    weight: Floats,
    point: Response | None,
) -> Response:
    visits = _Visits(with_one(x), is_level, outcomes.arm, campaigns)
    seen = outcomes.visited if outcomes.visited is not None else outcomes.converted
    if seen is None:
        raise ValueError("a response needs visits or conversions")
    first = visits.fit(seen, weight, point)
    visit, click = visits.split(first.coefficients)
    none = np.zeros(x.shape[1] + 1)
    response = Response(
        visit=visit,
        click=click,
        closing=np.r_[CERTAIN, none[1:]],
        shift=np.zeros(campaigns),
        basket=none,
        bonus=np.zeros(campaigns),
        spread=0.0,
        bounded=float((expit(visits.x @ click.T) < 1e-3).mean()),
        precisions=(first.precision, none[:0], none[:0]),
    )
    if outcomes.converted is not None and outcomes.visited is not None:
        response = _with_closing(response, visits, outcomes, weight, point)
    if outcomes.converted is not None and outcomes.spend is not None:
        response = _with_spend(response, visits, outcomes, weight, point)
    return response


class _Visits:
    """The visit model on fixed rows: organic coefficients, those that campaigns share, then each campaign's own."""

    def __init__(self, x: Floats, is_level: NDArray[np.bool_], arm: Rows, campaigns: int) -> None:
        self.x, self.arm, self.campaigns = x, arm, campaigns
        self.width = x.shape[1]
        self.contacted = np.flatnonzero(arm > 0)
        self.is_level = is_level

    def split(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return organic coefficients (1 + D,) and those of contacts (C - 1, 1 + D)."""
        rows = theta.reshape(-1, self.width)
        return rows[0], rows[1] + rows[2:]

    def model(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return the chance of a visit and its derivatives."""
        visit, click = self.split(theta)
        b = expit(self.x @ visit)
        q = np.zeros(len(b))
        for c in range(self.campaigns):
            mine = self.arm == c + 1
            q[mine] = expit(self.x[mine] @ click[c])
        p = np.clip(1 - (1 - b) * (1 - q), _LEAST, _MOST)
        slope = np.zeros((len(b), len(theta)))
        width = self.width
        slope[:, :width] = self.x * ((1 - q) * b * (1 - b))[:, None]
        by_click = self.x * ((1 - b) * q * (1 - q))[:, None]
        slope[:, width : 2 * width] = by_click
        for c in range(self.campaigns):
            mine = self.arm == c + 1
            slope[mine, (2 + c) * width : (3 + c) * width] = by_click[mine]
        return p, slope

    def fit(self, seen: Floats, weight: Floats, point: Response | None) -> Fitted:
        """Fit all coefficients, around a start that the arms' shares give."""
        if point is not None:
            start = np.concatenate([point.visit, np.zeros(self.width), point.click.ravel()])
            precision = point.precisions[0]
            # The shared part is where the campaigns' mean is best told apart from their own: precision-weighted.
            rows, own = point.click, precision.reshape(-1, self.width)
            shared = (rows * own[2:]).sum(0) / (own[1] + own[2:].sum(0))
            start = np.concatenate([point.visit, shared, (rows - shared).ravel()])
            return Fitted(maximise(self.model, seen, weight, start, precision, steps=8)[0], precision)
        share = [float(np.clip(seen[self.arm == a].mean(), 1e-4, 0.999)) for a in range(self.campaigns + 1)]
        brought = [max(1 - (1 - s) / (1 - share[0]), 1e-3) for s in share[1:]]
        rows = np.zeros((2 + self.campaigns, self.width))
        rows[0, 0] = _logit(share[0])
        rows[2:, 0] = [_logit(b) for b in brought]
        pools = np.stack([np.r_[FREE, 2 * block + self.is_level] for block in (0, 1, *[2] * self.campaigns)])
        precision = np.full(rows.shape, _INTERCEPT)
        precision[1, 0] = 1e6  # intercepts are each campaign's own
        return fit_pooled(self.model, seen, weight, rows.ravel(), pools.ravel(), precision.ravel())


def _with_closing(
    response: Response, visits: _Visits, outcomes: Outcomes, weight: Floats, point: Response | None
) -> Response:
    """Add conversion of who visited: chance that both or one of the ways there ended in a conversion."""
    if outcomes.visited is None or outcomes.converted is None:
        return response
    here = np.flatnonzero(outcomes.visited > 0)
    x, arm, converted = visits.x[here], outcomes.arm[here], outcomes.converted[here]
    b, q, _, _ = _chances(response, x[:, 1:], arm)
    visit = np.clip(1 - (1 - b) * (1 - q), _LEAST, 1)
    width, n = visits.width, len(here)

    def model(theta: Floats) -> tuple[Floats, Floats]:
        k = expit(x @ theta[:width])
        k_c = expit(x @ theta[:width] + np.r_[0.0, theta[width:]][arm])
        p = np.clip((1 - (1 - b * k) * (1 - q * k_c)) / visit, _LEAST, _MOST)
        by_k, by_kc = b * k * (1 - k) * (1 - q * k_c) / visit, q * k_c * (1 - k_c) * (1 - b * k) / visit
        slope = np.zeros((n, width + visits.campaigns))
        slope[:, :width] = x * (by_k + by_kc)[:, None]
        there = np.flatnonzero(arm > 0)
        slope[there, width + arm[there] - 1] = by_kc[there]
        return p, slope

    if point is not None:
        precision = point.precisions[1]
        theta, _ = maximise(model, converted, weight[here], np.r_[point.closing, point.shift], precision, steps=8)
    else:
        start = np.zeros(width + visits.campaigns)
        start[0] = _logit(float(np.clip(converted.mean(), 1e-4, 0.999)) if n else 0.05)
        pool = np.r_[FREE, np.where(visits.is_level, 1, 0), np.full(visits.campaigns, 2)]
        theta, precision = fit_pooled(
            model, converted, weight[here], start, pool, np.full(len(pool), _INTERCEPT), family=BERNOULLI
        )
    return response._replace(
        closing=theta[:width],
        shift=theta[width:],
        precisions=(response.precisions[0], precision, response.precisions[2]),
    )


def _with_spend(
    response: Response, visits: _Visits, outcomes: Outcomes, weight: Floats, point: Response | None
) -> Response:
    """Add spend per conversion: its mean by quasi-likelihood, so that totals are kept, and the spread around it."""
    if outcomes.converted is None or outcomes.spend is None:
        return response
    here = np.flatnonzero((outcomes.converted > 0) & (outcomes.spend > 0) & (weight > 0))
    if len(here) < LEAST_EVENTS:
        return response
    x, arm, spend, count = visits.x[here], outcomes.arm[here], outcomes.spend[here], weight[here]
    b, q, k, k_c = _chances(response, x[:, 1:], arm)
    by_contact = q * k_c / np.maximum(1 - (1 - b * k) * (1 - q * k_c), _LEAST)
    average = float(count @ spend / count.sum())
    width, n = visits.width, len(here)
    y = spend / average

    def model(theta: Floats) -> tuple[Floats, Floats]:
        base = np.exp(np.clip(x @ theta[:width], -20, 20))
        factor = 1 + np.maximum(np.r_[0.0, theta[width:]], 0.0)[arm] * by_contact
        slope = np.zeros((n, width + visits.campaigns))
        slope[:, :width] = x * (base * factor)[:, None]
        there = np.flatnonzero((np.r_[-1.0, theta[width:]] >= 0)[arm])
        slope[there, width + arm[there] - 1] = (base * by_contact)[there]
        return base * factor, slope

    family = poisson(max(float(count @ (y - 1) ** 2 / count.sum()), 1e-3))
    if point is not None:
        precision = point.precisions[2]
        start = np.r_[point.basket, np.maximum(point.bonus, _FIRST_BONUS)]
        start[0] -= np.log(average)
        theta, _ = maximise(model, y, count, start, precision, family=family, steps=8)
    else:
        pool = np.r_[FREE, np.where(visits.is_level, 1, 0), np.full(visits.campaigns, 2)]
        given = np.full(len(pool), _INTERCEPT)
        start = np.r_[np.zeros(width), np.full(visits.campaigns, _FIRST_BONUS)]
        theta, precision = fit_pooled(model, y, count, start, pool, given, family=family)
    mean = model(theta)[0]
    relative = float(count @ (y / mean - 1) ** 2 / count.sum())
    basket = theta[:width].copy()
    basket[0] += np.log(average)
    return response._replace(
        basket=basket,
        bonus=np.maximum(theta[width:], 0.0),
        spread=float(np.sqrt(np.log1p(relative))),
        precisions=(response.precisions[0], response.precisions[1], precision),
    )


def _chances(response: Response, x: Floats, arm: Rows) -> tuple[Floats, Floats, Floats, Floats]:
    """Return b, q, k and k_c of customers (N, D) in `arm` (N,)."""
    one = with_one(x)
    b, log_odds = expit(one @ response.visit), one @ response.closing
    q = np.zeros(len(x))
    for c, row in enumerate(response.click):
        mine = arm == c + 1
        q[mine] = expit(one[mine] @ row)
    return b, q, expit(log_odds), expit(log_odds + np.r_[0.0, response.shift][arm])


def with_one(x: Floats) -> Floats:
    """Return columns (N, D) after one of ones, (N, 1 + D)."""
    return np.column_stack([np.ones(len(x)), x])


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
