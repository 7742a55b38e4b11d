"""Season, weather and shocks: shared by all customers of an environment, the same for every run of a seed."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.surroundings import surroundings
from evenhand.simulator.types import behaviour_record

SEASON = np.linspace(0.8, 1.2, 52, dtype=np.float32)[None]
SEEDS = np.array([3], np.uint64)


def _run(periods: int, **behaviour: float) -> tuple[np.ndarray, np.ndarray]:
    record = behaviour_record(behaviour)[None]
    flat = np.ones((1, 52), np.float32)
    seen = [surroundings(record, flat, SEEDS, t) for t in range(periods)]
    return np.array([s.log_factor[0] for s in seen]), np.array([s.weather[0] for s in seen])


def test_season_alone_is_its_own_logarithm() -> None:
    record = behaviour_record({})[None]
    for period in (0, 17, 51, 52 + 17):
        around = surroundings(record, SEASON, SEEDS, period)
        assert around.log_factor[0] == pytest.approx(np.log(SEASON[0, period % 52]), rel=1e-6)
        assert around.weather[0] == 0


def test_weather_is_a_stationary_ar1() -> None:
    factor, weather = _run(4_000, weather_persistence=0.7, weather_trips=0.1)
    assert weather.mean() == pytest.approx(0, abs=0.15)  # four standard errors
    assert weather.std() == pytest.approx(1, abs=0.08)
    assert np.corrcoef(weather[1:], weather[:-1])[0, 1] == pytest.approx(0.7, abs=0.05)
    np.testing.assert_allclose(factor, 0.1 * weather, rtol=1e-5, atol=1e-7)


def test_shocks_come_at_their_chance_and_fade() -> None:
    factor, _ = _run(4_000, shock_chance=0.02, shock_size=-0.5, shock_decay=0.6)
    assert factor.mean() == pytest.approx(-0.5 * 0.02 / 0.4, rel=0.4)  # geometric sum of what is left
    fresh = np.diff(factor, prepend=0) < -0.25
    assert fresh.mean() == pytest.approx(0.02, abs=0.009)
    quiet = ~fresh[1:]
    np.testing.assert_allclose(factor[1:][quiet], 0.6 * factor[:-1][quiet], atol=1e-6)


def test_a_run_that_starts_later_meets_the_same_weather() -> None:
    record = behaviour_record({"weather_persistence": 0.9, "weather_trips": 0.1})[None]
    one = surroundings(record, SEASON, SEEDS, 40)
    many = surroundings(np.repeat(record, 3), np.repeat(SEASON, 3, 0), np.array([1, 3, 5], np.uint64), 40)
    assert many.weather[1] == one.weather[0]
    assert len(np.unique(many.weather)) == 3
