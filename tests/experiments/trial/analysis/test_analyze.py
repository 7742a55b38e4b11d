"""The analysis joins it all: every number of the whole path is that of an independent library, and the plan decides."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa
import statsmodels.api as sm
import tea_tasting as tt
from scipy import stats
from statsmodels.stats.multitest import multipletests
from tests.experiments.trial.analysis.trials import (
    START,
    UNTIL,
    analysed,
    drawn,
    expecting,
    registered,
)
from tests.experiments.trial.plans import DRAFT

from evenhand.errors import DataError
from evenhand.experiments.gate import Evidence, decide
from evenhand.experiments.inference import Prior
from evenhand.experiments.moments import Query
from evenhand.experiments.sequential import critical_value
from evenhand.experiments.trial.analysis import Analysis, Layout

SIX = 1e-6
ONE_LOOK = {"kind": "planned", "fractions": [1.0]}


@pytest.fixture(scope="module")
def found() -> Analysis:
    plan = registered()
    return analysed(plan, drawn(plan.plan, seed=1, orders=0.012, margin=0.1))


@pytest.mark.parametrize(("seed", "n", "share"), [(1, 300, 0.5), (2, 5000, 0.2), (3, 40_000, 0.5)])
def test_every_metric_is_that_of_scipy_statsmodels_and_tea_tasting(seed: int, n: int, share: float) -> None:
    arms = [{**DRAFT["arms"][0], "share": 1 - share}, {**DRAFT["arms"][1], "share": share}]
    plan = registered(arms=arms, fairness=[])
    data = drawn(plan.plan, seed=seed, n=n, orders=0.05, margin=0.3)
    found = analysed(plan, data, share=1.0)
    frame = pd.DataFrame(data).assign(new=data["arm"] == "finer", ordered=data["ordered"].astype(float))
    a, b = (frame.loc[frame["arm"] == arm, "margin"] for arm in ("finer", "today"))
    welch = stats.ttest_ind(a, b, equal_var=False)
    margin = found.effect("margin")
    assert margin.difference.value == pytest.approx(a.mean() - b.mean(), rel=SIX)
    assert margin.p_value == pytest.approx(welch.pvalue, rel=SIX)
    assert (margin.low, margin.high) == pytest.approx(tuple(welch.confidence_interval(0.95)), rel=SIX)

    hc2 = sm.OLS(frame["ordered"], sm.add_constant(frame["new"].astype(float))).fit(cov_type="HC2")
    orders = found.effect("orders")
    assert (orders.difference.value, orders.difference.se) == pytest.approx(
        (hc2.params["new"], hc2.bse["new"]), rel=SIX
    )

    oracle: Any = tt.Experiment({"ratio": tt.RatioOfMeans("margin", "orders"), "margin": tt.Mean("margin")},
                                variant="arm").analyze(frame, control="today")  # fmt: skip
    for name, theirs in (("margin per order", oracle["ratio"]), ("margin", oracle["margin"])):
        ours = found.effect(name)
        assert (ours.control.value, ours.treatment.value) == pytest.approx((theirs.control, theirs.treatment), rel=SIX)
        assert ours.difference.value == pytest.approx(theirs.effect_size, rel=SIX)
        assert ours.difference.interval() == pytest.approx(
            (theirs.effect_size_ci_lower, theirs.effect_size_ci_upper), rel=SIX
        )
        assert ours.p_value == pytest.approx(theirs.pvalue, rel=SIX)
        assert ours.lift is not None
        assert ours.lift.value == pytest.approx(theirs.rel_effect_size, rel=SIX)


@pytest.mark.parametrize("apart", [(0.0, 0.0, 1e9), (1e9, 1e9, 1e9), (-1e6, 0.0, 1e6)])
def test_means_far_from_zero_and_groups_far_apart_cost_no_digit(apart: tuple[float, float, float]) -> None:
    plan = registered(guardrails=[{"metric": "margin", "margin": 0.5}])
    data = drawn(plan.plan, seed=12, n=20_000, margin=0.3)
    groups = ["low", "middle", "high"]
    data["margin"] = data["margin"] + np.select([data["income"] == group for group in groups], apart)
    found = analysed(plan, data, share=1.0)
    welch = stats.ttest_ind(*(data["margin"][data["arm"] == arm] for arm in ("finer", "today")), equal_var=False)
    effect = found.effect("margin")
    assert effect.z == pytest.approx(welch.statistic, rel=SIX)
    assert effect.p_value == pytest.approx(welch.pvalue, rel=SIX)
    parting = next(parting for parting in found.groups if parting.metric == "margin")
    for group, inner in parting.effects.items():
        here = data["income"] == group
        sides = (data["margin"][here & (data["arm"] == arm)] for arm in ("finer", "today"))
        assert inner.value / inner.se == pytest.approx(stats.ttest_ind(*sides, equal_var=False).statistic, rel=SIX)


def test_a_final_look_spends_what_is_left_and_a_share_may_be_said() -> None:
    plan = registered()
    data = drawn(plan.plan, seed=1, n=30_000, orders=0.012)
    more, last = (analysed(plan, data, share=0.75, final=final) for final in (False, True))
    assert more.look.shares == last.look.shares == (0.75,)
    assert last.effect("orders").needed == pytest.approx(stats.norm.ppf(0.975), abs=1e-6)
    assert more.effect("orders").needed > last.effect("orders").needed
    assert (more.evidence().final, last.evidence().final) == (False, True)
    assert last.effect("orders").stopped is not None
    with pytest.raises(DataError, match="a share above 0"):
        analysed(plan, data, share=0.0)
    with pytest.raises(DataError, match=r"the data span 27 days of the planned 28.*leave --final out"):
        analysed(plan, data, share=0.75, final=True, until=UNTIL - timedelta(days=1))
    with pytest.raises(DataError, match="an earlier look said that none would follow"):
        analysed(plan, data, share=1.0, previous=[last.evidence()])


@pytest.mark.parametrize("seed", [1, 2])
def test_cuped_is_the_regression_with_interactions_and_helps(seed: int) -> None:
    plan = registered(covariates=["before"])
    data = drawn(plan.plan, seed=seed, n=5000, margin=0.3)
    effect = analysed(plan, data, share=1.0).effect("margin")
    new, x = data["arm"] == "finer", data["before"] - data["before"].mean()
    fit = sm.OLS(data["margin"], sm.add_constant(np.column_stack([new, x, x * new]))).fit()
    assert effect.difference.value == pytest.approx(fit.params[1], rel=SIX)
    assert effect.unadjusted is not None
    assert effect.difference.se < 0.95 * effect.unadjusted.se
    assert effect.unadjusted.value == pytest.approx(data["margin"][new].mean() - data["margin"][~new].mean())


def test_every_source_gives_the_same_numbers_and_tables_the_same_hash(tmp_path: Path) -> None:
    plan = registered()
    data = drawn(plan.plan, seed=4, n=2000)
    frame = pd.DataFrame(data)
    frame.to_csv(tmp_path / "trial.csv", index=False)
    frame.to_parquet(tmp_path / "trial.parquet")
    engine = sa.create_engine("sqlite://")
    frame.to_sql("trial", engine, index=False)
    duck = duckdb.connect()
    duck.register("frame", frame)
    sources = {
        "numpy": data, "pandas": frame, "polars": pl.from_pandas(frame), "csv": tmp_path / "trial.csv",
        "parquet": tmp_path / "trial.parquet", "duckdb": duck.sql("SELECT * FROM frame"),
        "duckdb query": Query("SELECT * FROM frame", duck), "sqlalchemy": Query("SELECT * FROM trial", engine),
    }  # fmt: skip
    found = {name: analysed(plan, source, share=1.0) for name, source in sources.items()}
    first = found["numpy"]
    for name, other in found.items():
        values = other.to_frame().select_dtypes("number").to_numpy(dtype=float)
        np.testing.assert_allclose(values, first.to_frame().select_dtypes("number").to_numpy(dtype=float), rtol=1e-9)
        assert other.evidence().fairness == first.evidence().fairness
        if name not in ("csv", "parquet"):
            assert other.trial.data_sha256 == first.trial.data_sha256, name
    assert len({found[name].trial.data_sha256 for name in ("numpy", "csv", "parquet")}) == 3
    data["margin"] = data["margin"].copy()
    data["margin"][7] += 1e-9
    assert analysed(plan, data, share=1.0).trial.data_sha256 != first.trial.data_sha256


def test_quantiles_are_judged_too() -> None:
    metrics = [*DRAFT["metrics"], {"name": "median margin", "kind": "quantile", "column": "margin"}]
    plan = registered(metrics=metrics)
    data = drawn(plan.plan, seed=5, n=5000, margin=3.0)
    data["margin"] = data["margin"] + 1
    effect = analysed(plan, data).effect("median margin")
    new = data["arm"] == "finer"
    assert effect.difference.value == pytest.approx(np.median(data["margin"][new]) - np.median(data["margin"][~new]))
    low, high = effect.difference.interval()
    assert low < 3.0 < high
    rng = np.random.default_rng(0)
    drawn_again = [
        np.median(rng.choice(data["margin"][new], new.sum()))
        / np.median(rng.choice(data["margin"][~new], (~new).sum()))
        for _ in range(2000)
    ]
    assert effect.lift is not None
    assert effect.lift.value == pytest.approx(effect.difference.value / effect.control.value)
    ratio = effect.treatment.value / effect.control.value
    delta = np.hypot(effect.treatment.se, ratio * effect.control.se) / effect.control.value
    assert effect.lift.se == pytest.approx(delta)
    # density estimate and bootstrap are two ways to a standard error: 12 % apart here, where values are skewed
    assert effect.lift.se == pytest.approx(np.std(drawn_again), rel=0.2)


def test_at_an_early_look_more_is_asked_for(found: Analysis) -> None:
    plan = registered()
    data = drawn(plan.plan, seed=1, orders=0.012)
    early = analysed(plan, data, until=START + timedelta(days=6))
    assert early.look.shares == pytest.approx((0.25,))
    assert early.effect("orders").needed == critical_value(plan.plan.monitoring, [0.25])
    assert early.effect("orders").needed > 4 > 2 > found.effect("orders").needed
    assert early.effect("orders").stopped is None  # the trial goes on
    guard = early.effect("unsubscribed").noninferiority
    assert guard is not None
    assert guard.alpha == pytest.approx(stats.norm.sf(early.effect("orders").needed))
    assert guard.bound < analysed(plan, data, share=1.0).effect("unsubscribed").noninferiority.bound  # type: ignore[union-attr]
    ended = analysed(plan, drawn(plan.plan, seed=1, orders=0.05), until=START + timedelta(days=6)).effect("orders")
    assert ended.z > ended.needed
    assert ended.stopped is not None
    later = analysed(plan, data, previous=[early.evidence()])
    assert later.look.shares == pytest.approx((0.25, 1.0))
    names = [check.name for check in later.evidence().integrity]
    assert "sequential sample ratio" in names
    stopped = later.effect("orders").stopped
    assert stopped is not None
    assert abs(stopped.value) <= abs(stopped.naive) + 1e-9
    won = analysed(plan, drawn(plan.plan, seed=1, orders=0.05), until=START + timedelta(days=6)).evidence()
    ran_on = analysed(plan, drawn(plan.plan, seed=1, orders=0.05), previous=[won]).effect("orders")
    assert ran_on.z > ran_on.needed
    assert ran_on.stopped is None  # the look before had ended it: an order of endings knows the first alone
    with pytest.raises(DataError, match="the data of the look before"):
        analysed(plan, data, previous=[later.evidence()])
    with pytest.raises(DataError, match="fewer units than at the look before"):
        analysed(plan, drawn(plan.plan, seed=1, n=20_000), previous=[early.evidence()])
    with pytest.raises(DataError, match="all looks are at one trial"):
        analysed(registered(weeks=3), data, previous=[early.evidence()])


def test_a_harm_that_happened_to_nobody_is_judged_by_how_many_it_could_have_met() -> None:
    """Nobody unsubscribes: Agresti and Caffo's standard error, by hand, and the guardrail keeps its margin."""
    plan = registered()
    data = drawn(plan.plan, seed=1, orders=0.05)
    data["unsubscribed"] = np.zeros(40_000, bool)
    found = analysed(plan, data, share=1.0, final=True)
    effect, n = found.effect("unsubscribed"), [int((data["arm"] == arm).sum()) for arm in ("today", "finer")]
    assert effect.difference.value == 0
    assert effect.difference.se == pytest.approx(np.sqrt(sum((1 / (k + 2)) * (1 - 1 / (k + 2)) / (k + 2) for k in n)))
    assert effect.noninferiority is not None
    assert effect.noninferiority.p_value < 1e-6
    assert found.unjudged == {}


