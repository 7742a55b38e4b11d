"""One period of one environment in plain NumPy: the kernel's oracle in tests and its yardstick in benchmarks.

It shares with the kernel the equations and the random draws, and nothing else: whole arrays instead of tiles, written
from the specification in docs/simulator.md. Both agree to the last bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator import equations as eq
from evenhand.simulator import random as rnd
from evenhand.simulator.floats import exp, normal_pair
from evenhand.simulator.types import (
    HERE,
    LEFT,
    YET_TO_COME,
    BoolArray,
    CampaignEffects,
    FloatArray,
    IntArray,
    Outcome,
    State,
    Traits,
)

__all__ = ["advance_reference"]

_F = np.float32


def advance_reference(
    state: State,
    traits: Traits,
    behaviour: NDArray[np.void],
    effects: CampaignEffects,
    optin: BoolArray,
    given: IntArray,
    seed: int,
    period: int,
    *,
    log_factor: np.float32,
    weather: np.float32,
    kept_trips: np.float32,
    kept_spend: np.float32,
) -> tuple[State, Outcome]:
    """Return the next state and the outcome of environment 0.

    All arrays have the kernel's shapes with E = 1; `behaviour` is a record of shape (), `log_factor` and `weather` are
    the surroundings of this period.
    """
    b = {name: _F(behaviour[name]) for name in behaviour.dtype.names or ()}
    keys = rnd.period_keys(np.array([seed], np.uint64), period)[0]
    hashed = rnd.customer_hash(np.arange(given.shape[1], dtype=np.uint32), keys[0])

    def luck(purpose: int) -> FloatArray:
        return np.asarray(rnd.uniform(hashed, keys[1 + purpose])[None, :], _F)

    def of_campaign(values: FloatArray) -> FloatArray:
        return np.asarray(values[0][given.astype(np.intp)])

    def own(values: FloatArray) -> FloatArray:
        return np.asarray(np.take_along_axis(values, given.astype(np.intp)[..., None], 2)[..., 0])

    here, left, to_come = (state.absent == a for a in (HERE, LEFT, YET_TO_COME))
    discount = of_campaign(effects.discount)
    coupon = (discount > 0).astype(_F)
    bit = np.uint8(1) << effects.channel[given.astype(np.intp)]

    # sent, delivered, opened, clicked, redeemed
    room = (state.fatigue <= b["contact_cap"]) & (state.trips <= b["consumption_cap"] * traits.rate)
    sent = (given > 0) & ((state.consent & bit) != 0) & room & ~to_come
    delivery = of_campaign(effects.delivery)
    p_open = delivery * eq.open_probability(
        own(traits.openness), state.fatigue, b["fatigue_open"], of_campaign(effects.weather), weather
    )
    p_click = eq.click_probability(own(traits.interest), of_campaign(effects.loading), state.taste)
    p_redeem = p_click * eq.conversion_probability(
        traits.closing, of_campaign(effects.closing), b["dependence_redeem"], state.dependence, coupon
    )
    reached = luck(rnd.FUNNEL)
    delivered, opened = sent & (reached < delivery), sent & (reached < p_open)
    clicked, redeemed = sent & here & (reached < p_open * p_click), sent & here & (reached < p_open * p_redeem)
    p_leave = eq.unsubscribe_probability(b["unsubscribe_base"], state.fatigue, b["fatigue_unsubscribe"])
    unsubscribed = delivered & here & (luck(rnd.UNSUBSCRIBE) < p_leave)

    # trips, spend, profit
    for_drift, for_taste = normal_pair(luck(rnd.DRIFT), luck(rnd.TASTE))
    drift = eq.drifted(state.drift, b["drift_persistence"], b["drift_sd"], for_drift)
    taste = eq.drifted(state.taste, b["taste_persistence"], b["taste_sd"], for_taste)
    waiting = b["dependence_wait"] * state.dependence
    log_calm = eq.log_rate(traits.rate, log_factor, drift, waiting)
    log_up = eq.log_lift(
        of_campaign(effects.lift), own(traits.affinity), state.fatigue, b["fatigue_lift"], waiting, coupon
    )
    calm, lifted = exp(log_calm), exp(log_calm + log_up)
    rest = b["zero_inflation"]
    size, larger = calm + rest, lifted + rest
    per_size, per_larger = _F(1) / size, _F(1) / larger
    scale, away = larger * per_size, rest * per_larger
    alpha, beta = eq.trip_law(size, traits.dispersion)
    home = eq.empty_chance(alpha, beta, scale, size * per_larger, away)
    for_trips, for_spend = normal_pair(luck(rnd.TRIPS), luck(rnd.SPEND))
    root = alpha + beta * for_trips
    amount = root * root * np.where(opened, scale, _F(1))
    trips = eq.trip_count(amount, luck(rnd.ROUNDING), np.where(opened, away, rest * per_size))
    trips = np.where(here, np.maximum(trips, redeemed.astype(_F)), _F(0))
    spend = eq.trips_spend(trips, traits.basket, traits.basket_sd, for_spend)
    spend = spend + redeemed.astype(_F) * of_campaign(effects.bonus) * traits.basket
    cost = sent.astype(_F) * of_campaign(effects.cost)
    share = b["discount_share"] * discount
    profit = eq.period_profit(spend, b["margin_rate"], cost, share * redeemed.astype(_F))
    expected = eq.expected_profit(
        np.where(sent, p_open, _F(0)), p_redeem, calm, lifted, home, traits.basket, of_campaign(effects.bonus),
        b["margin_rate"], cost, share,
    )  # fmt: skip
    visited = clicked | (trips > 0) | (here & (luck(rnd.BROWSE) < traits.browse))

    # leaving, coming back, arriving
    u = luck(rnd.PRESENCE)
    leaving = eq.churn_probability(
        traits.hazard, state.fatigue, b["fatigue_churn"], state.satisfaction, b["satisfaction_churn"]
    )
    back = eq.return_probability(b["return_base"], b["return_contact"], opened.astype(_F))
    hoped = eq.return_probability(b["return_base"], b["return_contact"], np.where(sent, p_open, _F(0)))
    lost, returned = here & (u < leaving), left & (u < back)
    new = (left & (u >= back) & (u < back + b["replacement"])) | (to_come & (u < b["arrival"]))
    absent = np.where(lost, LEFT, np.where(returned | new, HERE, state.absent))

    outcome = Outcome(
        contacted=sent.astype(np.uint8),
        delivered=delivered.astype(np.uint8),
        opened=opened.astype(np.uint8),
        clicked=clicked.astype(np.uint8),
        redeemed=redeemed.astype(np.uint8),
        visited=visited.astype(np.uint8),
        unsubscribed=unsubscribed.astype(np.uint8),
        lost=lost.astype(np.uint8),
        joined=(returned | new).astype(np.uint8),
        trips=trips,
        spend=spend,
        leaving=np.where(here, leaving, np.where(left, -hoped, _F(0))),
        expected=np.where(here, expected, -cost),
        profit=profit,
    )
    stocks = {
        "fatigue": eq.decayed(state.fatigue, b["fatigue_decay"], sent.astype(_F) * of_campaign(effects.weight)),
        "satisfaction": eq.decayed(
            state.satisfaction, b["satisfaction_decay"], b["satisfaction_gain"] * redeemed.astype(_F)
        ),
        "dependence": eq.decayed(state.dependence, b["dependence_decay"], redeemed.astype(_F) * coupon),
        "contacts": state.contacts + sent.astype(_F),
        "answers": state.answers + redeemed.astype(_F),
    }
    shopped = trips > 0
    per_trip = spend / np.where(shopped, trips, _F(1))
    seen = np.where(shopped, eq.smoothed(state.spend, kept_spend, per_trip), state.spend)
    after = State(
        recency=np.where(shopped | new, _F(0), state.recency + _F(1)),
        trips=np.where(new, traits.rate, eq.smoothed(state.trips, kept_trips, trips)),
        spend=np.where(new, traits.basket, seen),
        drift=drift,
        taste=taste,
        consent=np.where(new, optin, state.consent & ~(unsubscribed * bit)).astype(np.uint8),
        absent=absent.astype(np.uint8),
        **{name: np.where(new, _F(0), value) for name, value in stocks.items()},
    )
    return after, outcome
