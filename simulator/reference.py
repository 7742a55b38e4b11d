"""One period of one environment in plain NumPy: the kernel's oracle in tests and its yardstick in benchmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from evenhand.simulator import random as rnd
from evenhand.simulator.kernel import MAX_TRIPS
from evenhand.simulator.types import CampaignEffects, FloatArray, IntArray, Outcome, State, Traits

__all__ = ["advance_reference"]


def advance_reference(
    state: State,
    traits: Traits,
    behaviour: NDArray[np.void],
    effects: CampaignEffects,
    season: FloatArray,
    given: IntArray,
    seed: int,
    period: int,
    *,
    kept_trips: float,
    kept_spend: float,
) -> tuple[State, Outcome]:
    """Return the next state and the outcome of environment 0, written independently of the compiled kernel.

    All arrays have the kernel's shapes with E = 1; `behaviour` is a record of shape ().
    """
    b = {name: float(behaviour[name]) for name in behaviour.dtype.names or ()}
    customers = np.arange(given.shape[1])
    luck = {p: rnd.uniforms(seed, customers, period, p)[None, :].astype(float) for p in range(7)}
    c = given.astype(int)
    alive = state.churned == 0
    pick = np.take_along_axis

    contacted = alive & (c > 0) & (state.consent != 0)
    p_open = expit(traits.openness - b["fatigue_open"] * state.fatigue)
    opened = contacted & (luck[rnd.OPEN] < p_open)
    redeemed = opened & (luck[rnd.REDEEM] < expit(pick(traits.response, c[..., None], 2)[..., 0]))

    persistence = b["drift_persistence"]
    drift = persistence * state.drift + b["drift_sd"] * np.sqrt(1 - persistence**2) * ndtri(luck[rnd.DRIFT])
    affinity = pick(traits.affinity, c[..., None], 2)[..., 0]
    lift = effects.lift[0][c] * affinity * np.exp(-b["fatigue_lift"] * state.fatigue)
    calm = season[0, period % season.shape[1]] * traits.rate * np.exp(drift)
    rate = calm * np.exp(lift * opened)
    expected = _expected(calm, calm * np.exp(lift), contacted * p_open, traits, effects, b, c) * alive
    expected = expected - contacted * effects.cost[0][c]
    trips = _trips(luck[rnd.TRIPS], rate, b["dispersion"], b["zero_inflation"])
    trips = np.where(redeemed, np.maximum(trips, 1), trips) * alive
    sd = traits.basket_sd / np.sqrt(np.maximum(trips, 1))
    spend = trips * traits.basket * np.exp(sd * ndtri(luck[rnd.SPEND]) - sd**2 / 2)
    spend = spend + redeemed * effects.bonus[0][c] * traits.basket
    profit = b["margin_rate"] * spend - contacted * effects.cost[0][c]
    profit = profit - redeemed * b["discount_share"] * effects.discount[0][c]

    p_leave = np.minimum(b["unsubscribe_base"] * np.exp(b["fatigue_unsubscribe"] * state.fatigue), 0.5)
    unsubscribed = contacted & (luck[rnd.UNSUBSCRIBE] < p_leave)
    strain = b["fatigue_churn"] * state.fatigue - b["satisfaction_churn"] * state.satisfaction
    leaving = alive * np.minimum(traits.hazard * np.exp(strain), 0.5)
    lost = alive & (luck[rnd.CHURN] < leaving)

    weight = contacted * effects.weight[0][c]
    shopped = trips > 0
    after = State(
        recency=_f(np.where(shopped, 0, state.recency + 1)),
        trips=_f(kept_trips * state.trips + (1 - kept_trips) * trips),
        spend=_f(
            np.where(shopped, kept_spend * state.spend + (1 - kept_spend) * spend / np.maximum(trips, 1), state.spend)
        ),
        contacts=_f(state.contacts + contacted),
        answers=_f(state.answers + redeemed),
        drift=_f(np.where(alive, drift, state.drift)),
        fatigue=_f(
            np.where(alive, b["fatigue_decay"] * state.fatigue + (1 - b["fatigue_decay"]) * weight, state.fatigue)
        ),
        satisfaction=_f(
            np.where(
                alive,
                b["satisfaction_decay"] * state.satisfaction
                + (1 - b["satisfaction_decay"]) * b["satisfaction_gain"] * redeemed,
                state.satisfaction,
            )
        ),
        consent=((state.consent != 0) & ~unsubscribed).astype(np.uint8),
        churned=(~alive | lost).astype(np.uint8),
    )
    outcome = Outcome(
        contacted=contacted.astype(np.uint8),
        opened=opened.astype(np.uint8),
        redeemed=redeemed.astype(np.uint8),
        unsubscribed=unsubscribed.astype(np.uint8),
        lost=lost.astype(np.uint8),
        trips=_f(trips),
        spend=_f(spend),
        leaving=_f(leaving),
        expected=_f(expected),
        profit=_f(profit),
    )
    return after, outcome


def _expected(
    calm: NDArray[np.float64],
    lifted: NDArray[np.float64],
    p_open: NDArray[np.float64],
    traits: Traits,
    effects: CampaignEffects,
    b: dict[str, float],
    c: NDArray[np.int_],
) -> NDArray[np.float64]:
    """Average profit before contact cost over opening and redeeming, case by case."""
    p_redeem = expit(np.take_along_axis(traits.response, c[..., None], 2)[..., 0])
    basket = b["margin_rate"] * traits.basket
    unopened = basket * (1 - b["zero_inflation"]) * calm
    opened = basket * (1 - b["zero_inflation"]) * lifted
    at_home = b["zero_inflation"] + (1 - b["zero_inflation"]) * (1 + lifted / b["dispersion"]) ** -b["dispersion"]
    extra = basket * (effects.bonus[0][c] + at_home) - b["discount_share"] * effects.discount[0][c]
    return np.asarray((1 - p_open) * unopened + p_open * (opened + p_redeem * extra))


def _trips(u: NDArray[np.float64], mean: NDArray[np.float64], size: float, away: float) -> NDArray[np.float64]:
    """Count how many cumulated probabilities lie below `u`: the inverse distribution function, by table."""
    share = mean / (mean + size)
    p = np.exp(size * np.log1p(-share))
    total = away + (1 - away) * p
    trips = np.zeros_like(u)
    for k in range(MAX_TRIPS):
        trips += total < u
        p = p * share * (k + size) / (k + 1)
        total = total + (1 - away) * p
    return trips


def _f(values: NDArray[np.floating]) -> FloatArray:
    return np.asarray(values, np.float32)