def test_units_that_come_later_are_the_share_of_information() -> None:
    plan = registered(expected=expecting(units=0, units_per_week=10_000), looks=ONE_LOOK)
    found = analysed(plan, drawn(plan.plan, seed=2, n=20_000), until=START + timedelta(days=13))
    assert found.look.shares == pytest.approx((0.5,))


def test_looks_at_any_time_have_wider_limits_and_p_values_that_hold() -> None:
    plan = registered(looks={"kind": "any-time"})
    effect = analysed(plan, drawn(plan.plan, seed=1, orders=0.02)).effect("orders")
    assert effect.needed > 2.5
    assert effect.p_value > effect.difference.p_value()
    assert (effect.p_value < 0.05) == (abs(effect.z) > effect.needed)
    assert effect.stopped is None


def test_several_primaries_and_arms_are_adjusted_by_holm_and_secondaries_by_benjamini_hochberg() -> None:
    arms = [{"name": name, "share": share, "of": name, "sha256": letter * 64}
            for name, share, letter in (("today", 0.5, "a"), ("finer", 0.25, "b"), ("coarser", 0.25, "c"))]  # fmt: skip
    metrics = [*DRAFT["metrics"], {"name": "orders each", "kind": "mean", "column": "orders"}]
    expected = expecting(
        metrics=[{**m, "effect": 0.1} if m["metric"] == "margin" else m for m in DRAFT["expected"]["metrics"]]
    )
    plan = registered(arms=arms, primary=["orders", "margin"], guardrails=[], metrics=metrics, expected=expected)
    found = analysed(plan, drawn(plan.plan, seed=6, orders=0.006))
    for role, way, size in (("primary", "holm", 4), ("secondary", "fdr_bh", 6)):
        effects = [effect for effect in found.effects if effect.role == role]
        assert len(effects) == size
        oracle = multipletests([effect.p_value for effect in effects], method=way)[1]
        assert [effect.p_adjusted for effect in effects] == pytest.approx(oracle.tolist(), rel=SIX)
    assert {evidence.arm for evidence in found.evidences.values()} == {"finer", "coarser"}
    with pytest.raises(DataError, match="which challenger"):
        found.evidence()
    with pytest.raises(DataError, match="did you mean 'finer'"):
        found.evidence("fine")


