from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, norm, ttest_ind

from evenhand.errors import DataError
from evenhand.experiments.trial.integrity import CovariateMoments, balance, missing_data

NAMES = ("orders", "margin", "age")


def moments(x: np.ndarray) -> CovariateMoments:
    return CovariateMoments(len(x), x.mean(axis=0), np.cov(x.T).reshape(x.shape[1], x.shape[1]))


def arm(rng: np.random.Generator, n: int = 500) -> np.ndarray:
    x = rng.normal(0, 1, (n, 3))
    x[:, 1] += x[:, 0]
    return np.asarray(x * np.array([1.0, 1000.0, 0.01]) + np.array([5, -3, 40]))


def test_one_covariate_is_a_plain_z_test() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, (4000, 1)), rng.normal(0.05, 2, (3000, 1))
    found = balance(moments(a), moments(b), ["x"])
    z = ttest_ind(a[:, 0], b[:, 0], equal_var=False).statistic
    assert found.p_value == pytest.approx(2 * norm.sf(abs(z)))


def test_random_arms_are_called_unlike_as_seldom_as_promised() -> None:
    """2,000 trials (standard error 0.5 %): a share outside 3 % to 7.2 % has probability under 1e-4."""
    rng = np.random.default_rng(1)
    p = np.array([balance(moments(arm(rng)), moments(arm(rng)), NAMES).p_value for _ in range(2000)], dtype=float)
    assert 0.03 < (p < 0.05).mean() < 0.072


def test_a_shift_is_found_and_named_whatever_the_units() -> None:
    rng = np.random.default_rng(2)
    shifted = arm(rng, 3000) + np.array([0, 0, 0.002])
    found = balance(moments(arm(rng, 3000)), moments(shifted), NAMES)
    assert found.status == "failed"
    assert "most in age, by 0.2" in found.what


def test_covariates_that_say_the_same_are_counted_once() -> None:
    rng = np.random.default_rng(3)
    a, b = arm(rng), arm(rng)
    one, other = (moments(np.column_stack([x, 2 * x[:, :1]])) for x in (a, b))
    plain = balance(moments(a), moments(b), NAMES).p_value
    assert balance(one, other, [*NAMES, "orders twice"]).p_value == pytest.approx(plain)


def test_a_covariate_that_differs_without_any_spread_fails() -> None:
    one, other = (CovariateMoments(100, np.array([0.0, x]), np.diag([1.0, 0.0])) for x in (0.0, 1.0))
    assert balance(one, other, ["x", "cohort"]).status == "failed"
    assert balance(one, one, ["x", "cohort"]).status == "ok"


def test_few_units_and_no_covariates_are_no_evidence() -> None:
    few = CovariateMoments(20, np.zeros(1), np.eye(1))
    assert balance(few, few, ["x"]).status == "not enough data"
    none = CovariateMoments(200, np.zeros(0), np.zeros((0, 0)))
    assert balance(none, none, []).status == "not enough data"


def test_moments_that_do_not_fit_are_refused() -> None:
    good = CovariateMoments(100, np.zeros(1), np.eye(1))
    with pytest.raises(DataError, match="moments do not fit"):
        balance(good, good, ["x", "y"])
    with pytest.raises(DataError, match="not finite"):
        balance(good, CovariateMoments(100, np.array([np.nan]), np.eye(1)), ["x"])


def test_missing_values_are_compared_as_in_a_contingency_table() -> None:
    found = missing_data({"a": 1000, "b": 1200}, {"a": 30, "b": 50}, metric="margin")
    table = [[30, 970], [50, 1150]]
    assert found.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    assert found.status == "ok"


def test_unalike_missing_fails_much_missing_warns_and_none_is_fine() -> None:
    units = {"a": 10_000, "b": 10_000}
    assert missing_data(units, {"a": 100, "b": 200}, metric="margin").status == "failed"
    assert missing_data(units, {"a": 900, "b": 910}, metric="margin").status == "warning"
    assert missing_data(units, {"a": 0, "b": 0}, metric="margin").status == "ok"
    assert missing_data(units, {"a": 10_000, "b": 10_000}, metric="margin").status == "warning"
    assert missing_data({"a": 0, "b": 5}, {"a": 0, "b": 0}, metric="margin").status == "not enough data"
    with pytest.raises(DataError, match="0 <= missing <= units"):
        missing_data(units, {"a": 0, "b": 20_000}, metric="margin")
