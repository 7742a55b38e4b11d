"""Randomised PIT: uniform where futures and reality share a law, and telling where they do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from evenhand.simulator.coverage import randomised_pit, share_within

N = 4_000


@pytest.mark.parametrize("mean", [0.2, 3.0, 200.0])
@pytest.mark.parametrize("draws", [19, 200])
def test_counts_of_one_law_give_uniform_values(mean: float, draws: int) -> None:
    rng = np.random.default_rng(0)
    pit = randomised_pit(rng.poisson(mean, N), rng.poisson(mean, (draws, N)), seed=1)
    assert kstest(pit, "uniform").pvalue > 0.001
    assert share_within(pit) == pytest.approx(0.9, abs=0.02)


def test_too_narrow_futures_hold_too_few_and_too_wide_ones_too_many() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(0, 1, N)
    assert share_within(randomised_pit(real, rng.normal(0, 0.5, (200, N)), seed=0)) < 0.7
    assert share_within(randomised_pit(real, rng.normal(0, 3, (200, N)), seed=0)) > 0.98
    assert randomised_pit(real, rng.normal(1, 1, (200, N)), seed=0).mean() < 0.4


def test_luck_is_the_seed() -> None:
    real, futures = np.zeros(50), np.zeros((10, 50))
    one = randomised_pit(real, futures, seed=3)
    np.testing.assert_array_equal(one, randomised_pit(real, futures, seed=3))
    assert not np.array_equal(one, randomised_pit(real, futures, seed=4))


def test_shapes_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="do not belong"):
        randomised_pit(np.zeros(5), np.zeros((10, 4)), seed=0)
