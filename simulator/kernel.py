"""One period of every customer, compiled: a single pass over contiguous arrays, no temporaries."""

from __future__ import annotations

import numpy as np
from numba import njit

from evenhand.simulator import equations as eq
from evenhand.simulator.random import (
    CHURN,
    DRIFT,
    OPEN,
    REDEEM,
    SPEND,
    TRIPS,
    UNSUBSCRIBE,
    normal,
    uniform,
)

__all__ = ["MAX_TRIPS", "advance", "trips_quantile"]

MAX_TRIPS = 21

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@njit(cache=True, inline="always")
def trips_quantile(u, mean, size, away):
    """Return the `u` quantile of zero-inflated negative binomial trips, at most MAX_TRIPS.

    `mean` and `size` r are those of the negative binomial (variance mean + mean**2 / r), `away` the extra zeros.
    Inversion keeps trips monotone in the rate at equal luck, so a lift never loses a trip in the twin.
    """
    share = mean / (mean + size)
    p = np.exp(size * np.log(_ONE - share))
    total = away + (_ONE - away) * p
    k = 0
    while total < u and k < MAX_TRIPS:
        p *= share * (np.float32(k) + size) / np.float32(k + 1)
        total += (_ONE - away) * p
        k += 1
    return k


@njit(cache=True, error_model="numpy")  # no checks for division by zero: no divisor can be
def advance(state, traits, behaviour, effects, season, given, seeds, period, kept_trips, kept_spend, out):  # noqa: C901 - one pass, a branch per event
    """Move every customer of every environment one period on, in place, and write what happened into `out`.

    `given` is (E, N) int8 campaign positions, `seeds` (E,) uint64, `season` (E, T) factors of the trip rate,
    `period` counts from 0 of the luck (not of the calendar), `kept_*` the smoothing constants of the observed habits.
    """
    n_envs, n_customers = given.shape
    for e in range(n_envs):
        b = behaviour[e]
        factor = season[e, period % season.shape[1]]
        innovation = b.drift_sd * np.sqrt(_ONE - b.drift_persistence * b.drift_persistence)
        for i in range(n_customers):
            if state.churned[e, i]:
                out.contacted[e, i] = out.opened[e, i] = out.redeemed[e, i] = 0
                out.unsubscribed[e, i] = out.lost[e, i] = 0
                out.trips[e, i] = out.spend[e, i] = out.leaving[e, i] = out.profit[e, i] = _ZERO
                out.expected[e, i] = _ZERO
                state.recency[e, i] += _ONE
                state.trips[e, i] *= kept_trips
                continue
            c = given[e, i]
            fatigue = state.fatigue[e, i]
            contacted = c > 0 and state.consent[e, i] != 0
            p_open = p_redeem = _ZERO
            if contacted:
                p_open = eq.open_probability(traits.openness[e, i], fatigue, b.fatigue_open)
                p_redeem = _ONE / (_ONE + np.exp(-traits.response[e, i, c]))
            opened = contacted and uniform(seeds[e], i, period, OPEN) < p_open
            redeemed = opened and uniform(seeds[e], i, period, REDEEM) < p_redeem
            drift = b.drift_persistence * state.drift[e, i] + innovation * normal(uniform(seeds[e], i, period, DRIFT))
            calm = factor * traits.rate[e, i] * np.exp(drift)
            lifted = calm
            if contacted:
                lifted = calm * eq.exposure_lift(effects.lift[e, c], traits.affinity[e, i, c], fatigue, b.fatigue_lift)
            rate = lifted if opened else calm
            trips = trips_quantile(uniform(seeds[e], i, period, TRIPS), rate, b.dispersion, b.zero_inflation)
            if redeemed and trips == 0:
                trips = 1
            spend = _ZERO
            if trips > 0:
                sd = traits.basket_sd[e, i] / np.sqrt(np.float32(trips))
                luck = normal(uniform(seeds[e], i, period, SPEND))
                spend = trips * traits.basket[e, i] * np.exp(sd * luck - np.float32(0.5) * sd * sd)
                if redeemed:
                    spend += effects.bonus[e, c] * traits.basket[e, i]
            cost = effects.cost[e, c] if contacted else _ZERO
            discount = b.discount_share * effects.discount[e, c] if redeemed else _ZERO

            out.expected[e, i] = b.margin_rate * traits.basket[e, i] * (_ONE - b.zero_inflation) * calm
            if contacted:
                out.expected[e, i] = eq.expected_profit(
                    p_open, p_redeem, calm, lifted, b.dispersion, b.zero_inflation, traits.basket[e, i],
                    effects.bonus[e, c], b.margin_rate, effects.cost[e, c], b.discount_share * effects.discount[e, c],
                )  # fmt: skip
            out.contacted[e, i] = contacted
            out.opened[e, i] = opened
            out.redeemed[e, i] = redeemed
            out.trips[e, i] = trips
            out.spend[e, i] = spend
            out.profit[e, i] = eq.period_profit(spend, b.margin_rate, cost, discount)

            unsubscribed = contacted and uniform(seeds[e], i, period, UNSUBSCRIBE) < eq.unsubscribe_probability(
                b.unsubscribe_base, fatigue, b.fatigue_unsubscribe
            )
            leaving = eq.churn_probability(
                traits.hazard[e, i], fatigue, b.fatigue_churn, state.satisfaction[e, i], b.satisfaction_churn
            )
            lost = uniform(seeds[e], i, period, CHURN) < leaving
            out.leaving[e, i] = leaving
            out.unsubscribed[e, i] = unsubscribed
            out.lost[e, i] = lost

            if unsubscribed:
                state.consent[e, i] = 0
            if lost:
                state.churned[e, i] = 1
            weight = effects.weight[e, c] if contacted else _ZERO
            state.fatigue[e, i] = eq.decayed(fatigue, b.fatigue_decay, weight)
            pleased = b.satisfaction_gain if redeemed else _ZERO
            state.satisfaction[e, i] = eq.decayed(state.satisfaction[e, i], b.satisfaction_decay, pleased)
            state.drift[e, i] = drift
            state.trips[e, i] = eq.smoothed(state.trips[e, i], kept_trips, np.float32(trips))
            if trips > 0:
                state.recency[e, i] = _ZERO
                state.spend[e, i] = eq.smoothed(state.spend[e, i], kept_spend, spend / np.float32(trips))
            else:
                state.recency[e, i] += _ONE
            if contacted:
                state.contacts[e, i] += _ONE
            if redeemed:
                state.answers[e, i] += _ONE
