"""Every behaviour equation against closed forms, limits and the sign that its docstring states."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import ncx2, norm

from evenhand.simulator import equations as eq

F = np.float32
fatigue = st.floats(0, 1)
strength = st.floats(0.01, 3)


def at(function: Any, *arguments: float) -> float:
    """Return an equation's value at numbers, in the float32 that the simulator uses."""
    return float(function(*(np.array([a], np.float32) for a in arguments))[0])


@given(st.floats(-6, 6), fatigue, fatigue, strength, st.floats(-2, 2), st.floats(-2, 2))
def test_more_fatigue_fewer_opens(openness: float, a: float, b: float, effect: float, w: float, weather: float) -> None:
    low, high = sorted((a, b))
    rested, tired = (at(eq.open_probability, openness, f, effect, w, weather) for f in (low, high))
    assert 0 < tired <= rested < 1
    assert rested == pytest.approx(expit(openness + w * weather - effect * low), rel=2e-6)


@given(st.floats(-5, 5), st.floats(-1, 1), st.floats(-2, 2))
def test_taste_moves_clicks_towards_what_speaks_to_it(interest: float, loading: float, taste: float) -> None:
    plain, moved = at(eq.click_probability, interest, 0.0, taste), at(eq.click_probability, interest, loading, taste)
    assert plain == pytest.approx(expit(interest), rel=1e-6)
    assert (moved - plain) * loading * taste >= -1e-6


@given(st.floats(-3, 3), st.floats(-1, 1), strength, fatigue, fatigue)
def test_dependence_converts_discounts_and_nothing_else(
    closing: float, shift: float, effect: float, a: float, b: float
) -> None:
    low, high = sorted((a, b))
    p = eq.conversion_probability
    assert at(p, closing, shift, effect, low, 1.0) <= at(p, closing, shift, effect, high, 1.0)
    assert at(p, closing, shift, effect, high, 0.0) == at(p, closing, shift, effect, 0.0, 1.0)


@given(st.floats(0.001, 0.5), st.floats(0, 3), fatigue, fatigue, strength)
def test_lift_never_lowers_the_rate_and_wears_out(
    lift: float, affinity: float, a: float, b: float, effect: float
) -> None:
    low, high = sorted((a, b))
    rested, tired = (at(eq.log_lift, lift, affinity, fatigue, effect, 0.0, 0.0) for fatigue in (low, high))
    assert at(eq.log_lift, 0.0, affinity, low, effect, 0.0, 1.0) == 0
    assert at(eq.log_lift, lift, affinity, 0.0, effect, 0.0, 0.0) == pytest.approx(lift * affinity, rel=1e-6)
    assert 0 <= tired <= rested * (1 + 1e-6)


@given(st.floats(0.001, 5), st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 2))
def test_waiting_lowers_the_rate_until_a_discount_is_opened(
    rate: float, factor: float, drift: float, waiting: float
) -> None:
    calm = at(eq.log_rate, rate, factor, drift, waiting)
    assert calm == pytest.approx(math.log(rate) + factor + drift - waiting, rel=1e-5, abs=2e-6)
    opened = calm + at(eq.log_lift, 0.0, 1.0, 0.0, 1.0, waiting, 1.0)
    assert opened == pytest.approx(at(eq.log_rate, rate, factor, drift, 0.0), abs=2e-6)


@given(st.floats(0.0001, 0.6), fatigue, fatigue, strength)
def test_more_fatigue_more_unsubscribes(base: float, a: float, b: float, effect: float) -> None:
    low, high = sorted((a, b))
    p = eq.unsubscribe_probability
    assert at(p, base, low, effect) <= at(p, base, high, effect) <= 0.5
    assert at(p, base, 0.0, effect) == pytest.approx(min(base, 0.5), rel=1e-6)