def test_groups_have_their_effects_and_their_difference_is_tested_against_statsmodels() -> None:
    plan = registered()
    data = drawn(plan.plan, seed=7)
    data["margin"] = data["margin"] + 0.3 * ((data["arm"] == "finer") & (data["income"] == "low"))
    found = analysed(plan, data, layout=Layout(segments=("income",)))
    parting = next(p for p in found.groups if (p.metric, p.factor) == ("margin", "income"))
    assert parting.interaction is not None
    assert parting.p_adjusted is not None
    from statsmodels.stats.meta_analysis import combine_effects

    d = np.array([effect.value for effect in parting.effects.values()])
    v = np.array([effect.se**2 for effect in parting.effects.values()])
    assert parting.interaction.statistic == pytest.approx(combine_effects(d, v).q, rel=SIX)
    assert parting.p_adjusted < 0.001
    low = data["income"] == "low"
    a, b = (data["margin"][low & (data["arm"] == arm)] for arm in ("finer", "today"))
    assert parting.effects["low"].value == pytest.approx(a.mean() - b.mean(), rel=SIX)
    rows = found.groups_frame()
    assert len(rows) == len(found.groups) * 3


def test_fairness_counts_are_those_of_the_rows(found: Analysis) -> None:
    plan = registered()
    data = pd.DataFrame(drawn(plan.plan, seed=1, orders=0.012, margin=0.1))
    counts = found.evidence().fairness[0]
    for arm, tallies in (("today", counts.control), ("finer", counts.treatment)):
        rows = data[data["arm"] == arm].groupby("income")["benefit"].agg(["size", "sum"])
        assert {g: (t.n, t.positive) for g, t in tallies.items()} == {
            g: (row["size"], row["sum"]) for g, row in rows.iterrows()
        }
    verdicts = {(pair.a, pair.b): pair.verdict for pair in found.fairness()}
    assert verdicts["low", "middle"] == "non-inferior"
    assert verdicts["high", "low"] == "not enough data"


