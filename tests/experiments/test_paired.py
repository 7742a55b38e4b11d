from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments import bootstrap_interval, compare, mean_interval


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_is_that_of_a_paired_t_test(level: float) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(1.2, 1, 40), rng.normal(1, 1, 40)
    found = compare(a, b, level=level)
    oracle = stats.ttest_rel(a, b).confidence_interval(level)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    assert found.mean == pytest.approx(float(np.mean(a - b)))
    assert found.percent == pytest.approx(100 * float(np.mean(a - b)) / float(np.mean(b)))
    assert (found.n, found.level, found.paired) == (40, level, True)


def test_the_interval_of_a_mean_is_that_of_a_t_test() -> None:
    values = np.random.default_rng(1).exponential(2, 25)
    oracle = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = mean_interval(values)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))


def test_a_comparison_the_other_way_round_changes_sign() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=30), rng.normal(size=30)
    there, back = compare(a, b), compare(b, a)
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))


def test_pairing_takes_out_what_populations_share() -> None:
    rng = np.random.default_rng(3)
    population, effect = rng.normal(0, 10, 64), rng.normal(0.3, 0.5, 64)
    found = compare(population + effect, population)
    assert found.high - found.low < 0.3
    assert found.better
    assert not compare(population, population + effect).better


def test_95_percent_intervals_hold_the_true_difference_in_95_of_100_trials() -> None:
    """4,000 trials of 32 pairs: outside 0.9387..0.9613 has probability 1e-3 if the coverage is 0.95."""
    rng = np.random.default_rng(5)
    shared = rng.normal(0, 3, (4000, 32))
    a, b = shared + rng.normal(0.5, 1, shared.shape), shared + rng.normal(0, 1, shared.shape)
    covered = [low <= 0.5 <= high for _, low, high, _, _ in map(mean_interval, a - b)]
    assert abs(np.mean(covered) - 0.95) < 0.0113


def test_bootstrap_limits_agree_with_t_limits_on_near_normal_differences() -> None:
    """The bootstrap lacks the t factor and Bessel's correction: about 2 % of the width at n = 64."""
    rng = np.random.default_rng(6)
    found = compare(rng.normal(1, 1, 64), np.zeros(64), seed=1)
    width = found.high - found.low
    assert abs(found.boot_low - found.low) < 0.06 * width
    assert abs(found.boot_high - found.high) < 0.06 * width
    assert not found.skewed


def test_bootstrap_limits_agree_with_those_of_scipy() -> None:
    """Two independent sets of 10,000 resamples: the limits' Monte Carlo error is about 1 % of the width."""
    values = np.random.default_rng(7).gamma(2, 1, 50)
    low, high = bootstrap_interval(values, seed=0, resamples=10_000)
    oracle = stats.bootstrap(
        (values,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(99)
    ).confidence_interval
    assert abs(low - oracle.low) < 0.05 * (high - low)
    assert abs(high - oracle.high) < 0.05 * (high - low)


def test_skewed_differences_are_flagged() -> None:
    difference = np.zeros(30)
    difference[:2] = 50.0
    found = compare(difference, np.zeros(30))
    assert found.skewed
    assert found.percent is None


def test_the_same_seed_gives_the_same_limits() -> None:
    values = np.random.default_rng(8).normal(size=50)
    zero = np.zeros(50)
    assert compare(values, zero, seed=4) == compare(values, zero, seed=4)
    assert compare(values, zero, seed=4).boot_low != compare(values, zero, seed=5).boot_low


def test_large_samples_are_resampled_in_batches() -> None:
    values = np.random.default_rng(9).normal(size=300_000)
    low, high = bootstrap_interval(values, seed=0, resamples=20)
    assert low < values.mean() < high


def test_no_difference_at_all_has_no_width_and_is_not_better() -> None:
    found = compare(np.ones(10), np.ones(10))
    assert (found.mean, found.low, found.high) == (0, 0, 0)
    assert not found.better
    assert not found.skewed


def test_odd_input_is_named() -> None:
    with pytest.raises(DataError, match="3 values against 2"):
        compare([1, 2, 3], [1, 2])
    with pytest.raises(DataError, match="at least 2 populations"):
        mean_interval([1.0])
    with pytest.raises(DataError, match="population 1: b holds a number that is not finite"):
        compare([1.0, 2.0], [1.0, float("nan")])
    with pytest.raises(EvenhandError, match="confidence level 95"):
        mean_interval([1.0, 2.0], level=95)
