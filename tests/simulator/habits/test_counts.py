"""The law of weekly trips: closed forms against draws, and against limits that are known."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.habits.counts import call, draw, empty_chance, pmf

LAWS = [(0.05, 0.9, 0.1), (0.4, 0.9, 0.1), (0.4, 0.0, 0.0), (1.3, 0.5, 0.0), (3.0, 0.9, 0.1), (9.0, 2.0, 0.5)]
K = np.arange(120.0)


@pytest.mark.parametrize("law", LAWS)
def test_probabilities_add_up_and_have_the_mean(law: tuple[float, float, float]) -> None:
    p = pmf(K, *law)
    assert (p >= 0).all()
    assert p.sum() == pytest.approx(1, abs=1e-9)
    assert p @ K == pytest.approx(law[0], rel=1e-7)
    assert p[0] == pytest.approx(float(empty_chance(*law)))


@pytest.mark.parametrize("law", LAWS)
def test_draws_follow_the_probabilities(law: tuple[float, float, float]) -> None:
    """Fixed seed; each share within 4.5 of its standard errors (chance to fail for a fresh seed below 1e-3)."""
    n = 400_000
    trips = draw(np.full(n, law[0]), law[1], law[2], np.random.default_rng(1))
    for k in range(6):
        p = float(pmf(k, *law))
        assert abs((trips == k).mean() - p) < 4.5 * np.sqrt(p * (1 - p) / n) + 1e-9


def test_without_dispersion_trips_are_the_two_neighbours_of_the_mean() -> None:
    p = pmf(K, 2.3, 0.0, 0.0)
    assert p[2] == pytest.approx(0.7, abs=1e-3)
    assert p[3] == pytest.approx(0.3, abs=1e-3)


def test_frequent_shoppers_vary_by_the_dispersion_and_rounding() -> None:
    mean, dispersion = 60.0, 0.7
    variance = pmf(K, mean, dispersion, 0.0) @ (K - mean) ** 2
    assert variance == pytest.approx(dispersion * mean + 1 / 6, rel=0.01)
    assert variance < mean


def test_empty_weeks_rise_with_dispersion_and_inflation_and_fall_with_the_mean() -> None:
    assert (np.diff(empty_chance(2.0, np.array([0.0, 0.5, 1.0, 2.0]), 0.0)) > 0).all()
    assert (np.diff(empty_chance(2.0, 0.5, np.array([0.0, 0.1, 0.5]))) > 0).all()
    assert (np.diff(empty_chance(np.linspace(0.01, 8, 50), 0.9, 0.1)) < 0).all()
    assert float(empty_chance(0.0, 0.9, 0.1)) == pytest.approx(1)


def test_calls_run_from_the_mean_to_nothing() -> None:
    strikes = np.array([0.0, 1.0, 2.0, 5.0, 60.0])
    values = call(strikes, 2.0, 0.8)
    assert values[0] == pytest.approx(2.0)
    assert (np.diff(values) < 0).all()
    assert values[-1] < 1e-9
