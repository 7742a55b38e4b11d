"""One period of every customer, compiled: tiles of customers pass through the behaviour equations in one go.

A tile of `TILE` customers is copied into rows of scratch memory that stays in the processor's first cache, goes through
the equations there, stage by stage, and is copied back. Rows of one array lie at known distances, which is what lets
the compiler prove that the stages' loops are independent and turn them into vector instructions; over the thirty arrays
of state, traits and outcome it could not. Memory is read and written once. `simulator/reference.py` is the same step in
plain NumPy, equal to the last bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numba.extending import register_jitable

from evenhand.simulator import equations as eq
from evenhand.simulator import random as rnd
from evenhand.simulator.floats import choose, exp, normal_pair
from evenhand.simulator.types import HERE, LEFT, YET_TO_COME

__all__ = ["EFFECT_COLUMNS", "TILE", "advance"]

TILE = 256

EFFECT_COLUMNS = ("delivery", "weather", "loading", "closing", "lift", "bonus", "weight", "cost", "discount")
N_EFFECTS = len(EFFECT_COLUMNS) + 1  # the last is the bit of the campaign's channel

# Rows of a tile: state, traits, the effects of each customer's campaign, luck, what happens.
(
    RECENCY, HABIT, BASKET_SEEN, CONTACTS, ANSWERS, DRIFT, TASTE, FATIGUE, SATISFACTION, DEPENDENCE, CONSENT, ABSENT,
    RATE, DISPERSION, BASKET, BASKET_SD, BROWSE, HAZARD, CLOSING, OPTIN, OPENNESS, INTEREST, AFFINITY,
    DELIVERY, WEATHER, LOADING, CLOSER, LIFT, BONUS, WEIGHT, COST, DISCOUNT, BIT,
    U_FUNNEL, U_UNSUBSCRIBE, U_PRESENCE, U_ROUNDING, U_BROWSE, Z_TRIPS, Z_SPEND, Z_DRIFT, Z_TASTE,
    CONTACTED, DELIVERED, OPENED, CLICKED, REDEEMED, VISITED, UNSUBSCRIBED, LOST, JOINED,
    TRIPS, SPEND, LEAVING, EXPECTED, PROFIT, P_OPEN, P_REDEEM, COUPON,
) = range(59)  # fmt: skip
ROWS = 59

_F, _I = np.float32, np.int32
_AT = np.uint64  # of an index: cannot count from the end, which would keep loops over it from being vectorised
_ZERO, _ONE = _F(0.0), _F(1.0)
_HERE, _LEFT, _TO_COME = _F(HERE), _F(LEFT), _F(YET_TO_COME)


@njit(cache=True, nogil=True, error_model="numpy")  # no checks for division by zero: no divisor can be
def advance(
    state, traits, behaviour, table, optin, log_factor, weather, given, keys, kept_trips, kept_spend, out, start, stop
):
    """Move customers `start` to `stop` - 1 of every environment one period on, in place, and write into `out`.

    `table` (E, C, N_EFFECTS) are campaign effects in the order of `EFFECT_COLUMNS` and the channel's bit, `optin`
    (E, N) the consent that newcomers give, `log_factor`, `weather` (E,) the surroundings of this period, `given` (E, N)
    int8 campaign positions, `keys` (E, 1 + PURPOSES) those of `random.period_keys`, `kept_*` the smoothing constants of
    the observed habits. The result does not depend on how customers are split over calls.
    """
    w = np.empty((ROWS, TILE), np.float32)
    for e in range(given.shape[0]):
        b = behaviour[e]
        for j in range(start, stop, TILE):
            n = min(TILE, stop - j)
            _load(w, state, traits, optin, e, j, n)
            _gather(w, traits, table, given, e, j, n)
            _draw(w, keys, e, j, n)
            _contact(w, b, weather[e], n)
            _buy(w, b, log_factor[e], n)
            _stay(w, b, n)
            _remember(w, b, kept_trips, kept_spend, n)
            _store(w, state, out, e, j, n)


@register_jitable(forceinline=True)
def _read(w, row, source, e, j, n):
    for i in range(n):
        w[row, i] = _F(source[e, _AT(j + i)])


@register_jitable(forceinline=True)
def _load(w, state, traits, optin, e, j, n):
    _read(w, RECENCY, state.recency, e, j, n)
    _read(w, HABIT, state.trips, e, j, n)
    _read(w, BASKET_SEEN, state.spend, e, j, n)
    _read(w, CONTACTS, state.contacts, e, j, n)
    _read(w, ANSWERS, state.answers, e, j, n)
    _read(w, DRIFT, state.drift, e, j, n)
    _read(w, TASTE, state.taste, e, j, n)
    _read(w, FATIGUE, state.fatigue, e, j, n)
    _read(w, SATISFACTION, state.satisfaction, e, j, n)
    _read(w, DEPENDENCE, state.dependence, e, j, n)
    _read(w, CONSENT, state.consent, e, j, n)
    _read(w, ABSENT, state.absent, e, j, n)
    _read(w, RATE, traits.rate, e, j, n)
    _read(w, DISPERSION, traits.dispersion, e, j, n)
    _read(w, BASKET, traits.basket, e, j, n)
    _read(w, BASKET_SD, traits.basket_sd, e, j, n)
    _read(w, BROWSE, traits.browse, e, j, n)
    _read(w, HAZARD, traits.hazard, e, j, n)
    _read(w, CLOSING, traits.closing, e, j, n)
    _read(w, OPTIN, optin, e, j, n)


@register_jitable(forceinline=True)
def _gather(w, traits, table, given, e, j, n):
    """Look up what belongs to each customer's campaign; CONTACTED is, for now, its position."""
    for i in range(n):
        at = _AT(j + i)
        c = _AT(given[e, at])
        w[CONTACTED, i] = _F(c)
        w[OPENNESS, i] = traits.openness[e, at, c]
        w[INTEREST, i] = traits.interest[e, at, c]
        w[AFFINITY, i] = traits.affinity[e, at, c]
    for k in range(N_EFFECTS):
        none = table[e, 0, k]
        for i in range(n):
            w[DELIVERY + k, i] = none
        for campaign in range(1, table.shape[1]):  # choosing vectorises, looking up does not
            mine, position = table[e, campaign, k], _F(campaign)
            for i in range(n):
                w[DELIVERY + k, i] = choose(w[CONTACTED, i] == position, mine, w[DELIVERY + k, i])