@given(st.floats(0.0001, 0.1), fatigue, fatigue, fatigue, fatigue, strength, strength)
def test_fatigue_drives_away_and_satisfaction_keeps(
    hazard: float, f1: float, f2: float, s1: float, s2: float, tired: float, pleased: float
) -> None:
    (f_low, f_high), (s_low, s_high) = sorted((f1, f2)), sorted((s1, s2))
    p = eq.churn_probability
    assert at(p, hazard, f_low, tired, s1, pleased) <= at(p, hazard, f_high, tired, s1, pleased) <= 0.5
    assert at(p, hazard, f1, tired, s_high, pleased) <= at(p, hazard, f1, tired, s_low, pleased)
    assert at(p, hazard, 0.0, tired, 0.0, pleased) == pytest.approx(hazard, rel=1e-6)
    assert at(p, hazard, f1, 0.0, s1, 0.0) == pytest.approx(hazard, rel=1e-6)  # no delayed effect: the bare hazard


@given(st.floats(0, 0.3), st.floats(0, 0.5), st.floats(0, 1))
def test_an_opened_offer_raises_the_chance_to_come_back(base: float, contact: float, opened: float) -> None:
    assert at(eq.return_probability, base, contact, 0.0) == pytest.approx(base, abs=1e-7)
    assert at(eq.return_probability, base, contact, opened) >= at(eq.return_probability, base, contact, 0.0)


@given(st.floats(0.1, 0.98), st.floats(0, 1))
def test_a_stock_converges_to_what_is_added(decay: float, added: float) -> None:
    stock, k = 0.0, 300
    for _ in range(k):
        stock = at(eq.decayed, stock, decay, added)
    assert stock == pytest.approx(added * (1 - decay**k), rel=1e-4, abs=1e-6)
    assert at(eq.decayed, 1.0, decay, 0.0) == pytest.approx(decay)  # no contact: it fades by the decay


@given(st.floats(0.0, 0.98), st.floats(0.05, 2))
def test_drift_keeps_its_stationary_spread(persistence: float, sd: float) -> None:
    z = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    rng = np.random.default_rng(0)
    start, luck = (F(sd) * rng.permutation(z).astype(F)), rng.permutation(z).astype(F)
    after = eq.drifted(start, F(persistence), F(sd), luck)
    assert after.std() == pytest.approx(sd, rel=0.03)


@given(st.floats(0, 100), st.floats(0.01, 0.9), st.floats(0, 5), st.floats(0, 5))
def test_profit_is_margin_less_cost_and_discount(spend: float, margin: float, cost: float, discount: float) -> None:
    assert at(eq.period_profit, spend, margin, cost, discount) == pytest.approx(
        margin * spend - cost - discount, rel=1e-5, abs=2e-5
    )


def _many_trips(mean: float, dispersion: float, rest: float, scale: float = 1.0) -> np.ndarray:
    """Return trips over an even grid of both draws, as good as exact; `scale` is that of an opened offer."""
    z = norm.ppf((np.arange(2_000) + 0.5) / 2_000).astype(F)[:, None]
    u = ((np.arange(1_000) + 0.5) / 1_000).astype(F)[None, :]
    size = F(mean + rest)
    alpha, beta = eq.trip_law(np.array([size]), F(dispersion))
    amount = (alpha + beta * z) ** 2 * F(scale)
    return np.asarray(eq.trip_count(amount, u, F(rest / (size * scale))))


LAWS = [(0.05, 0.9, 0.1), (0.6, 0.7, 0.0), (1.2, 0.9, 0.1), (4.3, 0.0, 0.0), (2.5, 2.0, 0.2), (3.0, 0.9, 0.1)]


