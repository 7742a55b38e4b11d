"""Means, ratios and CUPED agree with scipy, statsmodels and tea-tasting to six digits, over a grid of cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import tea_tasting as tt
from scipy import stats

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference import Estimate, Metric, arm_means, difference, fieller, lift
from evenhand.experiments.moments import scan

SIX = 1e-7

Table = dict[str, np.ndarray]
COLUMNS = ["y", "x", "z", "clicks", "views"]


def table(n: int, share: float, at: float, seed: int) -> Table:
    """Return skewed customers of two arms with covariates that explain a part, differently in each arm."""
    rng = np.random.default_rng(seed)
    arm = (rng.random(n) < share).astype(np.int64)
    x, z = rng.normal(3.0, 2.0, n), rng.gamma(2.0, size=n)
    y = at + rng.gamma(1.0, 3.0, n) * (1 + arm) + (0.5 + arm) * x - 0.7 * z
    views = 1.0 + rng.poisson(3 + z)
    return {"arm": arm, "y": y, "x": x, "z": z, "views": views, "clicks": 1.0 * rng.binomial(views.astype(int), 0.2)}


GRID = [
    (n, share, at, seed)
    for seed, (n, share, at) in enumerate(
        [(60, 0.5, 0.0), (400, 0.2, 10.0), (3000, 0.5, 1e6), (3000, 0.05, -50.0), (20_000, 0.7, 1e3)]
    )
]


@pytest.fixture(params=GRID, ids=str)
def shop(request: pytest.FixtureRequest) -> Table:
    return table(*request.param)


def same(found: Estimate, value: float, se: float, df: float | None = None, *, digits: float = SIX) -> None:
    assert found.value == pytest.approx(value, rel=digits, abs=digits * se)
    assert found.se == pytest.approx(se, rel=digits)
    if df is not None:
        assert found.df == pytest.approx(df, rel=digits)


def test_a_difference_of_means_is_welchs_test(shop: Table) -> None:
    found = difference(scan(shop, COLUMNS), Metric("y"), treatment="1", control="0")
    a, b = (shop["y"][shop["arm"] == arm] for arm in (1, 0))
    oracle = stats.ttest_ind(a, b, equal_var=False)
    limits = oracle.confidence_interval(0.9)
    same(found, a.mean() - b.mean(), (a.mean() - b.mean()) / oracle.statistic, oracle.df)
    assert found.p_value() == pytest.approx(oracle.pvalue, rel=1e-6)
    assert found.interval(0.9) == pytest.approx((limits.low, limits.high), rel=1e-6)


def test_a_difference_of_means_is_the_regression_on_the_arm_with_hc2_errors(shop: Table) -> None:
    fit = sm.OLS(shop["y"], sm.add_constant(shop["arm"])).fit(cov_type="HC2")
    found = difference(scan(shop, COLUMNS), Metric("y"), treatment="1", control="0")
    same(found, fit.params[1], fit.bse[1], digits=1e-6)


@pytest.mark.parametrize("metric", [Metric("y"), Metric("clicks", "views")], ids=str)
def test_differences_and_lifts_are_those_of_tea_tasting(metric: Metric, shop: Table) -> None:
    shop = shop | {"y": np.abs(shop["y"]) + 1}
    other: Any = tt.RatioOfMeans(metric.value, metric.per) if metric.per else tt.Mean(metric.value)
    oracle: Any = tt.Experiment({"metric": other}, variant="arm").analyze(pd.DataFrame(shop), control=0)["metric"]
    means = arm_means(scan(shop, COLUMNS), metric)
    found = means.difference("1", "0")
    assert means.value == pytest.approx([oracle.control, oracle.treatment], rel=SIX)
    assert found.value == pytest.approx(oracle.effect_size, rel=SIX)
    assert found.interval() == pytest.approx((oracle.effect_size_ci_lower, oracle.effect_size_ci_upper), rel=1e-6)
    assert found.p_value() == pytest.approx(oracle.pvalue, rel=1e-6)
    # it takes the logarithm of the ratio for the limits of a lift: the same delta method in another scale
    relative = lift(means, "1", "0")
    assert relative.value == pytest.approx(oracle.rel_effect_size, rel=SIX)
    scaled = Estimate(np.log1p(relative.value), relative.se / (1 + relative.value), relative.df)
    limits = (oracle.rel_effect_size_ci_lower, oracle.rel_effect_size_ci_upper)
    assert np.expm1(scaled.interval()) == pytest.approx(limits, rel=1e-6)


def test_cuped_with_tea_tastings_slope_is_tea_tastings_cuped(shop: Table) -> None:
    """Its slope is of all units together, so it holds a bit of the effect; with it given, all else is the same."""
    oracle: Any = tt.Experiment({"m": tt.Mean("y", covariate="x")}, variant="arm").analyze(
        pd.DataFrame(shop), control=0
    )["m"]
    together = np.cov(shop["y"], shop["x"])
    slope = [together[0, 1] / together[1, 1]]
    found = difference(scan(shop, COLUMNS), Metric("y", covariates=("x",)), treatment="1", control="0", slopes=slope)
    assert found.value == pytest.approx(oracle.effect_size, rel=1e-6)
    assert found.interval() == pytest.approx((oracle.effect_size_ci_lower, oracle.effect_size_ci_upper), rel=1e-6)
    assert found.p_value() == pytest.approx(oracle.pvalue, rel=1e-5)


def test_pooled_slopes_are_the_regression_on_arm_and_covariates(shop: Table) -> None:
    metric = Metric("y", covariates=("x", "z"))
    design = sm.add_constant(np.column_stack([shop["arm"], shop["x"], shop["z"]]))
    fit = sm.OLS(shop["y"] - shop["y"].mean(), design).fit()
    found = difference(scan(shop, COLUMNS), metric, treatment="1", control="0", slopes="pooled")
    assert found.value == pytest.approx(fit.params[1], rel=1e-6)
    e, n = fit.resid, [(shop["arm"] == arm).sum() for arm in (0, 1)]
    spread = sum(e[shop["arm"] == arm].var() / (n[arm] - 3) for arm in (0, 1))
    assert found.se == pytest.approx(np.sqrt(spread), rel=1e-6)


def test_slopes_per_arm_are_the_regression_with_interactions(shop: Table) -> None:
    """Lin 2013: covariates centred, and each times the arm. The value is the same number."""
    metric = Metric("y", covariates=("x", "z"))
    x = np.column_stack([shop["x"], shop["z"]])
    x = x - x.mean(axis=0)
    design = sm.add_constant(np.column_stack([shop["arm"], x, x * shop["arm"][:, None]]))
    fit = sm.OLS(shop["y"] - shop["y"].mean(), design).fit()
    found = difference(scan(shop, COLUMNS), metric, treatment="1", control="0")
    assert found.value == pytest.approx(fit.params[1], rel=1e-6, abs=1e-7 * found.se)


def test_slopes_per_arm_have_the_hc0_error_where_covariates_are_balanced() -> None:
    """With equal covariate means in both arms the value does not depend on their mean: textbook residual variance."""
    shop = table(4000, 0.4, 5.0, 9)
    for name in ("x", "z"):
        for arm in (0, 1):
            shop[name][shop["arm"] == arm] -= shop[name][shop["arm"] == arm].mean()
    x = np.column_stack([shop["x"], shop["z"]])
    design = sm.add_constant(np.column_stack([shop["arm"], x, x * shop["arm"][:, None]]))
    fit = sm.OLS(shop["y"], design).fit()
    n = np.array([(shop["arm"] == arm).sum() for arm in (0, 1)])
    by_arm = np.array([(fit.resid[shop["arm"] == arm] ** 2).sum() / n[arm] ** 2 for arm in (0, 1)])
    assert by_arm.sum() == pytest.approx(fit.get_robustcov_results("HC0").bse[1] ** 2, rel=1e-6)
    wanted = by_arm * n / (n - 3)  # the degrees of freedom that the slopes cost
    slopes = fit.params[4:]
    spread = sum(np.cov(x[shop["arm"] == arm].T) * n[arm] * (n[arm] - 1) / (n[arm] - 3) for arm in (0, 1))
    heterogeneity = slopes @ spread @ slopes / n.sum() ** 2  # Negi & Wooldridge: that X is estimated
    found = difference(scan(shop, COLUMNS), Metric("y", covariates=("x", "z")), treatment="1", control="0")
    assert found.se == pytest.approx(np.sqrt(wanted.sum() + heterogeneity), rel=1e-6)


def test_cuped_of_a_ratio_is_cuped_of_what_a_unit_adds_to_it(shop: Table) -> None:
    """Value and error from regressions of the linearised ratio, arm by arm; the last term is that X is estimated."""
    parts, slopes, spreads, errors = [], [], [], []
    for arm in (0, 1):
        rows = shop["arm"] == arm
        clicks, views, x = shop["clicks"][rows], shop["views"][rows], shop["x"][rows]
        ratio = clicks.sum() / views.sum()
        u = (clicks - ratio * views) / views.mean()
        fit = sm.OLS(u, sm.add_constant(x - shop["x"].mean())).fit()
        n = len(u)
        parts.append(ratio + fit.params[0])
        slopes.append(fit.params[1])
        spreads.append(x.var() / (n - 2) * n**2)
        errors.append(fit.resid.var() / (n - 2))
    found = difference(
        scan(shop, COLUMNS), Metric("clicks", "views", ("x",)), treatment="1", control="0", slopes="per_arm"
    )
    assert found.value == pytest.approx(parts[1] - parts[0], rel=1e-6)
    estimated = (slopes[1] - slopes[0]) ** 2 * sum(spreads) / len(shop["x"]) ** 2
    assert found.se == pytest.approx(np.sqrt(sum(errors) + estimated), rel=1e-6)


def test_covariates_that_tell_nothing_cost_next_to_nothing_and_good_ones_help() -> None:
    shop = table(20_000, 0.5, 0.0, 3) | {"noise": np.random.default_rng(1).normal(size=20_000)}
    moments = scan(shop, [*COLUMNS, "noise"])
    plain, noise, good = (
        difference(moments, Metric("y", covariates=c), treatment="1", control="0").se
        for c in ((), ("noise",), ("x", "z"))
    )
    assert noise == pytest.approx(plain, rel=1e-3)
    assert good < 0.95 * plain


def test_three_arms_are_compared_as_two() -> None:
    shop = table(6000, 0.5, 0.0, 4)
    shop["arm"] = shop["arm"] + 2 * (np.arange(6000) % 3 == 0)
    moments = scan(shop, COLUMNS)
    all_arms = arm_means(moments, Metric("y"))
    assert all_arms.arms == ("0", "1", "2", "3")
    pair = difference(moments, Metric("y"), treatment="3", control="1")
    assert all_arms.difference("3", "1") == pair
    same(all_arms.contrast([-1, 0, 0, 1]), *(lambda e: (e.value, e.se, e.df))(all_arms.difference("3", "0")))


def test_fieller_holds_every_ratio_that_the_data_does_not_refute(shop: Table) -> None:
    shop = shop | {"y": np.abs(shop["y"]) + 1}
    means = arm_means(scan(shop, COLUMNS), Metric("y"))
    z = means.difference("1", "0").interval(0.9)
    critical = (z[1] - z[0]) / 2 / means.difference("1", "0").se
    for limit in fieller(means, "1", "0", level=0.9):
        at_limit = means.contrast([-(1 + limit), 1])  # the difference that would be 0 there
        assert abs(at_limit.value) / at_limit.se == pytest.approx(critical, rel=1e-4)


def test_fieller_and_delta_agree_far_from_zero() -> None:
    rng = np.random.default_rng(0)
    shop = {"arm": np.repeat([0, 1], 50_000), "y": rng.normal(100, 1, 100_000)}
    means = arm_means(scan(shop, ["y"]), Metric("y"))
    assert fieller(means, "1", "0") == pytest.approx(lift(means, "1", "0").interval(), abs=1e-8)


def small(control: list[float], treatment: list[float], **more: list[float]) -> Any:
    columns = {"arm": np.repeat(["A", "B"], [len(control), len(treatment)]), "y": np.array([*control, *treatment])}
    columns |= {name: np.array(values) for name, values in more.items()}
    return scan(columns, [name for name in columns if name != "arm"])


def test_a_lift_over_next_to_nothing_is_refused() -> None:
    means = arm_means(small([-1, 1, 2, -1.5], [5, 6, 7, 8]), Metric("y"))
    with pytest.raises(DataError, match="lift"):
        lift(means, "B", "A")
    with pytest.raises(DataError, match="no finite limits"):
        fieller(means, "B", "A")


@pytest.mark.parametrize(
    ("moments", "metric", "message"),
    [
        (small([1, 2, 3], [5]), Metric("y"), "1 units in arm 'B'"),
        (small([4, 4, 4], [4, 4]), Metric("y"), "does not vary"),
        (small([0.1] * 7, [0.1] * 9), Metric("y"), "does not vary"),
        (small([1e9 + 0.1] * 7, [1e9 + 0.1] * 9), Metric("y"), "does not vary"),
        (small([1, 2, 3], [4, 5, 6], d=[0.0] * 6), Metric("y", "d"), "mean of 'd' in arm 'A' is 0"),
        (small([1, 2, 3], [4, 5, 6], d=[1.0, -1, 0.5, 1, 2, 3]), Metric("y", "d"), "standard errors away from 0"),
        (small([1, 2, 3], [4, 5, 6], d=[2.0, 4, 6, 8, 10, 12]), Metric("y", "d"), "does not vary"),
        (small([1, 2, 3, 7], [4, 5, 6, 9], x=[1.0] * 8), Metric("y", None, ("x",)), "covariate 'x' of y does not vary"),
        (
            small([1, 2, 3, 7, 1], [4, 5, 6, 9, 3], x=[*range(10)], z=[2 * i + 1 for i in range(10)]),
            Metric("y", None, ("x", "z")),
            "follows from the others",
        ),
        (small([1, 2, 3, 4.5], [4, 5, 6, 8], x=[1, 2, 3, 4.5, 4, 5, 6, 8]), Metric("y", None, ("x",)), "not vary"),
        (small([1, 2, 3], [4, 5, 6]), Metric("z"), "no column 'z'"),
    ],
)
def test_what_cannot_be_told_is_an_error_and_no_number(moments: Any, metric: Metric, message: str) -> None:
    with pytest.raises(DataError, match=message):
        difference(moments, metric, treatment="B", control="A")


@pytest.mark.parametrize("seed", range(10))
def test_a_copy_of_the_metric_leaves_no_spread_but_rounding_and_is_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.gamma(2.0, 7.0, 300)
    moments = scan({"arm": np.arange(300) % 2, "y": y, "x": 0.37 * y + 11, "d": y / 3.7}, ["y", "x", "d"])
    for metric in (Metric("y", None, ("x",)), Metric("y", "d")):
        with pytest.raises(DataError, match="does not vary"):
            difference(moments, metric, treatment="1", control="0")


def test_one_arm_only_and_unknown_arms_are_named() -> None:
    moments = small([1, 2, 3], [4, 5, 6])
    with pytest.raises(DataError, match="no arm 'C'"):
        difference(moments, Metric("y"), treatment="C", control="A")
    with pytest.raises(DataError, match="only arm A"):
        arm_means(moments.where(arm="A"), Metric("y"))
    with pytest.raises(DataError, match="only arm"):
        difference(moments, Metric("y"), treatment="A", control="A")
    with pytest.raises(DataError, match="no arm 'C'"):
        arm_means(moments, Metric("y")).difference("C", "A")


@pytest.mark.parametrize("slopes", ["pool", [1.0, 2.0], [np.nan]])
def test_slopes_are_of_a_known_kind(slopes: Any) -> None:
    moments = small([1, 2, 3, 7], [4, 5, 6, 9], x=[1, 3, 2, 5, 6, 4, 8, 7])
    with pytest.raises(EvenhandError, match="slopes"):
        difference(moments, Metric("y", None, ("x",)), treatment="B", control="A", slopes=slopes)


@pytest.mark.parametrize(("value", "per", "covariates"), [("y", "y", ()), ("y", None, ("y",)), ("y", None, ("x", "x"))])
def test_a_metric_uses_a_column_once(value: str, per: str | None, covariates: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="twice"):
        Metric(value, per, covariates)