@register_jitable(forceinline=True)
def _draw(w, keys, e, j, n):
    first = keys[e, 0]
    funnel, unsubscribe, presence = keys[e, 1 + rnd.FUNNEL], keys[e, 1 + rnd.UNSUBSCRIBE], keys[e, 1 + rnd.PRESENCE]
    rounding, browse, trips = keys[e, 1 + rnd.ROUNDING], keys[e, 1 + rnd.BROWSE], keys[e, 1 + rnd.TRIPS]
    spend, drift, taste = keys[e, 1 + rnd.SPEND], keys[e, 1 + rnd.DRIFT], keys[e, 1 + rnd.TASTE]
    for i in range(n):
        hashed = rnd.customer_hash(np.uint32(j + i), first)
        w[U_FUNNEL, i] = rnd.uniform(hashed, funnel)
        w[U_UNSUBSCRIBE, i] = rnd.uniform(hashed, unsubscribe)
        w[U_PRESENCE, i] = rnd.uniform(hashed, presence)
        w[U_ROUNDING, i] = rnd.uniform(hashed, rounding)
        w[U_BROWSE, i] = rnd.uniform(hashed, browse)
        w[Z_TRIPS, i] = rnd.uniform(hashed, trips)
        w[Z_SPEND, i] = rnd.uniform(hashed, spend)
        w[Z_DRIFT, i] = rnd.uniform(hashed, drift)
        w[Z_TASTE, i] = rnd.uniform(hashed, taste)
    for i in range(n):
        w[Z_TRIPS, i], w[Z_SPEND, i] = normal_pair(w[Z_TRIPS, i], w[Z_SPEND, i])
        w[Z_DRIFT, i], w[Z_TASTE, i] = normal_pair(w[Z_DRIFT, i], w[Z_TASTE, i])


