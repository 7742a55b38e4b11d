"""Every behaviour equation against closed forms, limits and the sign that its docstring states."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import nbinom

from evenhand.simulator import equations as eq
from evenhand.simulator.kernel import MAX_TRIPS, trips_quantile

fatigue = st.floats(0, 1)
strength = st.floats(0.01, 3)


@given(st.floats(-6, 6), fatigue, fatigue, strength)
def test_more_fatigue_fewer_opens(openness: float, a: float, b: float, effect: float) -> None:
    low, high = sorted((a, b))
    rested, tired = eq.open_probability(openness, low, effect), eq.open_probability(openness, high, effect)
    assert 0 < tired <= rested < 1
    assert rested == pytest.approx(expit(openness - effect * low), rel=1e-6)


@given(st.floats(0.001, 0.5), st.floats(0, 3), fatigue, fatigue, strength)
def test_lift_never_lowers_the_rate_and_wears_out(
    lift: float, affinity: float, a: float, b: float, effect: float
) -> None:
    low, high = sorted((a, b))
    rested, tired = (eq.exposure_lift(lift, affinity, fatigue, effect) for fatigue in (low, high))
    assert eq.exposure_lift(0.0, affinity, low, effect) == 1
    assert eq.exposure_lift(lift, affinity, 0.0, effect) == pytest.approx(math.exp(lift * affinity), rel=1e-6)
    assert tired * (1 + 1e-6) >= 1
    assert tired <= rested * (1 + 1e-6)


@given(st.floats(0.0001, 0.6), fatigue, fatigue, strength)
def test_more_fatigue_more_unsubscribes(base: float, a: float, b: float, effect: float) -> None:
    low, high = sorted((a, b))
    assert eq.unsubscribe_probability(base, low, effect) <= eq.unsubscribe_probability(base, high, effect) <= 0.5
    assert eq.unsubscribe_probability(base, 0.0, effect) == pytest.approx(min(base, 0.5), rel=1e-6)


@given(st.floats(0.0001, 0.1), fatigue, fatigue, fatigue, fatigue, strength, strength)
def test_fatigue_drives_away_and_satisfaction_keeps(
    hazard: float, f1: float, f2: float, s1: float, s2: float, tired: float, pleased: float
) -> None:
    (f_low, f_high), (s_low, s_high) = sorted((f1, f2)), sorted((s1, s2))
    at = eq.churn_probability
    assert at(hazard, f_low, tired, s1, pleased) <= at(hazard, f_high, tired, s1, pleased) <= 0.5
    assert at(hazard, f1, tired, s_high, pleased) <= at(hazard, f1, tired, s_low, pleased)
    assert at(hazard, 0.0, tired, 0.0, pleased) == pytest.approx(hazard, rel=1e-6)
    assert at(hazard, f1, 0.0, s1, 0.0) == pytest.approx(hazard, rel=1e-6)  # no delayed effect: the bare hazard


@given(st.floats(0.1, 0.98), st.floats(0, 1))
def test_a_stock_converges_to_what_is_added(decay: float, added: float) -> None:
    stock, k = 0.0, 300
    for _ in range(k):
        stock = eq.decayed(stock, decay, added)
    assert stock == pytest.approx(added * (1 - decay**k), rel=1e-4, abs=1e-6)
    assert eq.decayed(1.0, decay, 0.0) == pytest.approx(decay)  # no contact: it fades by the decay


@given(st.floats(0, 100), st.floats(0.01, 0.9), st.floats(0, 5), st.floats(0, 5))
def test_profit_is_margin_less_cost_and_discount(spend: float, margin: float, cost: float, discount: float) -> None:
    assert eq.period_profit(spend, margin, cost, discount) == pytest.approx(margin * spend - cost - discount)


@pytest.mark.parametrize(("mean", "size", "away"), [(0.1, 0.5, 0.0), (1.2, 2.0, 0.1), (4.0, 50.0, 0.05)])
def test_trips_are_zero_inflated_negative_binomial(mean: float, size: float, away: float) -> None:
    u = (np.arange(20_000) + 0.5) / 20_000
    trips = np.array([trips_quantile(np.float32(x), np.float32(mean), np.float32(size), np.float32(away)) for x in u])
    k = np.arange(MAX_TRIPS)
    chance = (1 - away) * nbinom.pmf(k, size, size / (size + mean))
    chance[0] += away
    np.testing.assert_allclose(np.bincount(trips, minlength=MAX_TRIPS + 1)[:MAX_TRIPS] / len(u), chance, atol=2e-4)
    assert trips.max() <= MAX_TRIPS
    assert trips.mean() == pytest.approx((1 - away) * mean, rel=0.02)


@given(st.floats(0.001, 0.999), st.floats(0.05, 5), st.floats(1.0, 1.5), st.floats(0.3, 50), st.floats(0, 0.3))
def test_a_higher_rate_never_loses_a_trip_at_equal_luck(
    u: float, mean: float, factor: float, size: float, away: float
) -> None:
    few, more = (
        trips_quantile(np.float32(u), np.float32(m), np.float32(size), np.float32(away)) for m in (mean, mean * factor)
    )
    assert few <= more
