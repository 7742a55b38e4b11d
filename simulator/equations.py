"""The behaviour equations: small pure functions, each with its source, shared by the kernel and its reference.

They take and give float32: scalars inside the compiled kernel, arrays in the NumPy reference. Their agreement therefore
proves nothing about the equations themselves; `tests/simulator/test_equations.py` holds them against closed forms,
limits and signs. None has a branch, so that compiled loops over them become vector instructions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from evenhand.simulator.floats import Real, choose, exp, log, normal_chance, normal_density, sigmoid

__all__ = [
    "churn_probability",
    "click_probability",
    "conversion_probability",
    "decayed",
    "drifted",
    "empty_chance",
    "expected_profit",
    "log_lift",
    "log_rate",
    "open_probability",
    "period_profit",
    "return_probability",
    "smoothed",
    "trip_count",
    "trip_law",
    "trips_spend",
    "unsubscribe_probability",
]

_F = np.float32
_ZERO, _QUARTER, _HALF, _ONE, _TWO = _F(0.0), _F(0.25), _F(0.5), _F(1.0), _F(2.0)
_LEAST_SPREAD, _LEAST_RATE = _F(1e-3), _F(1e-6)
_MOST_TRIPS = _F(1000.0)


@register_jitable(forceinline=True)
def open_probability(openness: Real, fatigue: Real, fatigue_open: Real, weather_effect: Real, weather: Real) -> Real:
    """Return the chance that a delivered contact is opened: logistic, with log-odds falling linearly in fatigue.

    Source: the logistic response of e-mail opens with a goodwill stock in Zhang, Kumar and Cosguner, "Dynamically
    managing a profitable email marketing program", Journal of Marketing Research 54 (2017); weather: Li, Reinecke and
    Murtha, "Sunny, rainy, and cloudy with a chance of mobile promotion effectiveness", Marketing Science 36 (2017).
    """
    return sigmoid(openness + weather_effect * weather - fatigue_open * fatigue)


@register_jitable(forceinline=True)
def click_probability(interest: Real, loading: Real, taste: Real) -> Real:
    """Return the chance that an opened contact is clicked: logistic in interest and in a drifting taste.

    Source: preferences as an autoregressive state in Lachaab, Ansari, Jedidi and Trabelsi, "Modeling preference
    evolution in discrete choice models", Quantitative Marketing and Economics 4 (2006).
    """
    return sigmoid(interest + loading * taste)


@register_jitable(forceinline=True)
def conversion_probability(
    closing: Real, campaign_closing: Real, dependence_redeem: Real, dependence: Real, discounted: Real
) -> Real:
    """Return the chance that a clicked offer is redeemed: logistic; who depends on discounts takes one more readily.

    `discounted` is 1 where the campaign has a discount, else 0. Source: Anderson and Simester, "Long-run effects of
    promotion depth on new versus established customers", Marketing Science 23 (2004).
    """
    return sigmoid(closing + campaign_closing + dependence_redeem * dependence * discounted)


@register_jitable(forceinline=True)
def log_lift(lift: Real, affinity: Real, fatigue: Real, fatigue_lift: Real, waiting: Real, discounted: Real) -> Real:
    """Return the log factor by which an opened offer raises the trip rate: an exposure lift worn by fatigue, and the
    end of waiting where the offer has a discount.

    Source: exposure to a grocery coupon campaign lifts trips also where nothing is redeemed (Venkatesan and Farris,
    "Measuring and managing returns from retailer-customized coupon campaigns", Journal of Marketing 76 (2012)).
    """
    return lift * affinity * exp(-fatigue_lift * fatigue) + waiting * discounted


@register_jitable(forceinline=True)
def log_rate(rate: Real, log_factor: Real, drift: Real, waiting: Real) -> Real:
    """Return the log trip rate without an offer: habit, season and shocks, drift, less waiting for the next discount.

    Source: promotions teach customers to wait: Mela, Gupta and Lehmann, "The long-term impact of promotion and
    advertising on consumer brand choice", Journal of Marketing Research 34 (1997).
    """
    return log(choose(rate < _LEAST_RATE, _LEAST_RATE, rate)) + log_factor + drift - waiting


@register_jitable(forceinline=True)
def trip_law(size: Real, dispersion: Real) -> Any:
    """Return alpha and beta of the amount X = (alpha + beta z)^2 of trips before rounding, whose mean is `size`.

    With M = size and q = dispersion / 4, X = M (sqrt(M) + sqrt(q) z)^2 / (M + q): a squared normal of variance near
    dispersion * M, skewed about as weekly trips are. Source: the variance-stabilising square root of counts (Anscombe,
    "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35 (1948)) taken backwards.
    """
    q = _QUARTER * dispersion
    whole = _ONE / np.sqrt(size + q)
    return size * whole, np.sqrt(size) * np.sqrt(q) * whole


@register_jitable(forceinline=True)
def trip_count(amount: Real, u: Real, away: Real) -> Real:
    """Return the trips of a period: none with chance `away`, else `amount` rounded at random to a neighbouring whole
    number such that its mean stays: floor(X + u').

    With away = a / (mu + a) and E X = mu + a, trips have mean mu exactly. Less dispersed than a Poisson count where X
    hardly varies; monotone in the amount at equal luck. Capped at 1,000. Source: stochastic rounding (Forsythe 1959;
    Croci et al., "Stochastic rounding: implementation, error analysis and applications", Royal Society Open Science 9
    (2022)).
    """
    trips = np.floor(amount + (u - away) / (_ONE - away))
    trips = choose(trips > _MOST_TRIPS, _MOST_TRIPS, trips)
    return choose(u < away, _ZERO, trips)


@register_jitable(forceinline=True)
def empty_chance(alpha: Real, beta: Real, scale: Real, strike: Real, away: Real) -> Real:
    """Return the chance of no trip when the amount is X = scale (alpha + beta z)^2; `strike` is 1 / scale.

    away + (1 - away) E (1 - X)+, where the call E (X - 1)+ is a truncated moment of a non-central chi-square with one
    degree of freedom and the put follows from it. Oracle: `simulator/habits/counts.py` in double precision.
    """
    beta = choose(beta < _LEAST_SPREAD, _LEAST_SPREAD, beta)
    steep = _ONE / beta
    root = np.sqrt(strike)
    above, below = (root - alpha) * steep, (-root - alpha) * steep
    at_above, at_below = normal_density(above), normal_density(below)
    both = normal_chance(-above, at_above) + normal_chance(below, at_below)
    twice = _TWO * alpha
    edges = (twice + beta * above) * at_above - (twice + beta * below) * at_below
    size = alpha * alpha + beta * beta
    put = _ONE - scale * (size - ((size - strike) * both + beta * edges))
    put = choose(put < _ZERO, _ZERO, choose(put > _ONE, _ONE, put))
    return away + (_ONE - away) * put


@register_jitable(forceinline=True)
def trips_spend(trips: Real, basket: Real, basket_sd: Real, normal: Real) -> Real:
    """Return the spend of a period's trips, money: log-normal with mean trips * basket, luck averaging out in trips.

    Source: log-normal basket values with a sum matched by its mean (Fenton 1960).
    """
    many = choose(trips < _ONE, _ONE, trips)
    sd = basket_sd / np.sqrt(many)
    return trips * basket * exp(sd * normal - _HALF * sd * sd)


@register_jitable(forceinline=True)
def unsubscribe_probability(base: Real, fatigue: Real, fatigue_unsubscribe: Real) -> Real:
    """Return the chance that a delivered contact ends consent: a log-linear hazard in fatigue, capped at one half."""
    p = base * exp(fatigue_unsubscribe * fatigue)
    return choose(p > _HALF, _HALF, p)


@register_jitable(forceinline=True)
def churn_probability(
    hazard: Real, fatigue: Real, fatigue_churn: Real, satisfaction: Real, satisfaction_churn: Real
) -> Real:
    """Return the chance to leave in a period: proportional hazard, capped at one half.

    Source: the proportional hazard model (Cox 1972); that contact itself can drive customers away is shown in Ascarza,
    Iyengar and Schleicher, "The perils of proactive churn prevention", Journal of Marketing Research 53 (2016).
    """
    p = hazard * exp(fatigue_churn * fatigue - satisfaction_churn * satisfaction)
    return choose(p > _HALF, _HALF, p)


@register_jitable(forceinline=True)
def return_probability(return_base: Real, return_contact: Real, opened: Real) -> Real:
    """Return the chance that someone who left comes back: unasked, or won back by an offer that was opened.

    `opened` is 1 or 0, or the chance to open. Source: Kumar, Bhagwat and Zhang, "Regaining 'lost' customers", Journal
    of Marketing 79 (2015).
    """
    return return_base + return_contact * opened


@register_jitable(forceinline=True)
def decayed(stock: Real, decay: Real, added: Real) -> Real:
    """Return a stock after one period: geometric decay, normalised so that a constant 1 converges to 1.

    Source: the stock of past contacts in Simester, Sun and Tsitsiklis, "Dynamic catalog mailing policies", Management
    Science 52 (2006); the geometric form is Nerlove and Arrow's (1962).
    """
    return decay * stock + (_ONE - decay) * added


@register_jitable(forceinline=True)
def drifted(value: Real, persistence: Real, sd: Real, normal: Real) -> Real:
    """Return an AR(1) value after one period whose stationary law is normal with mean 0 and `sd`."""
    return persistence * value + sd * np.sqrt(_ONE - persistence * persistence) * normal


@register_jitable(forceinline=True)
def smoothed(value: Real, kept: Real, observed: Real) -> Real:
    """Return the exponentially smoothed value after one more observation."""
    return kept * value + (_ONE - kept) * observed


@register_jitable(forceinline=True)
def period_profit(spend: Real, margin_rate: Real, cost: Real, discount: Real) -> Real:
    """Return margin less contact cost less the business's own part of the discount, money."""
    return margin_rate * spend - cost - discount


@register_jitable(forceinline=True)
def expected_profit(
    p_open: Real, p_redeem: Real, calm: Real, lifted: Real, home: Real, basket: Real, bonus: Real, margin_rate: Real,
    cost: Real, discount: Real,
) -> Real:  # fmt: skip
    """Return the expected profit of a period given everything that stands before it, money.

    `p_open` is the chance that the contact arrives and is opened (0 without one), `p_redeem` that of redeeming then.
    Trips have mean `calm`, opened `lifted`, and baskets mean `basket`; a redemption adds `bonus` baskets and, to who
    would have stayed at home (chance `home`), the trip itself. The law of total expectation over opening, redemption,
    trips and baskets.
    """
    redeemed = p_redeem * (margin_rate * basket * (bonus + home) - discount)
    trips = calm + p_open * (lifted - calm)
    return margin_rate * basket * trips + p_open * redeemed - cost
