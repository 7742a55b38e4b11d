"""Calibration of purchases recovers what generated them."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator import Simulator
from evenhand.simulator.leaving import fit_hazard, hazard_of, silence
from evenhand.simulator.organic import (
    Organic,
    fit_habits,
    fit_organic,
    moments,
    organic_mean,
    season_of,
    shifts,
)
from evenhand.simulator.panel import Panel
from evenhand.simulator.posterior import present_of, trips_likelihood

N, T = 3_000, 52


def _panel(
    seed: int = 0,
    *,
    size: float = 3.0,
    away: float = 0.1,
    sd: float = 0.5,
    rho: float = 0.9,
    hazard: float = 0.0,
) -> tuple[Panel, np.ndarray]:
    """Simulate households by other means than the kernel; returns their history and true log mean trips."""
    rng = np.random.default_rng(seed)
    log_mean = rng.normal(0.0, 0.7, N)
    drift = np.empty((N, T))
    drift[:, 0] = rng.normal(0, sd, N)
    for t in range(1, T):
        drift[:, t] = rho * drift[:, t - 1] + sd * np.sqrt(1 - rho**2) * rng.standard_normal(N)
    season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(T) / T)
    rate = np.exp(log_mean)[:, None] / organic_mean(1.0, away, sd) * season * np.exp(drift)
    trips = rng.poisson(rate * rng.gamma(size, 1 / size, (N, T))).astype(float)
    trips *= rng.random((N, T)) > away
    left = rng.geometric(hazard, N) if hazard else np.full(N, T + 1)
    trips *= np.arange(T) < left[:, None]
    basket = np.exp(rng.normal(3.0, 0.5, N))[:, None]
    log_sd = 0.6 / np.sqrt(np.maximum(trips, 1))
    spend = trips * basket * np.exp(log_sd * rng.standard_normal((N, T)) - log_sd**2 / 2)
    shares = np.array([0.7, 0.3])
    return Panel(trips, spend, spend[..., None] * shares, ("food", "other")), log_mean


@pytest.fixture(scope="module")
def generated() -> tuple[Panel, np.ndarray]:
    return _panel()


def test_shared_dynamics_are_recovered(generated: tuple[Panel, np.ndarray]) -> None:
    panel, _ = generated
    fit = fit_organic(moments(panel), fit_habits(panel).log_rate, np.arange(N))
    assert fit.drift_sd == pytest.approx(0.5, abs=0.08)
    assert fit.drift_persistence == pytest.approx(0.9, abs=0.04)
    assert fit.dispersion == pytest.approx(3.0, rel=0.35)
    assert fit.zero_inflation == pytest.approx(0.1, abs=0.05)
    assert fit.season.mean() == pytest.approx(1)
    assert np.corrcoef(fit.season, np.sin(2 * np.pi * np.arange(T) / T))[0, 1] > 0.9


def test_regular_shoppers_give_no_overdispersion() -> None:
    rng = np.random.default_rng(1)
    trips = rng.poisson(np.exp(rng.normal(0, 0.5, 2_000))[:, None], (2_000, T)).astype(float)
    panel = Panel(trips, trips * 10, np.zeros((2_000, T, 0)), ())
    fit = fit_organic(moments(panel), fit_habits(panel).log_rate, np.arange(2_000))
    assert fit.dispersion > 10
    assert fit.zero_inflation < 0.02
    assert fit.drift_sd < 0.15


def test_habits_are_recovered_with_the_right_spread(generated: tuple[Panel, np.ndarray]) -> None:
    panel, log_mean = generated
    habits = fit_habits(panel)
    assert np.corrcoef(habits.log_rate, log_mean)[0, 1] > 0.9
    assert habits.log_rate.std() == pytest.approx(log_mean.std(), rel=0.12)
    assert habits.log_basket.mean() == pytest.approx(3.0, abs=0.05)
    assert habits.log_basket.std() == pytest.approx(0.5, rel=0.1)
    assert np.exp(habits.log_sd).mean() == pytest.approx(0.6, abs=0.05)


def test_households_without_a_purchase_get_finite_habits() -> None:
    trips = np.zeros((30, T))
    trips[:20, ::4] = 1
    habits = fit_habits(Panel(trips, trips * 12.0, np.zeros((30, T, 0)), ()))
    assert all(np.isfinite(column).all() for column in habits)
    assert habits.log_rate[25] < habits.log_rate[0]


@pytest.mark.parametrize("hazard", [0.001, 0.008])
def test_leaving_is_told_from_pauses(hazard: float) -> None:
    panel, _ = _panel(2, hazard=hazard)
    organic = Organic(3.0, 0.1, 0.9, 0.5, np.ones(T))
    before = fit_habits(panel.weeks(0, T // 2)).log_rate
    fit = fit_hazard(panel, before, organic, np.arange(N))
    assert float(hazard_of(np.zeros(1), fit)[0]) == pytest.approx(hazard, rel=0.6)


def test_frequent_customers_are_rarely_silent_by_chance() -> None:
    organic = Organic(3.0, 0.05, 0.9, 0.4, np.ones(T))
    chance = silence(np.log([0.1, 0.5, 2.0]), organic)
    assert (np.diff(chance) < 0).all()
    assert silence(np.log(np.array([0.5])), organic, weeks=1)[0] > chance[1]


def test_season_keeps_its_mean_and_smooths() -> None:
    raw = 1 + 0.5 * (np.arange(T) == 20)
    season = season_of(raw)
    assert season.mean() == pytest.approx(1)
    assert 1.05 < season[20] < 1.3


def test_shifts_are_nothing_where_nothing_shifts(generated: tuple[Panel, np.ndarray]) -> None:
    panel, _ = generated
    rate, basket = shifts(panel, Organic(3.0, 0.1, 0.9, 0.5, np.ones(T)))
    assert rate < 0.25
    assert basket < 0.08


def test_likelihood_sums_to_one() -> None:
    k = np.arange(200.0)
    for mean, size, away in ((0.3, 0.5, 0.2), (4.0, 50.0, 0.0)):
        assert trips_likelihood(k, np.full(200, mean), size, away).sum() == pytest.approx(1, abs=1e-6)


def test_the_past_tells_rates_and_who_left(simulator: Simulator) -> None:
    r = simulator.content.point
    trips = np.zeros((300, 26))
    trips[:100] = 3  # three trips a week
    trips[100:200, ::4] = 1  # one a month
    trips[200:, :8] = 3  # three a week, then nothing
    state = present_of(trips, np.ones(26), r, seed=1)
    assert np.exp(state.log_rate[:100]).mean() == pytest.approx(3.0, rel=0.3)
    assert np.median(np.exp(state.log_rate[100:200])) == pytest.approx(0.3, rel=0.4)
    assert state.gone[200:].mean() > 0.8
    assert state.gone[:100].mean() < 0.02
