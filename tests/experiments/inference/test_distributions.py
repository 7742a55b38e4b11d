"""Quantiles, bootstraps and proportions agree with their oracles and cover what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.quantile_regression import hall_sheather
from statsmodels.stats.proportion import confint_proportions_2indep

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference import (
    Metric,
    arm_means,
    cautious_difference,
    lift,
    poisson_bootstrap,
    proportion,
    proportion_difference,
    quantile,
    quantile_bootstrap,
    quantile_difference,
)
from evenhand.experiments.inference.quantiles import bandwidth
from evenhand.experiments.moments import scan

RUNS = 1000  # a share near 0.95 has a standard error of 0.007: outside 0.922..0.978 has a chance of 1 in 15,000


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [50, 10_000])
def test_the_bandwidth_is_that_of_statsmodels(n: int, q: float) -> None:
    assert bandwidth(n, q) == pytest.approx(hall_sheather(n, q, 0.05), rel=1e-6)


@pytest.mark.parametrize(
    ("q", "law"), [(0.5, stats.norm(10, 2)), (0.9, stats.expon(scale=5)), (0.25, stats.lognorm(1))]
)
def test_the_standard_error_is_that_of_the_true_density(q: float, law: Any) -> None:
    n = 200_000
    found = quantile(law.rvs(n, random_state=1), q)
    truth = np.sqrt(q * (1 - q) / n) / law.pdf(law.ppf(q))
    assert found.se == pytest.approx(truth, rel=0.05)
    assert abs(found.value - law.ppf(q)) < 4 * truth


@pytest.mark.parametrize(("n", "q"), [(100, 0.5), (500, 0.9)])
def test_intervals_of_quantiles_cover(n: int, q: float) -> None:
    rng = np.random.default_rng(2)
    truth = 2 * stats.expon.ppf(q) - stats.expon.ppf(q)
    covered = booted = 0
    for run in range(RUNS):
        a, b = 2 * rng.exponential(size=n), rng.exponential(size=n)
        low, high = quantile_difference(a, b, q).interval()
        covered += low <= truth <= high
        boot = quantile_bootstrap(a, b, q, seed=run)
        booted += boot.low <= truth <= boot.high
    assert 0.922 <= covered / RUNS <= 0.978
    assert 0.922 <= booted / RUNS <= 0.978


def test_values_that_pile_up_have_no_density_and_get_an_error() -> None:
    pile = np.r_[np.zeros(80), np.arange(20.0)]
    with pytest.raises(DataError, match="quantile_bootstrap"):
        quantile(pile)
    spread = quantile_bootstrap(np.r_[np.zeros(80), np.ones(80)], pile, 0.5, seed=1)
    assert spread.low < spread.high


def test_too_few_values_for_a_quantile_are_refused() -> None:
    with pytest.raises(DataError, match="needs 1000"):
        quantile(np.arange(500.0), 0.99)
    with pytest.raises(DataError, match="0 < q < 1"):
        quantile(np.arange(500.0), 50)
    with pytest.raises(DataError, match="not finite"):
        quantile(np.r_[np.arange(500.0), np.nan])


def ratio(treatment: np.ndarray, control: np.ndarray) -> np.ndarray:
    return np.asarray(treatment[:, 0] / control[:, 0] - 1)


def test_the_poisson_bootstrap_of_a_lift_has_the_error_of_the_delta_method() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.gamma(2.0, 1.1, 2000), rng.gamma(2.0, size=2000)
    found = poisson_bootstrap(a, b, ratio, seed=1, resamples=4000)
    means = arm_means(scan({"arm": np.repeat([1, 0], 2000), "y": np.r_[a, b]}, ["y"]), Metric("y"))
    delta = lift(means, "1", "0")
    assert found.value == pytest.approx(delta.value)
    assert found.se == pytest.approx(delta.se, rel=0.05)  # 4,000 resamples know it to 1.1 %
    assert (found.low, found.high) == pytest.approx(delta.interval(), abs=0.15 * delta.se)


def test_the_poisson_bootstrap_covers() -> None:
    """200 runs: outside 0.90..0.99 has a chance of 1 in 200."""
    rng, covered = np.random.default_rng(4), 0
    for run in range(200):
        a, b = 1.2 * rng.exponential(size=200), rng.exponential(size=200)
        found = poisson_bootstrap(a, b, ratio, seed=run, resamples=400)
        covered += found.low <= 0.2 <= found.high
    assert 0.90 <= covered / 200 <= 0.99


def test_the_same_seed_gives_the_same_limits() -> None:
    a, b = np.random.default_rng(5).normal(5.0, size=(2, 300))
    assert poisson_bootstrap(a, b, ratio, seed=1) == poisson_bootstrap(a, b, ratio, seed=1)
    assert poisson_bootstrap(a, b, ratio, seed=1) != poisson_bootstrap(a, b, ratio, seed=2)
    assert quantile_bootstrap(a, b, seed=1) == quantile_bootstrap(a, b, seed=1)


def test_bootstraps_refuse_what_they_cannot_tell() -> None:
    good = np.arange(30.0) + 1
    with pytest.raises(DataError, match="at least 20"):
        poisson_bootstrap(good[:5], good, ratio, seed=1)
    with pytest.raises(DataError, match="not finite"):
        poisson_bootstrap(np.r_[good, np.nan], good, ratio, seed=1)
    with pytest.raises(DataError, match="same in every resample"):
        poisson_bootstrap(np.ones(30), np.ones(30), ratio, seed=1)
    with pytest.raises(EvenhandError, match="level"):
        poisson_bootstrap(good, good, ratio, seed=1, level=95)


def binary(a: int, n_a: int, b: int, n_b: int) -> dict[str, np.ndarray]:
    y = np.r_[np.arange(n_a) < a, np.arange(n_b) < b]
    return {"arm": np.repeat(["T", "C"], [n_a, n_b]), "y": y}


@pytest.mark.parametrize("counts", [(3, 50, 1, 60), (0, 40, 0, 30), (500, 1000, 450, 1000), (30, 30, 29, 30)])
def test_differences_of_proportions_are_newcombes(counts: tuple[int, int, int, int]) -> None:
    found = proportion_difference(scan(binary(*counts), ["y"]), "y", treatment="T", control="C")
    oracle = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize("counts", [(0, 40, 0, 30), (30, 30, 40, 40), (3, 50, 1, 60)])
def test_the_cautious_error_is_agresti_and_caffos(counts: tuple[int, int, int, int]) -> None:
    rates = [proportion(scan(binary(*counts), ["y"]), "y", arm) for arm in ("T", "C")]
    low, high = confint_proportions_2indep(*counts, method="agresti-caffo", compare="diff")
    assert cautious_difference(*rates).se == pytest.approx((high - low) / 2 / stats.norm.ppf(0.975), rel=1e-9)
    assert cautious_difference(*rates).value == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])


def test_a_proportion_is_of_yes_and_no() -> None:
    with pytest.raises(DataError, match="other than 0 and 1"):
        proportion(scan({"arm": ["T"] * 3, "y": [0.0, 1.0, 0.5]}, ["y"]), "y", "T")


@pytest.mark.parametrize("step", [0.05, 1.0])
def test_values_rounded_to_a_coarse_grid_get_an_error_and_those_on_a_fine_one_intervals_that_cover(step: float) -> None:
    """Rounded to whole units, 59 % of the intervals of this difference used to hold the truth, which is 0.

    400 runs: the share that covers has a Monte Carlo error of 1.1 points; 92 % is 3 of them below 95 %.
    """
    rng = np.random.default_rng(1)
    arms = np.round(rng.gamma(2, 5, (400, 2, 1000)) / step) * step
    if step == 1.0:
        with pytest.raises(DataError, match="of 1,000 values are"):
            quantile_difference(*arms[0])
        return
    limits = np.array([quantile_difference(*pair).interval() for pair in arms])
    assert ((limits[:, 0] <= 1e-12) & (limits[:, 1] >= -1e-12)).mean() > 0.92


def test_a_pile_beside_the_quantile_is_found_too() -> None:
    """45 % of zeros just below the median: the density was taken across the gap, and 91 % covered."""
    rng = np.random.default_rng(1)
    values = np.where(rng.random(1000) < 0.45, 0.0, rng.gamma(2, 5, 1000))
    with pytest.raises(DataError, match="values are 0"):
        quantile(values)