@pytest.mark.parametrize(("mean", "dispersion", "rest"), LAWS)
def test_trips_have_their_stated_mean_spread_and_law(mean: float, dispersion: float, rest: float) -> None:
    """Against independent oracles: the non-central chi-square of SciPy, rounded by numerical integration."""
    trips = _many_trips(mean, dispersion, rest)
    assert trips.mean() == pytest.approx(mean, rel=5e-3)
    if dispersion == 0:
        assert set(np.unique(trips)) == {math.floor(mean), math.ceil(mean)}
        return
    size, q = mean + rest, dispersion / 4
    law = ncx2(1, size / q, scale=size * q / (size + q))  # (sqrt(M) + sqrt(q) z)^2 / q is ncx2(1, M / q)
    assert law.mean() == pytest.approx(size, rel=1e-9)
    if size > dispersion:
        assert law.var() == pytest.approx(dispersion * size, rel=0.25)
    for k in range(4):

        def near(x: float, k: int = k) -> float:
            return float(max(1 - abs(x - k), 0) * law.pdf(x))

        chance = quad(near, max(k - 1, 1e-12), k, limit=200)[0] if k else 0.0
        chance = (chance + quad(near, max(k, 1e-12), k + 1, limit=200)[0]) * mean / size + (rest / size) * (k == 0)
        assert (trips == k).mean() == pytest.approx(chance, abs=3e-3)


def test_little_dispersion_is_more_regular_than_poisson() -> None:
    for mean in (0.5, 1.3, 3.0):
        assert _many_trips(mean, 0.1, 0.0).var() < mean


@given(
    st.floats(-4, 4),
    st.floats(0.001, 0.999),
    st.floats(0.05, 5),
    st.floats(1.0, 1.5),
    st.floats(0, 3),
    st.floats(0, 0.3),
)
def test_a_lift_never_loses_a_trip_at_equal_luck(
    z: float, u: float, mean: float, scale: float, dispersion: float, rest: float
) -> None:
    size = mean + rest
    alpha, beta = eq.trip_law(*(np.array([x], np.float32) for x in (size, dispersion)))
    amount = (alpha + beta * F(z)) ** 2
    few, more = (eq.trip_count(amount * F(k), F(u), F(rest / (size * k)))[0] for k in (1.0, scale))
    assert few <= more


@pytest.mark.parametrize("scale", [1.0, 1.1, 1.5])
@pytest.mark.parametrize(("mean", "dispersion", "rest"), LAWS)
def test_the_chance_of_an_empty_week_is_that_of_the_trips(
    mean: float, dispersion: float, rest: float, scale: float
) -> None:
    size = mean + rest
    alpha, beta = (float(x[0]) for x in eq.trip_law(*(np.array([x], np.float32) for x in (size, dispersion))))
    chance = at(eq.empty_chance, alpha, beta, scale, 1 / scale, rest / (size * scale))
    assert chance == pytest.approx((_many_trips(mean, dispersion, rest, scale) == 0).mean(), abs=3e-3)
    assert 0 <= chance <= 1


@given(st.integers(0, 20), st.floats(1, 100), st.floats(0.0, 1.0))
def test_spend_has_the_mean_of_its_trips(trips: int, basket: float, sd: float) -> None:
    z = norm.ppf((np.arange(4_000) + 0.5) / 4_000).astype(F)
    spend = eq.trips_spend(np.full(4_000, trips, F), F(basket), F(sd), z)
    assert spend.mean() == pytest.approx(trips * basket, rel=0.02)
    assert (spend == 0).all() == (trips == 0)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 3), st.floats(1, 1.5), st.floats(0, 1))
def test_expected_profit_is_the_average_over_the_cases(
    p_open: float, p_redeem: float, calm: float, more: float, home: float
) -> None:
    """Case by case: unopened, opened, opened and redeemed by who shops anyway or would have stayed at home."""
    basket, bonus, margin, cost, discount = 20.0, 0.3, 0.25, 0.1, 0.8
    lifted = calm * more
    unopened = margin * basket * calm
    opened = margin * basket * lifted
    redeemed = opened + margin * basket * bonus - discount + home * margin * basket
    expected = (1 - p_open) * unopened + p_open * ((1 - p_redeem) * opened + p_redeem * redeemed) - cost
    got = at(eq.expected_profit, p_open, p_redeem, calm, lifted, home, basket, bonus, margin, cost, discount)
    assert got == pytest.approx(expected, rel=1e-5, abs=1e-5)