def test_entitled_benefit_counts_the_entitled_only() -> None:
    margins = [{**DRAFT["fairness"][0], "criterion": "entitled-benefit"}]
    plan = registered(fairness=margins)
    rng = np.random.default_rng(8)
    data = drawn(plan.plan, seed=8)
    data["entitled"] = rng.random(40_000) < 0.5
    counts = analysed(plan, data).evidence().fairness[0].treatment["low"]
    here = (data["arm"] == "finer") & (data["income"] == "low") & data["entitled"]
    assert (counts.n, counts.positive) == (here.sum(), (here & data["benefit"]).sum())


def test_effects_over_time_and_carry_over_come_from_columns_of_periods() -> None:
    plan = registered(washout_weeks=1)
    data = drawn(plan.plan, seed=9, n=8000)
    rng, new = np.random.default_rng(9), data["arm"] == "finer"
    for week in (1, 2, 3):
        data[f"week_{week}"] = rng.normal(10, 2, 8000) + new * 0.6 / week
        data[f"after_{week}"] = rng.normal(10, 2, 8000) + new * (1.0 if week < 3 else 0.0)
    layout = Layout(periods={"margin": ("week_1", "week_2", "week_3")}, afterwards=("after_1", "after_2", "after_3"))
    found = analysed(plan, data, layout=layout, share=1.0)
    course = found.courses[0].over_time
    assert course is not None
    assert course.trend.p_value() < 0.001
    carried = next(check for check in found.evidence().integrity if check.name == "carry-over")
    assert carried.status == "warning"
    assert "more than 2 weeks" in carried.mend


