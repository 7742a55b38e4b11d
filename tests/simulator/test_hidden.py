"""The forward algorithm against brute force, and against what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulator.weeks import generate

from evenhand.simulator import counts
from evenhand.simulator.hidden import Law, filtered
from evenhand.simulator.leaving import hazard_of, share_here

LAW = Law(0.8, 0.0, 0.1, 0.9, 0.5, (-3.5, -0.5), 0.2, 0.0, 0.7)


def test_the_likelihood_is_that_of_simulated_histories() -> None:
    """P(no trip in three weeks), by the filter and by 400,000 simulated customers (standard error below 0.001)."""
    rng, n = np.random.default_rng(0), 400_000
    rate = rng.normal(LAW.rate_mean, LAW.rate_sd, n)
    hazard = hazard_of(rate, LAW.hazard)
    away = rng.random(n) > share_here(rate, LAW.hazard, LAW.return_base)
    drift, empty = LAW.drift_sd * rng.standard_normal(n), np.ones(n, bool)
    for _ in range(3):
        mean = np.exp(rate + drift - LAW.drift_sd**2 / 2)
        empty &= away | (counts.draw(mean, LAW.dispersion, LAW.zero_inflation, rng) == 0)
        luck = rng.random(n)
        away = np.where(away, luck >= LAW.return_base, luck < hazard)
        drift = 0.9 * drift + 0.5 * np.sqrt(1 - 0.9**2) * rng.standard_normal(n)
    found = filtered(np.zeros((1, 3)), np.ones(3), LAW, rates=61, drifts=25)
    wide = filtered(np.zeros((1, 3)), np.ones(3), LAW)
    assert np.exp(found.log_likelihood[0]) == pytest.approx(float(empty.mean()), abs=0.02)
    assert wide.log_likelihood[0] == pytest.approx(found.log_likelihood[0], abs=0.05)


def test_masses_add_up_and_nobody_who_just_bought_is_away() -> None:
    panel, _ = generate(n=200, hazard=0.03, back=0.2)
    found = filtered(panel.trips, np.ones(52), LAW)
    np.testing.assert_allclose(found.here.sum((1, 2, 3)) + found.left.sum((1, 2, 3)), 1, rtol=1e-9)
    assert not found.left[panel.trips[:, -1] > 0].any()
    assert found.left[panel.trips[:, -6:].sum(1) == 0].sum() > 0


def test_the_true_law_is_likelier_than_others() -> None:
    panel, _ = generate(n=400, hazard=0.03, back=0.2)
    true = Law(0.8, 0.0, 0.1, 0.9, 0.5, (np.log(0.03), 0.0), 0.2, 0.0, 0.7)
    best = filtered(panel.trips, np.ones(52), true).log_likelihood.sum()
    for other in (
        true._replace(dispersion=1.6),
        true._replace(dispersion_sd=1.0),
        true._replace(drift_sd=0.2),
        true._replace(drift_persistence=0.5),
        true._replace(return_base=0.02),
        true._replace(hazard=(-9.0, 0.0)),
        true._replace(zero_inflation=0.5),
    ):
        assert filtered(panel.trips, np.ones(52), other).log_likelihood.sum() < best - 5
