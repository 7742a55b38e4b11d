"""Effects per group and over time: the tests of difference are those of statsmodels, and hold their size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from evenhand.errors import DataError
from evenhand.experiments.inference import Estimate, Metric, effects_by, effects_over_time, interaction
from evenhand.experiments.moments import scan


def shop(n: int, seed: int, effects: tuple[float, ...] = (0.0, 0.5, 1.0)) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm, group = rng.integers(0, 2, n), rng.integers(0, len(effects), n)
    return {"arm": arm, "group": group, "y": rng.normal(size=n) + np.array(effects)[group] * arm}


def test_effects_by_group_are_those_of_the_rows_of_each_group() -> None:
    data = shop(3000, 1)
    found = effects_by(scan(data, ["y"], by=["group"]), Metric("y"), "group", treatment="1", control="0")
    for group in range(3):
        a, b = (data["y"][(data["group"] == group) & (data["arm"] == arm)] for arm in (1, 0))
        oracle = stats.ttest_ind(a, b, equal_var=False)
        assert found.effects[str(group)].value == pytest.approx(a.mean() - b.mean(), rel=1e-9)
        assert found.effects[str(group)].p_value() == pytest.approx(oracle.pvalue, rel=1e-6)
    assert found.interaction.p_value < 1e-6
    assert found.unjudged == {}


def test_cochrans_q_and_i_squared_are_those_of_statsmodels() -> None:
    effects = [Estimate(v, se) for v, se in [(0.1, 0.2), (0.9, 0.15), (0.4, 0.3), (-0.2, 0.25)]]
    found = interaction(effects)
    oracle: Any = combine_effects(np.array([e.value for e in effects]), np.array([e.se for e in effects]) ** 2)
    assert found.statistic == pytest.approx(oracle.q, rel=1e-9)
    assert found.p_value == pytest.approx(stats.chi2.sf(oracle.q, oracle.df), rel=1e-9)
    assert found.inconsistency == pytest.approx(oracle.i2, rel=1e-9)


def test_the_interaction_is_the_wald_test_of_the_saturated_regression() -> None:
    data = shop(4000, 2)
    cells = (data["arm"] * 3 + data["group"])[:, None] == np.arange(6)
    fit: Any = sm.OLS(data["y"], cells.astype(float)).fit(cov_type="HC2")
    contrast = np.array([[1, -1, 0, -1, 1, 0], [0, 1, -1, 0, -1, 1]], float)
    oracle = fit.wald_test(contrast, use_f=False, scalar=True)
    found = effects_by(scan(data, ["y"], by=["group"]), Metric("y"), "group", treatment="1", control="0").interaction
    assert found.statistic == pytest.approx(oracle.statistic, rel=1e-6)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-5)


def test_the_interaction_test_has_its_size_where_effects_are_one() -> None:
    """4,000 made-up experiments at 5 %: a share outside 0.039..0.061 has a chance of 1 in 700."""
    draws = np.random.default_rng(3).normal(0.3, [[0.1, 0.2, 0.4, 0.15]], (4000, 4))
    rejected = [
        interaction([Estimate(v, se) for v, se in zip(row, (0.1, 0.2, 0.4, 0.15), strict=True)]).p_value < 0.05
        for row in draws
    ]
    assert 0.039 <= np.mean(rejected) <= 0.061


def test_a_group_that_cannot_be_judged_is_named() -> None:
    data = shop(300, 4) | {"group": np.r_[np.zeros(298, int), 7, 8]}
    found = effects_by(scan(data, ["y"], by=["group"]), Metric("y"), "group", treatment="1", control="0")
    assert set(found.effects) == {"0"}
    assert set(found.unjudged) == {"7", "8"}
    assert all(why.startswith("not enough data") for why in found.unjudged.values())
    with pytest.raises(DataError, match="at least two"):
        _ = found.interaction


def weeks(n: int, seed: int, effects: tuple[float, ...]) -> dict[str, np.ndarray]:
    """Return customers with spend in each week, whose spend hangs together over the weeks."""
    rng = np.random.default_rng(seed)
    arm, own = rng.integers(0, 2, n), rng.normal(size=n)
    return {"arm": arm} | {f"w{i}": own + rng.normal(size=n) + e * arm for i, e in enumerate(effects)}


def test_effects_over_time_are_those_of_a_system_of_regressions() -> None:
    data = weeks(2000, 5, (0.5, 0.4, 0.2, 0.1))
    names = [f"w{i}" for i in range(4)]
    found = effects_over_time(scan(data, names), names, treatment="1", control="0")
    y = np.stack([data[name] for name in names])
    v = sum(np.cov(y[:, data["arm"] == arm]) / (data["arm"] == arm).sum() for arm in (0, 1))
    d = y[:, data["arm"] == 1].mean(axis=1) - y[:, data["arm"] == 0].mean(axis=1)
    steps = np.array([[-1, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 1]])
    wald = steps @ d @ np.linalg.inv(steps @ v @ steps.T) @ steps @ d
    assert [e.value for e in found.effects] == pytest.approx(list(d), rel=1e-9)
    assert [e.se for e in found.effects] == pytest.approx(list(np.sqrt(np.diag(v))), rel=1e-9)
    assert found.constant.statistic == pytest.approx(wald, rel=1e-6)
    slope = [stats.linregress(range(4), own).slope for own in y.T]  # of each customer: the trend is its mean
    oracle = stats.ttest_ind(np.array(slope)[data["arm"] == 1], np.array(slope)[data["arm"] == 0], equal_var=False)
    assert found.trend.p_value() == pytest.approx(oracle.pvalue, rel=1e-5)
    assert found.trend.value < 0
    assert found.constant.p_value < 1e-4


def test_a_constant_effect_is_seldom_called_changing() -> None:
    """400 experiments at 5 %: a share outside 0.018..0.082 has a chance of 1 in 300."""
    names = [f"w{i}" for i in range(3)]
    p = [
        effects_over_time(scan(weeks(200, seed, (0.3,) * 3), names), names, treatment="1", control="0").constant.p_value
        for seed in range(400)
    ]
    assert 0.018 <= np.mean(np.array(p) < 0.05) <= 0.082


def test_too_little_for_a_course_of_time_is_an_error() -> None:
    data = weeks(200, 6, (0.0, 0.0)) | {"again": weeks(200, 6, (0.0, 0.0))["w0"]}
    moments = scan(data, ["w0", "w1", "again"])
    with pytest.raises(DataError, match="at least two"):
        effects_over_time(moments, ["w0"], treatment="1", control="0")
    with pytest.raises(DataError, match="same numbers"):
        effects_over_time(moments, ["w0", "w1", "again"], treatment="1", control="0")
