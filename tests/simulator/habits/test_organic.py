"""Habits of purchase are recovered from weeks, and the season."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulator.weeks import N, T, generate

from evenhand.simulator.habits.organic import fit_habits, organic_mean, season_of
from evenhand.simulator.habits.panel import Panel


@pytest.fixture(scope="module")
def generated() -> tuple[Panel, np.ndarray]:
    return generate()


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


def test_season_keeps_its_mean_and_smooths() -> None:
    raw = 1 + 0.5 * (np.arange(T) == 20)
    season = season_of(raw)
    assert season.mean() == pytest.approx(1)
    assert 1.05 < season[20] < 1.3


def test_mean_trips_carry_the_drift() -> None:
    rng = np.random.default_rng(0)
    assert organic_mean(2.0, 0.5) == pytest.approx(2 * np.exp(0.5 * rng.standard_normal(N * 100)).mean(), rel=0.01)
