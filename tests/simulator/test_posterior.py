"""What the past tells about rate, drift and presence."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulator.weeks import generate

from evenhand.simulator import Simulator
from evenhand.simulator.leaving import share_here
from evenhand.simulator.posterior import present_of


def test_the_past_tells_rates_and_who_is_away(simulator: Simulator) -> None:
    r = simulator.content.point
    trips = np.zeros((300, 26))
    trips[:100] = 3  # three trips a week
    trips[100:200, ::4] = 1  # one a month
    trips[200:, :8] = 3  # three a week, then nothing
    state = present_of(trips, np.ones(26), r, seed=1, draws=20)
    assert np.exp(state.log_rate[:, :100]).mean() == pytest.approx(3.0, rel=0.35)
    rare = state.log_rate[:, 100:200]
    assert 0.2 < np.median(np.exp(rare) * share_here(rare, r.hazard, r.return_base)) < 0.6
    assert state.gone[:, 200:].mean() > 0.8
    assert not state.gone[:, :100].any()


def test_draws_cover_true_rates_as_they_claim(simulator: Simulator) -> None:
    """Of 400 rates, drawn as the law has them, 90 % intervals hold 90 %, give or take 5 % (3.3 standard errors)."""
    r = simulator.content.point.model_copy(
        update={
            "dispersion": 0.8, "dispersion_sd": 0.0, "zero_inflation": 0.1, "drift_persistence": 0.9, "drift_sd": 0.5,
            "hazard": (-9.0, 0.0), "rate_mean": 0.0, "rate_sd": 0.7,
        }
    )  # fmt: skip
    panel, log_mean = generate(5, n=400)
    season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(52) / 52)
    low, high = np.quantile(present_of(panel.trips, season, r, seed=0, draws=400).log_rate, [0.05, 0.95], axis=0)
    assert ((log_mean > low) & (log_mean < high)).mean() == pytest.approx(0.9, abs=0.05)
