"""The shared dynamics of weekly trips are recovered from weeks, with an honest bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulator.weeks import T, generate

from evenhand.simulator.dynamics import Dynamics, fit_dynamics
from evenhand.simulator.leaving import hazard_of


@pytest.fixture(scope="module")
def fitted() -> Dynamics:
    panel, _ = generate(n=600, dispersion_sd=0.5, hazard=0.03, back=0.2)
    return fit_dynamics(panel)


def test_shared_dynamics_are_recovered(fitted: Dynamics) -> None:
    law, season = fitted.refit(np.arange(600))
    assert law.dispersion == pytest.approx(0.8, abs=0.12)
    assert law.dispersion_sd == pytest.approx(0.5, abs=0.15)
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
    fresh = [fit_dynamics(generate(seed, n=150, hazard=0.03, back=0.2)[0]) for seed in (1, 2, 3)]
    found = [fit.refit(np.arange(150))[0].drift_sd for fit in fresh]
    spread = float(np.std(found, ddof=1)) / 2  # of four times as many customers
    assert 0.25 * spread < np.std(replicates) < 4 * spread


def test_regular_shoppers_are_less_dispersed_than_by_chance() -> None:
    panel, _ = generate(7, n=200, dispersion=0.3, zero_inflation=0.02, sd=0.15)
    law, _ = fit_dynamics(panel).refit(np.arange(200))
    assert law.dispersion == pytest.approx(0.3, abs=0.1)
    assert law.zero_inflation < 0.05
    assert law.drift_sd < 0.25


def test_leaving_for_good_is_told_from_spells() -> None:
    gone, _ = fit_dynamics(generate(3, n=250, hazard=0.01)[0]).refit(np.arange(250))
    spells, _ = fit_dynamics(generate(4, n=250, hazard=0.05, back=0.3)[0]).refit(np.arange(250))
    assert gone.return_base < 0.03
    assert spells.return_base > 0.2
