"""The behaviour equations: small pure functions, each with its source, shared by the kernel and its reference.

They take and give float32: scalars inside the compiled kernel, arrays in the NumPy reference. Their agreement therefore
proves nothing about the equations themselves; `tests/simulator/test_equations.py` holds them against closed forms,
limits and signs. None has a branch, so that compiled loops over them become vector instructions.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from evenhand.simulator.floats import choose, exp, log, normal_chance, sigmoid

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
    "trip_spread",
    "trips_spend",
    "unsubscribe_probability",
]

_F = np.float32
_ZERO, _HALF, _ONE = _F(0.0), _F(0.5), _F(1.0)
_LEAST_SPREAD, _LEAST_RATE = _F(1e-3), _F(1e-6)
_MOST_TRIPS = _F(1000.0)


@register_jitable(forceinline=True)
def open_probability(openness, fatigue, fatigue_open, weather_effect, weather):  # type: ignore[no-untyped-def]
    """Return the chance that a delivered contact is opened: logistic, with log-odds falling linearly in fatigue.

    Source: the logistic response of e-mail opens with a goodwill stock in Zhang, Kumar and Cosguner, "Dynamically
    managing a profitable email marketing program", Journal of Marketing Research 54 (2017); weather: Li, Reinecke and
    Murtha, "Sunny, rainy, and cloudy with a chance of mobile promotion effectiveness", Marketing Science 36 (2017).
    """
    return sigmoid(openness + weather_effect * weather - fatigue_open * fatigue)


@register_jitable(forceinline=True)
def click_probability(interest, loading, taste):  # type: ignore[no-untyped-def]
    """Return the chance that an opened contact is clicked: logistic in interest and in a drifting taste.

    Source: preferences as an autoregressive state in Lachaab, Ansari, Jedidi and Trabelsi, "Modeling preference evolution
    in discrete choice models", Quantitative Marketing and Economics 4 (2006).
    """
    return sigmoid(interest + loading * taste)


@register_jitable(forceinline=True)
def conversion_probability(closing, campaign_closing, dependence_redeem, dependence, discounted):  # type: ignore[no-untyped-def]
    """Return the chance that a clicked offer is redeemed: logistic; who depends on discounts takes one more readily.

    `discounted` is 1 where the campaign has a discount, else 0. Source: Anderson and Simester, "Long-run effects of
    promotion depth on new versus established customers", Marketing Science 23 (2004).
    """
    return sigmoid(closing + campaign_closing + dependence_redeem * dependence * discounted)


@register_jitable(forceinline=True)
def log_lift(lift, affinity, fatigue, fatigue_lift, waiting, discounted):  # type: ignore[no-untyped-def]
    """Return the log factor by which an opened offer raises the trip rate: an exposure lift worn by fatigue, and the
    end of waiting where the offer has a discount.

    Source: exposure to a grocery coupon campaign lifts trips also where nothing is redeemed (Venkatesan and Farris,
    "Measuring and managing returns from retailer-customized coupon campaigns", Journal of Marketing 76 (2012)).
    """
    return lift * affinity * exp(-fatigue_lift * fatigue) + waiting * discounted


@register_jitable(forceinline=True)
def log_rate(rate, log_factor, drift, waiting):  # type: ignore[no-untyped-def]
    """Return the log trip rate without an offer: habit, season and shocks, drift, less waiting for the next discount.

    Source: promotions teach customers to wait: Mela, Gupta and Lehmann, "The long-term impact of promotion and
    advertising on consumer brand choice", Journal of Marketing Research 34 (1997).
    """
    return log(choose(rate < _LEAST_RATE, _LEAST_RATE, rate)) + log_factor + drift - waiting


@register_jitable(forceinline=True)
def trip_spread(rate, dispersion):  # type: ignore[no-untyped-def]
    """Return the log sd s of the log-normal that is rounded to trips: its variance is `dispersion` times its mean.

    s^2 = log(1 + dispersion / rate), so var = rate^2 (exp(s^2) - 1) = dispersion * rate.
    """
    spread = np.sqrt(log(_ONE + dispersion / rate))
    return choose(spread < _LEAST_SPREAD, _LEAST_SPREAD, spread)


@register_jitable(forceinline=True)
def trip_count(mean, spread, normal, u, away):  # type: ignore[no-untyped-def]
    """Return the trips of a period, 0 in weeks away, else X = mean exp(spread z - spread^2 / 2) rounded at random to a
    neighbouring whole number so that its mean stays: floor(X + u').

    E trips = (1 - away) mean exactly; var = dispersion mean + E[frac(X) (1 - frac(X))] when not away: less than a
    Poisson count has, where dispersion is small. With `spread` from the rate without an offer, more trips at a higher
    mean for the same luck. Capped at 1,000. Source: stochastic rounding (Forsythe 1959; Croci et al., "Stochastic
    rounding: implementation, error analysis and applications", Royal Society Open Science 9 (2022)) of the log-normal
    mixture of Bulmer, "On fitting the Poisson lognormal distribution", Biometrics 30 (1974).
    """
    x = mean * exp(spread * normal - _HALF * spread * spread)
    trips = np.floor(x + (u - away) / (_ONE - away))
    trips = choose(trips > _MOST_TRIPS, _MOST_TRIPS, trips)
    return choose(u < away, _ZERO, trips)


@register_jitable(forceinline=True)
def empty_chance(mean, log_mean, spread):  # type: ignore[no-untyped-def]
    """Return the chance of no trip when not away: E max(1 - X, 0), a put on a log-normal with strike 1.

    Source: Black and Scholes, "The pricing of options and corporate liabilities", Journal of Political Economy 81
    (1973), without interest.
    """
    d = -log_mean / spread
    half = _HALF * spread
    chance = normal_chance(d + half) - mean * normal_chance(d - half)
    return choose(chance < _ZERO, _ZERO, chance)


@register_jitable(forceinline=True)
def trips_spend(trips, basket, basket_sd, normal):  # type: ignore[no-untyped-def]
    """Return the spend of a period's trips, money: log-normal with mean trips * basket, luck averaging out in trips.

    Source: log-normal basket values with a sum matched by its mean (Fenton 1960).
    """
    many = choose(trips < _ONE, _ONE, trips)
    sd = basket_sd / np.sqrt(many)
    return trips * basket * exp(sd * normal - _HALF * sd * sd)


@register_jitable(forceinline=True)
def unsubscribe_probability(base, fatigue, fatigue_unsubscribe):  # type: ignore[no-untyped-def]
    """Return the chance that a delivered contact ends consent: a log-linear hazard in fatigue, capped at one half."""
    p = base * exp(fatigue_unsubscribe * fatigue)
    return choose(p > _HALF, _HALF, p)


@register_jitable(forceinline=True)
def churn_probability(hazard, fatigue, fatigue_churn, satisfaction, satisfaction_churn):  # type: ignore[no-untyped-def]
    """Return the chance to leave in a period: proportional hazard, capped at one half.

    Source: the proportional hazard model (Cox 1972); that contact itself can drive customers away is shown in Ascarza,
    Iyengar and Schleicher, "The perils of proactive churn prevention", Journal of Marketing Research 53 (2016).
    """
    p = hazard * exp(fatigue_churn * fatigue - satisfaction_churn * satisfaction)
    return choose(p > _HALF, _HALF, p)


@register_jitable(forceinline=True)
def return_probability(return_base, return_contact, opened):  # type: ignore[no-untyped-def]
    """Return the chance that someone who left comes back: unasked, or won back by an offer that was opened.

    `opened` is 1 or 0, or the chance to open. Source: Kumar, Bhagwat and Zhang, "Regaining 'lost' customers", Journal
    of Marketing 79 (2015).
    """
    return return_base + return_contact * opened


@register_jitable(forceinline=True)
def decayed(stock, decay, added):  # type: ignore[no-untyped-def]
    """Return a stock after one period: geometric decay, normalised so that a constant 1 converges to 1.

    Source: the stock of past contacts in Simester, Sun and Tsitsiklis, "Dynamic catalog mailing policies", Management
    Science 52 (2006); the geometric form is Nerlove and Arrow's (1962).
    """
    return decay * stock + (_ONE - decay) * added


@register_jitable(forceinline=True)
def drifted(value, persistence, sd, normal):  # type: ignore[no-untyped-def]
    """Return an AR(1) value after one period whose stationary law is normal with mean 0 and `sd`."""
    return persistence * value + sd * np.sqrt(_ONE - persistence * persistence) * normal


@register_jitable(forceinline=True)
def smoothed(value, kept, observed):  # type: ignore[no-untyped-def]
    """Return the exponentially smoothed value after one more observation."""
    return kept * value + (_ONE - kept) * observed


@register_jitable(forceinline=True)
def period_profit(spend, margin_rate, cost, discount):  # type: ignore[no-untyped-def]
    """Return margin less contact cost less the business's own part of the discount, money."""
    return margin_rate * spend - cost - discount


@register_jitable(forceinline=True)
def expected_profit(p_open, p_redeem, calm, lifted, empty, away, basket, bonus, margin_rate, cost, discount):  # type: ignore[no-untyped-def]
    """Return the expected profit of a period given everything that stands before it, money.

    `p_open` is the chance that the contact arrives and is opened (0 without one), `p_redeem` that of redeeming then.
    Trips have mean (1 - away) rate and baskets mean `basket`; a redemption adds `bonus` baskets and, to who would have
    stayed at home (probability away + (1 - away) empty), the trip itself. The law of total expectation over opening,
    redemption, trips and baskets.
    """
    home = away + (_ONE - away) * empty
    redeemed = p_redeem * (margin_rate * basket * (bonus + home) - discount)
    trips = (_ONE - away) * (calm + p_open * (lifted - calm))
    return margin_rate * basket * trips + p_open * redeemed - cost
