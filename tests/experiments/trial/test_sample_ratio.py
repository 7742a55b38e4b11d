from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare, dirichlet_multinomial, multinomial

from evenhand.errors import DataError
from evenhand.experiments.trial.integrity import sample_ratio, sequential_sample_ratio
from evenhand.experiments.trial.sample_ratio import CONCENTRATIONS, log_bayes_factor

HALVES = {"a": 0.5, "b": 0.5}
THREE = {"a": 0.5, "b": 0.3, "c": 0.2}


def test_large_counts_are_judged_by_chi_square_and_small_ones_exactly() -> None:
    found = sample_ratio({"a": 5100, "b": 2900, "c": 2000}, THREE)
    assert found.p_value == pytest.approx(chisquare([5100, 2900, 2000], [5000, 3000, 2000]).pvalue)
    assert sample_ratio({"a": 1, "b": 7}, HALVES).p_value == pytest.approx(binomtest(1, 8, 0.5).pvalue)


def test_small_counts_of_three_arms_are_judged_by_all_tables_as_rare() -> None:
    """The Monte Carlo error of 100,000 tables is under 0.0016; five of them are allowed."""
    tables = [(i, j, 12 - i - j) for i in range(13) for j in range(13 - i)]
    chance = np.array([multinomial.pmf(t, 12, list(THREE.values())) for t in tables])
    exact = chance[chance <= multinomial.pmf((2, 8, 2), 12, list(THREE.values())) * (1 + 1e-9)].sum()
    assert sample_ratio({"a": 2, "b": 8, "c": 2}, THREE).p_value == pytest.approx(exact, abs=0.008)


def test_a_mismatch_is_said_in_numbers_with_what_to_do() -> None:
    found = sample_ratio({"a": 10_400, "b": 9_600}, HALVES)
    assert found.status == "failed"
    assert "a 10,400, b 9,600, where the plan expects 10,000 : 10,000" in found.what
    assert "start anew" in found.mend
    assert sample_ratio({"a": 10_050, "b": 9_950}, HALVES).status == "ok"


def test_the_bayes_factor_is_that_of_scipys_distributions() -> None:
    n, theta = np.array([40.0, 35.0, 5.0]), np.array(list(THREE.values()))
    plan = multinomial.pmf(n, 80, theta)
    each = [dirichlet_multinomial.pmf([40, 35, 5], c * theta, np.array([80])) / plan for c in CONCENTRATIONS]
    assert math.exp(log_bayes_factor(n, theta)) == pytest.approx(float(np.mean(each)))


def test_looking_every_hundred_units_raises_no_more_false_alarms_than_promised() -> None:
    """1,000 streams looked at 50 times: an alarm at p < 0.05 in over 8 % has probability 2e-5 at a rate of 5 %."""
    theta = np.array([0.7, 0.3])
    counts = np.random.default_rng(5).multinomial(100, theta, (1000, 50)).cumsum(axis=1).astype(np.float64)
    alarms = sum(max(log_bayes_factor(n, theta) for n in stream) > math.log(20) for stream in counts)
    assert alarms / 1000 < 0.08


def test_a_slight_fault_is_found_once_it_matters_and_stays_found() -> None:
    looks = [{"a": round(n * 0.49), "b": n - round(n * 0.49)} for n in range(10_000, 210_000, 10_000)]
    status = [sequential_sample_ratio(looks[: k + 1], HALVES).status for k in range(len(looks))]
    assert (status[0], status[-1]) == ("ok", "failed")
    assert status == sorted(status, reverse=True)


def test_no_units_are_no_evidence_either_way() -> None:
    assert sample_ratio({"a": 0, "b": 0}, HALVES).status == "not enough data"
    assert sequential_sample_ratio([], HALVES).status == "not enough data"
    assert sequential_sample_ratio([{"a": 0, "b": 0}], HALVES).p_value == 1.0


def test_other_arms_than_planned_falling_counts_and_false_shares_are_refused() -> None:
    with pytest.raises(DataError, match="units came in arms a"):
        sample_ratio({"a": 100}, HALVES)
    with pytest.raises(DataError, match="counts are cumulative"):
        sequential_sample_ratio([{"a": 5, "b": 5}, {"a": 4, "b": 9}], HALVES)
    with pytest.raises(DataError, match="add up to 1"):
        sample_ratio({"a": 1, "b": 1}, {"a": 0.5, "b": 0.6})
    with pytest.raises(DataError, match="counts from 0 on"):
        sample_ratio({"a": -1, "b": 1}, HALVES)
