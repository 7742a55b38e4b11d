"""The shared dynamics of weekly trips are recovered from weeks, with an honest bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulator.weeks import T, generate

from evenhand.simulator.dynamics import Dynamics, fit_dynamics
from evenhand.simulator.leaving import hazard_of
from evenhand.simulator.panel import Panel


@pytest.fixture(scope="module")
def fitted() -> Dynamics:
    panel, _ = generate(n=600, hazard=0.03, back=0.2)
    return fit_dynamics(panel)


def test_shared_dynamics_are_recovered(fitted: Dynamics) -> None:
    law, season = fitted.refit(np.arange(600))
    assert law.dispersion == pytest.approx(0.8, abs=0.12)
    assert law.zero_inflation == pytest.approx(0.1, abs=0.06)
    assert law.drift_sd == pytest.approx(0.5, abs=0.08)
    assert law.drift_persistence == pytest.approx(0.9, abs=0.04)
    assert law.rate_mean == pytest.approx(0.0, abs=0.12)
    assert law.rate_sd == pytest.approx(0.7, abs=0.1)
    assert float(hazard_of(np.zeros(1), law.hazard)[0]) == pytest.approx(0.03, rel=0.4)
    assert law.return_base == pytest.approx(0.2, rel=0.3)
    assert season.mean() == pytest.approx(1)
    assert np.corrcoef(season, np.sin(2 * np.pi * np.arange(T) / T))[0, 1] > 0.7


def test_refits_to_bootstrap_samples_spread_about_as_fits_to_fresh_customers_do(fitted: Dynamics) -> None:
    rng = np.random.default_rng(0)
    replicates = [fitted.refit(rng.integers(0, 600, 600))[0].drift_sd for _ in range(40)]
    assert len(set(replicates)) == 40
    fresh = [fit_dynamics(generate(seed, n=300, hazard=0.03, back=0.2)[0]).refit(np.arange(300))[0] for seed in (1, 2, 3)]
    spread = float(np.std([law.drift_sd for law in fresh], ddof=1)) / np.sqrt(2)  # of twice as many customers
    assert 0.25 * spread < np.std(replicates) < 4 * spread


def test_regular_shoppers_are_less_dispersed_than_by_chance() -> None:
    rng = np.random.default_rng(1)
    mean = np.exp(rng.normal(0.5, 0.5, 300))[:, None]
    trips = np.floor(mean + rng.random((300, T)))  # the same every week, but for rounding
    law, _ = fit_dynamics(Panel(trips, trips * 10, np.zeros((300, T, 0)), ())).refit(np.arange(300))
    assert law.dispersion < 0.3
    assert law.drift_sd < 0.2


def test_leaving_for_good_is_told_from_spells() -> None:
    gone, _ = fit_dynamics(generate(3, n=500, hazard=0.01)[0]).refit(np.arange(500))
    spells, _ = fit_dynamics(generate(4, n=500, hazard=0.05, back=0.3)[0]).refit(np.arange(500))
    assert gone.return_base < 0.02
    assert spells.return_base > 0.2
