"""Statistics over seeds and populations: known oracles, known ends, and coverage on a model whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from evenhand.errors import DataError
from evenhand.experiments.aggregate import (
    interquartile_mean,
    iqm_interval,
    mean_over_both,
    percent_of_baseline,
    probability_of_improvement,
    share_held,
)
from evenhand.fairness import wilson

RUNS = 400  # of the coverage simulations: a share near 0.95 has a standard error of 0.011
LOWEST, HIGHEST = 0.92, 0.99  # nominal 0.95; four standard errors below are 0.906: what passes is no accident


def crossed(
    rng: np.random.Generator, seeds: int, populations: int, *, of_seeds: float, of_populations: float, rest: float = 1.0
) -> np.ndarray:
    """Draw a table of mean 1 whose rows and columns have luck of their own."""
    rows, columns = rng.normal(size=(seeds, 1)), rng.normal(size=(1, populations))
    return 1 + of_seeds * rows + of_populations * columns + rest * rng.normal(size=(seeds, populations))


@pytest.mark.parametrize("n", [1, 3, 4, 5, 10, 37])
def test_the_interquartile_mean_is_that_of_scipy(n: int) -> None:
    x = np.random.default_rng(n).lognormal(size=(n, 3))
    assert interquartile_mean(x) == pytest.approx(stats.trim_mean(x, 0.25, axis=None))


def trimmed(values: np.ndarray, axis: int) -> Any:
    return stats.trim_mean(values, 0.25, axis=axis)


def test_one_task_has_the_limits_of_scipys_bootstrap() -> None:
    """Two bootstraps of 20,000 resamples: their limits differ by a few thousandths of the spread."""
    x = np.random.default_rng(3).gamma(2.0, size=(20, 1))
    found = iqm_interval(x, resamples=20_000)
    oracle = stats.bootstrap((x[:, 0],), trimmed, n_resamples=20_000, method="percentile", rng=1).confidence_interval
    assert found.low == pytest.approx(oracle.low, abs=0.02)
    assert found.high == pytest.approx(oracle.high, abs=0.02)
    assert (found.seeds, found.populations) == (20, 1)


def test_tasks_are_strata_so_their_differences_add_no_doubt() -> None:
    rng = np.random.default_rng(0)
    x = np.tile(rng.normal(size=(12, 1)), 4) + np.array([0.0, 0.0, 100.0, 100.0])
    found = iqm_interval(x)
    pooled = iqm_interval(x.reshape(-1, 1))
    assert found.high - found.low < 0.2 * (pooled.high - pooled.low)


@pytest.mark.parametrize(
    ("seeds", "of_seeds", "of_populations"),
    [(3, 0.0, 0.5), (3, 0.5, 0.5), (5, 0.5, 0.0), (5, 0.3, 1.0), (10, 0.5, 0.2), (10, 0.2, 1.0), (10, 0.0, 0.0)],
)
def test_the_two_way_interval_covers(seeds: int, of_seeds: float, of_populations: float) -> None:
    """400 tables each at a nominal 95 %; the pigeonhole bootstrap errs on the wide side where nothing but noise is."""
    rng = np.random.default_rng([seeds, int(10 * of_seeds), int(10 * of_populations)])
    hits = 0
    for run in range(RUNS):
        x = crossed(rng, seeds, 40, of_seeds=of_seeds, of_populations=of_populations)
        found = mean_over_both(x, seed=run, resamples=500)
        hits += found.low <= 1 <= found.high
    assert LOWEST <= hits / RUNS <= (1.0 if of_seeds == 0 else HIGHEST)


def test_resampling_populations_alone_would_not_cover() -> None:
    """What the two ways are for: with luck of seeds, intervals over populations of one average cover far too rarely."""
    rng = np.random.default_rng(7)
    hits = 0
    for run in range(100):
        x = crossed(rng, 5, 40, of_seeds=0.5, of_populations=0.2)
        one_way = mean_over_both(x.mean(axis=0, keepdims=True), seed=run, resamples=500)
        hits += one_way.low <= 1 <= one_way.high
    assert hits < 60


def test_the_percentage_covers_too() -> None:
    """A ratio of two means, both moved by the populations: 10 % more than a baseline of mean 2."""
    rng = np.random.default_rng(5)
    hits = 0
    for run in range(RUNS):
        baseline = 2 + 0.6 * rng.normal(size=64)
        gain = 0.1 * baseline + 0.1 * rng.normal(size=(10, 1)) + 0.3 * rng.normal(size=(10, 64))
        found = percent_of_baseline(baseline + gain, baseline, seed=run, resamples=500)
        hits += found.low <= 10 <= found.high
    assert LOWEST <= hits / RUNS <= HIGHEST


def test_the_percentage_is_of_the_size_of_the_baseline() -> None:
    learned, baseline = np.full((3, 4), -1.0), np.full(4, -2.0)
    assert percent_of_baseline(learned, baseline)[:3] == (50.0, 50.0, 50.0)
    with pytest.raises(DataError, match="earns 0 on average"):
        percent_of_baseline(learned, np.zeros(4))


def test_one_seed_is_the_bootstrap_of_its_populations() -> None:
    """Against the t interval of the same 200 numbers; limits of 5,000 resamples wander by a few per cent of it."""
    x = np.random.default_rng(2).normal(size=(1, 200))
    found = mean_over_both(x, resamples=5000)
    half = stats.t.ppf(0.975, 199) * x.std(ddof=1) / np.sqrt(200)
    assert found.low == pytest.approx(x.mean() - half, abs=0.06 * half)
    assert found.high == pytest.approx(x.mean() + half, abs=0.06 * half)


def test_the_probability_of_improvement_is_mann_whitneys() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 6, size=(7, 9)).astype(float), rng.integers(0, 6, size=(5, 9)).astype(float)
    oracle = np.mean([stats.mannwhitneyu(x[:, p], y[:, p]).statistic / 35 for p in range(9)])
    found = probability_of_improvement(x, y)
    assert found.value == pytest.approx(oracle)
    assert 0 <= found.low < found.value < found.high <= 1
    assert probability_of_improvement(x, x).value == pytest.approx(0.5)
    assert probability_of_improvement(x + 10, y[0])[:3] == (1.0, 1.0, 1.0)


def test_a_share_of_one_seed_is_wilsons_and_certainty_keeps_its_doubt() -> None:
    held = np.arange(50) < 45
    found = share_held(held[None])
    assert (found.low, found.high) == tuple(float(limit) for limit in wilson(45, 50))
    sure = share_held(np.ones((5, 50)))
    assert sure.value == sure.high == 1.0
    assert sure.low == pytest.approx(float(wilson(50, 50)[0]))
    torn = share_held(np.repeat([[1.0], [1.0], [0.0]], 50, axis=1))  # seeds disagree: populations cannot make up for it
    assert torn.low == 0.0
    assert torn.high == 1.0


def test_the_same_seed_gives_the_same_limits() -> None:
    x = np.random.default_rng(0).normal(size=(4, 8))
    assert mean_over_both(x, seed=1) == mean_over_both(x, seed=1)
    assert mean_over_both(x, seed=1) != mean_over_both(x, seed=2)


def test_tables_that_do_not_fit_are_refused() -> None:
    x = np.zeros((3, 4))
    with pytest.raises(DataError, match="a row per seed, a column per population"):
        mean_over_both(np.zeros(4))
    with pytest.raises(DataError, match="the same populations"):
        percent_of_baseline(x, np.ones(5))
    with pytest.raises(DataError, match="4 populations against 5"):
        probability_of_improvement(x, np.ones(5))
    with pytest.raises(DataError, match="not finite"):
        mean_over_both(np.full((2, 2), np.nan))
    with pytest.raises(DataError, match="confidence level 1"):
        mean_over_both(np.eye(2), level=1.0)