@register_jitable(forceinline=True)
def _contact(w, b, weather, n):
    """Send, and follow each contact down the funnel; the nested chances meet one draw."""
    for i in range(n):
        here = w[ABSENT, i] == _HERE
        allowed = (_I(w[CONSENT, i]) & _I(w[BIT, i])) != _I(0)
        room = (w[FATIGUE, i] <= b.contact_cap) & (w[HABIT, i] <= b.consumption_cap * w[RATE, i])
        sent = (w[CONTACTED, i] > _ZERO) & allowed & room & (w[ABSENT, i] != _TO_COME)
        coupon = choose(w[DISCOUNT, i] > _ZERO, _ONE, _ZERO)
        opening = eq.open_probability(w[OPENNESS, i], w[FATIGUE, i], b.fatigue_open, w[WEATHER, i], weather)
        click = eq.click_probability(w[INTEREST, i], w[LOADING, i], w[TASTE, i])
        conversion = eq.conversion_probability(
            w[CLOSING, i], w[CLOSER, i], b.dependence_redeem, w[DEPENDENCE, i], coupon
        )
        opening = w[DELIVERY, i] * opening
        redeem = click * conversion
        u = w[U_FUNNEL, i]
        delivered = sent & (u < w[DELIVERY, i])
        w[CONTACTED, i] = choose(sent, _ONE, _ZERO)
        w[DELIVERED, i] = choose(delivered, _ONE, _ZERO)
        w[OPENED, i] = choose(sent & (u < opening), _ONE, _ZERO)
        w[CLICKED, i] = choose(sent & here & (u < opening * click), _ONE, _ZERO)
        w[REDEEMED, i] = choose(sent & here & (u < opening * redeem), _ONE, _ZERO)
        leave = eq.unsubscribe_probability(b.unsubscribe_base, w[FATIGUE, i], b.fatigue_unsubscribe)
        w[UNSUBSCRIBED, i] = choose(delivered & here & (w[U_UNSUBSCRIBE, i] < leave), _ONE, _ZERO)
        w[P_OPEN, i] = choose(sent, opening, _ZERO)
        w[P_REDEEM, i] = redeem
        w[COUPON, i] = coupon


@register_jitable(forceinline=True)
def _buy(w, b, log_factor, n):
    """Trips, spend and profit, and what they were expected to be."""
    for i in range(n):
        here = w[ABSENT, i] == _HERE
        w[DRIFT, i] = eq.drifted(w[DRIFT, i], b.drift_persistence, b.drift_sd, w[Z_DRIFT, i])
        w[TASTE, i] = eq.drifted(w[TASTE, i], b.taste_persistence, b.taste_sd, w[Z_TASTE, i])
        waiting = b.dependence_wait * w[DEPENDENCE, i]
        log_calm = eq.log_rate(w[RATE, i], log_factor, w[DRIFT, i], waiting)
        log_up = eq.log_lift(w[LIFT, i], w[AFFINITY, i], w[FATIGUE, i], b.fatigue_lift, waiting, w[COUPON, i])
        calm, lifted = exp(log_calm), exp(log_calm + log_up)
        opened = w[OPENED, i] > _ZERO
        size, larger = calm + b.zero_inflation, lifted + b.zero_inflation
        per_size, per_larger = _ONE / size, _ONE / larger
        scale, away = larger * per_size, b.zero_inflation * per_larger
        alpha, beta = eq.trip_law(size, w[DISPERSION, i])
        home = eq.empty_chance(alpha, beta, scale, size * per_larger, away)
        root = alpha + beta * w[Z_TRIPS, i]
        amount = root * root * choose(opened, scale, _ONE)
        trips = eq.trip_count(amount, w[U_ROUNDING, i], choose(opened, away, b.zero_inflation * per_size))
        trips = choose(trips < w[REDEEMED, i], w[REDEEMED, i], trips)
        trips = choose(here, trips, _ZERO)
        spend = eq.trips_spend(trips, w[BASKET, i], w[BASKET_SD, i], w[Z_SPEND, i])
        spend = spend + w[REDEEMED, i] * w[BONUS, i] * w[BASKET, i]
        own = b.discount_share * w[DISCOUNT, i]
        cost = w[CONTACTED, i] * w[COST, i]
        expected = eq.expected_profit(
            w[P_OPEN, i], w[P_REDEEM, i], calm, lifted, home, w[BASKET, i], w[BONUS, i], b.margin_rate, cost, own
        )
        w[EXPECTED, i] = choose(here, expected, -cost)
        w[TRIPS, i] = trips
        w[SPEND, i] = spend
        w[PROFIT, i] = eq.period_profit(spend, b.margin_rate, cost, own * w[REDEEMED, i])
        browsed = here & (w[U_BROWSE, i] < w[BROWSE, i])
        w[VISITED, i] = choose(browsed | (w[CLICKED, i] > _ZERO) | (trips > _ZERO), _ONE, _ZERO)


@register_jitable(forceinline=True)
def _stay(w, b, n):
    """Who leaves, comes back, arrives; JOINED is 2 for newcomers until `_remember` has made room for them."""
    for i in range(n):
        absent, u = w[ABSENT, i], w[U_PRESENCE, i]
        here, left = absent == _HERE, absent == _LEFT
        leaving = eq.churn_probability(
            w[HAZARD, i], w[FATIGUE, i], b.fatigue_churn, w[SATISFACTION, i], b.satisfaction_churn
        )
        back = eq.return_probability(b.return_base, b.return_contact, w[OPENED, i])
        lost = here & (u < leaving)
        returned = left & (u < back)
        new = (left & (u >= back) & (u < back + b.replacement)) | ((absent == _TO_COME) & (u < b.arrival))
        w[LOST, i] = choose(lost, _ONE, _ZERO)
        w[JOINED, i] = choose(new, _F(2.0), choose(returned, _ONE, _ZERO))
        w[ABSENT, i] = choose(lost, _LEFT, choose(returned | new, _HERE, absent))
        hoped = eq.return_probability(b.return_base, b.return_contact, w[P_OPEN, i])
        w[LEAVING, i] = choose(here, leaving, choose(left, -hoped, _ZERO))