def test_estimates_are_shrunken_by_the_plans_least_effect_or_a_prior_of_ones_own(found: Analysis) -> None:
    effect = found.effect("orders")
    assert effect.shrunken is not None
    kept = 0.01**2 / (0.01**2 + effect.difference.se**2)
    assert effect.shrunken.estimate.value == pytest.approx(kept * effect.difference.value)
    plan = registered()
    own = Prior(0.0, 0.001, "stated: seldom more")
    small = analysed(plan, drawn(plan.plan, seed=1, orders=0.012, margin=0.1), priors={"orders": own}).effect("orders")
    assert small.shrunken is not None
    assert 0 < small.shrunken.estimate.value < 0.2 * effect.difference.value


def test_a_shared_budget_is_a_warning_with_what_to_do() -> None:
    plan = registered(shared_budget=True)
    found = analysed(plan, drawn(plan.plan, seed=1))
    warned = next(check for check in found.evidence().integrity if check.name == "interference")
    assert warned.status == "warning"
    assert "split the budget" in warned.mend


def test_what_is_found_prints_and_becomes_tables_json_and_evidence(found: Analysis) -> None:
    assert repr(found).splitlines()[1].startswith("  orders (primary, finer): 0.")
    assert "<table" in found._repr_html_()
    assert list(found.to_frame()["metric"]) == ["orders", "margin", "unsubscribed", "margin per order"]
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["effects"][0]["difference"]["value"] == found.effect("orders").difference.value
    evidence = found.evidence()
    assert Evidence.from_dict(json.loads(evidence.model_dump_json())) == evidence
    assert (evidence.start, evidence.until, evidence.policy_sha256) == (START, UNTIL, "b" * 64)
    assert decide(registered(), evidence).verdict == "SHIP"


@pytest.mark.slow
def test_of_a_thousand_a_a_trials_the_whole_path_ships_no_more_than_the_gate_may() -> None:
    """At most 2.5 % may ship, plus three standard errors of 1,000 trials: a sound path fails once in a thousand."""
    plan = registered(looks=ONE_LOOK, expected=expecting(units=4000))
    ends = [decide(plan, analysed(plan, drawn(plan.plan, seed=seed, n=4000), share=1.0).evidence()).verdict
            for seed in range(1000)]  # fmt: skip
    rate = 0.025
    assert ends.count("SHIP") / 1000 <= rate + 3 * np.sqrt(rate * (1 - rate) / 1000)
    assert ends.count("INVALID") <= 8  # one check of p < 0.001 each: 8 or more of 1,000 have probability 1e-5
