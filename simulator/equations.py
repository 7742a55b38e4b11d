"""The behaviour equations: small pure functions, each with its source, shared by the kernel and its reference.

They take and give scalars inside the compiled kernel and arrays in the NumPy reference, so their agreement proves
nothing about the equations themselves; `tests/simulator/test_equations.py` holds them against closed forms and limits.
"""

from __future__ import annotations

from numba import njit
from numpy import exp, float32, log

__all__ = [
    "churn_probability",
    "decayed",
    "expected_profit",
    "exposure_lift",
    "open_probability",
    "period_profit",
    "smoothed",
    "unsubscribe_probability",
]

_ONE = float32(1.0)


@njit(cache=True, inline="always")
def open_probability(openness, fatigue, fatigue_open):
    """Return the chance that a contact is opened: logistic, with log-odds falling linearly in fatigue.

    Source: the logistic response of e-mail opens with a goodwill stock in Zhang, Kumar and Cosguner, "Dynamically
    managing a profitable email marketing program", Journal of Marketing Research 54 (2017).
    """
    return _ONE / (_ONE + exp(fatigue_open * fatigue - openness))


@njit(cache=True, inline="always")
def exposure_lift(lift, affinity, fatigue, fatigue_lift):
    """Return the factor by which an opened offer raises the trip rate: log-linear, worn by fatigue, 1 without a lift.

    Source: exposure to a grocery coupon campaign lifts trips also where nothing is redeemed (Venkatesan and Farris,
    "Measuring and managing returns from retailer-customized coupon campaigns", Journal of Marketing 76 (2012)).
    """
    return exp(lift * affinity * exp(-fatigue_lift * fatigue))


@njit(cache=True, inline="always")
def unsubscribe_probability(base, fatigue, fatigue_unsubscribe):
    """Return the chance that a contact ends consent: a log-linear hazard in fatigue, capped at one half."""
    return min(base * exp(fatigue_unsubscribe * fatigue), float32(0.5))


@njit(cache=True, inline="always")
def churn_probability(hazard, fatigue, fatigue_churn, satisfaction, satisfaction_churn):
    """Return the chance to leave in a period: proportional hazard, capped at one half.

    Source: the proportional hazard model (Cox 1972); that contact itself can drive customers away is shown in Ascarza,
    Iyengar and Schleicher, "The perils of proactive churn prevention", Journal of Marketing Research 53 (2016).
    """
    return min(hazard * exp(fatigue_churn * fatigue - satisfaction_churn * satisfaction), float32(0.5))


@njit(cache=True, inline="always")
def decayed(stock, decay, added):
    """Return a stock after one period: geometric decay, normalised so that a constant 1 converges to 1.

    Source: the stock of past contacts in Simester, Sun and Tsitsiklis, "Dynamic catalog mailing policies", Management
    Science 52 (2006); the geometric form is Nerlove and Arrow's (1962).
    """
    return decay * stock + (_ONE - decay) * added


@njit(cache=True, inline="always")
def smoothed(value, kept, observed):
    """Return the exponentially smoothed value after one more observation."""
    return kept * value + (_ONE - kept) * observed


@njit(cache=True, inline="always")
def period_profit(spend, margin_rate, cost, discount):
    """Return margin less contact cost less the business's own part of the discount, money."""
    return margin_rate * spend - cost - discount


@njit(cache=True, inline="always")
def expected_profit(p_open, p_redeem, calm, lifted, size, away, basket, bonus, margin_rate, cost, discount):
    """Return the expected profit of a period with a contact, given everything that stands before it, money.

    Trips have mean (1 - away) * rate and baskets mean `basket`; a redemption adds `bonus` baskets and, to who would
    have stayed away (probability away + (1 - away) (size / (size + rate))^size), the trip itself. The law of total
    expectation over open, redemption, trips and baskets; the cap on trips is ignored.
    """
    none = away + (_ONE - away) * exp(-size * log(_ONE + lifted / size))
    redeemed = p_redeem * (margin_rate * basket * (bonus + none) - discount)
    trips = (_ONE - away) * (calm + p_open * (lifted - calm))
    return margin_rate * basket * trips + p_open * redeemed - cost