@register_jitable(forceinline=True)
def _remember(w, b, kept_trips, kept_spend, n):
    """What stays of the period: habits as a business sees them, and the stocks that carry over."""
    for i in range(n):
        new = w[JOINED, i] > _ONE
        trips, shopped = w[TRIPS, i], w[TRIPS, i] > _ZERO
        per_trip = w[SPEND, i] / choose(shopped, trips, _ONE)
        seen = choose(shopped, eq.smoothed(w[BASKET_SEEN, i], kept_spend, per_trip), w[BASKET_SEEN, i])
        coupon = w[REDEEMED, i] * w[COUPON, i]
        fatigue = eq.decayed(w[FATIGUE, i], b.fatigue_decay, w[CONTACTED, i] * w[WEIGHT, i])
        pleased = eq.decayed(w[SATISFACTION, i], b.satisfaction_decay, b.satisfaction_gain * w[REDEEMED, i])
        depends = eq.decayed(w[DEPENDENCE, i], b.dependence_decay, coupon)
        w[RECENCY, i] = choose(shopped | new, _ZERO, w[RECENCY, i] + _ONE)
        w[HABIT, i] = choose(new, w[RATE, i], eq.smoothed(w[HABIT, i], kept_trips, trips))
        w[BASKET_SEEN, i] = choose(new, w[BASKET, i], seen)
        w[CONTACTS, i] = choose(new, _ZERO, w[CONTACTS, i] + w[CONTACTED, i])
        w[ANSWERS, i] = choose(new, _ZERO, w[ANSWERS, i] + w[REDEEMED, i])
        w[FATIGUE, i] = choose(new, _ZERO, fatigue)
        w[SATISFACTION, i] = choose(new, _ZERO, pleased)
        w[DEPENDENCE, i] = choose(new, _ZERO, depends)
        w[CONSENT, i] = choose(new, w[OPTIN, i], w[CONSENT, i] - w[UNSUBSCRIBED, i] * w[BIT, i])
        w[JOINED, i] = choose(w[JOINED, i] > _ZERO, _ONE, _ZERO)


@register_jitable(forceinline=True)
def _write(w, row, target, e, j, n):
    for i in range(n):
        target[e, _AT(j + i)] = w[row, i]


@register_jitable(forceinline=True)
def _write_flag(w, row, target, e, j, n):
    for i in range(n):
        target[e, _AT(j + i)] = np.uint8(_I(w[row, i]))


@register_jitable(forceinline=True)
def _store(w, state, out, e, j, n):
    _write(w, RECENCY, state.recency, e, j, n)
    _write(w, HABIT, state.trips, e, j, n)
    _write(w, BASKET_SEEN, state.spend, e, j, n)
    _write(w, CONTACTS, state.contacts, e, j, n)
    _write(w, ANSWERS, state.answers, e, j, n)
    _write(w, DRIFT, state.drift, e, j, n)
    _write(w, TASTE, state.taste, e, j, n)
    _write(w, FATIGUE, state.fatigue, e, j, n)
    _write(w, SATISFACTION, state.satisfaction, e, j, n)
    _write(w, DEPENDENCE, state.dependence, e, j, n)
    _write_flag(w, CONSENT, state.consent, e, j, n)
    _write_flag(w, ABSENT, state.absent, e, j, n)
    _write_flag(w, CONTACTED, out.contacted, e, j, n)
    _write_flag(w, DELIVERED, out.delivered, e, j, n)
    _write_flag(w, OPENED, out.opened, e, j, n)
    _write_flag(w, CLICKED, out.clicked, e, j, n)
    _write_flag(w, REDEEMED, out.redeemed, e, j, n)
    _write_flag(w, VISITED, out.visited, e, j, n)
    _write_flag(w, UNSUBSCRIBED, out.unsubscribed, e, j, n)
    _write_flag(w, LOST, out.lost, e, j, n)
    _write_flag(w, JOINED, out.joined, e, j, n)
    _write(w, TRIPS, out.trips, e, j, n)
    _write(w, SPEND, out.spend, e, j, n)
    _write(w, LEAVING, out.leaving, e, j, n)
    _write(w, EXPECTED, out.expected, e, j, n)
    _write(w, PROFIT, out.profit, e, j, n)
