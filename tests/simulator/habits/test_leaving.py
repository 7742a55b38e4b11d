"""Absence: chances are chances, and rates while here give the means that they came from."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.habits.leaving import TENURE, chance_left, hazard_of, log_rate_here, share_here

HAZARD = (-4.5, -1.5)


def test_rare_shoppers_are_away_more_and_chances_stay_in_bounds() -> None:
    log_rate = np.linspace(-8, 5, 50)
    hazard, share = hazard_of(log_rate, HAZARD), share_here(log_rate, HAZARD, 0.1)
    assert (np.diff(hazard) <= 0).all()
    assert (np.diff(share) >= 0).all()
    assert ((hazard > 0) & (hazard <= 0.25) & (share > 0) & (share < 1)).all()


def test_rates_while_here_and_the_share_of_weeks_here_give_the_mean() -> None:
    log_mean = np.linspace(-4, 3, 40)
    here = log_rate_here(log_mean, HAZARD, 0.1)
    np.testing.assert_allclose(here + np.log(share_here(here, HAZARD, 0.1)), log_mean, atol=1e-3)


def test_the_share_here_is_that_of_a_long_run() -> None:
    rng = np.random.default_rng(0)
    hazard = float(hazard_of(np.array([-1.0]), HAZARD)[0])
    away, weeks = np.zeros(2_000, bool), []
    for _ in range(200):
        luck = rng.random(2_000)
        away = np.where(away, luck >= 0.1 + 1 / TENURE, luck < hazard)  # come back, or replaced
        weeks.append(away.mean())
    assert 1 - np.mean(weeks[50:]) == pytest.approx(float(share_here(np.array([-1.0]), HAZARD, 0.1)[0]), abs=0.01)


def test_who_has_long_been_silent_has_probably_left() -> None:
    weeks = np.arange(0.0, 30.0)
    frequent, rare = (chance_left(weeks, np.array([rate]), np.array([0.01]), 0.1) for rate in (2.0, 0.1))
    assert frequent[0] == rare[0] == 0
    assert (np.diff(frequent) >= 0).all()
    assert (np.diff(rare) >= 0).all()
    assert frequent[8] > 0.99
    assert rare[8] < 0.3
    unknown = chance_left(np.array([1e-9]), np.array([0.0]), np.array([0.01]), 0.1)
    assert unknown[0] == pytest.approx(0.01 / (0.01 + 0.1 + 1 / TENURE))
