from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from evenhand.simulator.answers.answering import (
    centred,
    mean_chance,
    organic_buying,
    organic_chance,
    per_week,
    reaching,
)
from evenhand.simulator.habits.counts import draw


@pytest.mark.parametrize("sd", [0.0, 0.5, 2.0])
def test_scattered_log_odds_have_the_mean_chance_that_was_asked_for(sd: float) -> None:
    chance = np.array([0.001, 0.03, 0.5, 0.97])
    log_odds = centred(chance, sd)
    np.testing.assert_allclose(mean_chance(log_odds, sd), chance, rtol=2e-3)
    luck = np.random.default_rng(0).standard_normal(400_000)
    drawn = expit(log_odds[:, None] + sd * luck).mean(1)
    np.testing.assert_allclose(drawn, chance, rtol=0.03)


def test_arriving_opening_and_clicking_multiply_to_the_chance_of_a_visit() -> None:
    chance = np.random.default_rng(1).uniform(0.001, 0.3, (50, 2))
    found = reaching(chance, np.full((50, 2), -0.6), delivery=np.array([0.97, 0.9]), openness_sd=0.8)
    np.testing.assert_allclose(found.opens * found.clicks, chance, rtol=5e-3)
    assert (found.openness == -0.6).all()


def test_where_more_visit_than_would_open_more_is_opened() -> None:
    chance = np.array([[0.7], [0.05]])
    found = reaching(chance, np.full((2, 1), -0.6), delivery=np.ones(1), openness_sd=0.8)
    assert found.openness[0, 0] > -0.6 == found.openness[1, 0]
    assert (found.opens * found.clicks)[0, 0] == pytest.approx(0.7, rel=0.01)


@pytest.mark.parametrize("dispersion", [0.0, 0.5])
@pytest.mark.parametrize("zero_inflation", [0.0, 0.1])
def test_customers_buy_as_often_as_asked_for(dispersion: float, zero_inflation: float) -> None:
    """By drawing trips of customers whose habits drift, within four standard errors."""
    rng = np.random.default_rng(2)
    for chance in (0.006, 0.2, 0.7):
        found = organic_buying(np.array([chance]), dispersion=dispersion, zero_inflation=zero_inflation, drift_sd=0.4)
        n = 200_000
        trips = draw(found.rate[0] * np.exp(0.4 * rng.standard_normal(n)), dispersion, zero_inflation, rng)
        bought = trips > 0
        assert abs(bought.mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / n) + 0.002 * chance
        error = trips[bought].std() / np.sqrt(bought.sum())
        assert abs(trips[bought].mean() - found.trips[0]) < 4 * error + 0.005


def test_weeks_compound_to_the_whole() -> None:
    weekly = per_week(np.array([0.0, 0.1, 0.6]), 3.0)
    np.testing.assert_allclose(1 - (1 - weekly) ** 3, [0.0, 0.1, 0.6])


def test_the_chance_to_buy_is_the_inverse_of_the_rate() -> None:
    law = {"dispersion": 0.3, "zero_inflation": 0.05, "drift_sd": 0.4}
    chance = np.array([0.004, 0.1, 0.8])
    np.testing.assert_allclose(organic_chance(organic_buying(chance, **law).rate, **law), chance, rtol=1e-3)
