"""Clusters randomised: errors, groups, balance, split and fairness go by clusters, not by rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.experiments.trial.analysis.trials import analysed, assigned, expecting, registered
from tests.experiments.trial.plans import DRAFT

from evenhand.errors import DataError

METRICS = [{"name": "orders", "kind": "proportion", "column": "ordered"},
           {"name": "margin", "kind": "mean", "column": "margin"},
           {"name": "margin per order", "kind": "ratio", "numerator": "margin", "denominator": "orders"}]  # fmt: skip
PLAN = registered(
    cluster="shop", covariates=["before"], metrics=METRICS, guardrails=[],
    expected=expecting(cluster_size=20, icc=0.1, metrics=[{"metric": "orders", "mean": 0.1, "effect": 0.02}]),
)  # fmt: skip
BARE = registered(
    cluster="shop", metrics=METRICS, guardrails=[],
    expected=expecting(cluster_size=20, icc=0.1, metrics=[{"metric": "orders", "mean": 0.1, "effect": 0.02}]),
)  # fmt: skip


def shops(seed: int, *, effect: float = 0.0, low: float = 0.0, clusters: int = 400) -> pd.DataFrame:
    """Return customers of shops that have luck of their own; incomes lie across shops."""
    rng = np.random.default_rng(seed)
    shop = np.repeat(np.arange(clusters), rng.integers(5, 40, clusters))
    luck = rng.normal(size=clusters)[shop]
    arm = assigned(PLAN.plan, shop)
    new, n = arm == "finer", len(shop)
    income = rng.choice(["low", "middle", "high"], n, p=[0.3, 0.6, 0.1])
    return pd.DataFrame(
        {
            "customer_id": np.arange(n), "shop": shop, "arm": arm, "income": income,
            "before": luck + rng.normal(size=n),
            "ordered": rng.random(n) < np.clip(0.1 + 0.02 * luck, 0, 1), "orders": 1.0 + rng.poisson(1, n),
            "margin": 5 + luck + effect * new + low * (new & (income == "low")) + rng.gamma(1, 2, n),
            "benefit": rng.random(n) < np.clip(0.3 + 0.1 * luck, 0, 1),
        }
    )  # fmt: skip


def robust(frame: pd.DataFrame) -> Any:
    """Return statsmodels' regression of margin on the arm, errors by shop."""
    fit: Any = sm.OLS(frame["margin"], sm.add_constant((frame["arm"] == "finer").astype(float))).fit()
    return fit.get_robustcov_results("cluster", groups=frame["shop"], use_correction=False)


def correction(frame: pd.DataFrame) -> float:
    """Return the larger and smaller of n_a / (n_a - 1) as a mean, over the arms' shops."""
    counts = frame.groupby("arm")["shop"].nunique()
    return float(np.sqrt((counts / (counts - 1)).mean()))


def test_the_error_is_the_cluster_robust_one_of_statsmodels() -> None:
    frame = shops(1, effect=0.5)
    effect = analysed(BARE, frame, share=1.0).effect("margin")
    oracle = robust(frame)
    assert effect.difference.value == pytest.approx(oracle.params[1], rel=1e-6)
    # the two arms have n_a / (n_a - 1) of their own: within 1e-3 of the mean of both at 200 shops an arm
    assert effect.difference.se == pytest.approx(oracle.bse[1] * correction(frame), rel=1e-3)
    a, b = (frame.loc[frame["arm"] == arm, "margin"] for arm in ("finer", "today"))
    assert effect.difference.se > 1.5 * np.sqrt(a.var() / len(a) + b.var() / len(b))


def test_groups_across_clusters_have_the_error_of_statsmodels_and_their_difference_is_found() -> None:
    frame = shops(2, low=1.0)
    found = analysed(BARE, frame, share=1.0)
    parting = next(p for p in found.groups if p.metric == "margin")
    for group, effect in parting.effects.items():
        part = frame[frame["income"] == group]
        oracle = robust(part)
        assert effect.value == pytest.approx(oracle.params[1], rel=1e-6, abs=1e-9)
        assert effect.se == pytest.approx(oracle.bse[1] * correction(part), rel=2e-2)  # all shops are counted there
    assert parting.interaction is not None
    assert parting.interaction.df == 2
    assert parting.interaction.p_value < 1e-6


@pytest.mark.slow
def test_the_interaction_across_clusters_errs_as_often_as_it_says() -> None:
    """Of 200 trials without one, p < 0.05 in 5 %: 3 to 19 of them but with probability 0.5 %."""
    p = []
    for seed in range(200):
        partings = analysed(BARE, shops(1000 + seed, clusters=120), share=1.0).groups
        told = next(parting for parting in partings if parting.metric == "margin").interaction
        assert told is not None
        p.append(told.p_value)
    assert 3 <= int((np.array(p) < 0.05).sum()) <= 19


def test_the_split_is_that_of_clusters_and_counts_are_of_units() -> None:
    frame = shops(3)
    evidence = analysed(PLAN, frame, share=1.0).evidence()
    found = analysed(PLAN, frame, share=1.0)
    assert found.trial.clusters == frame.groupby("arm")["shop"].nunique().to_dict()
    assert evidence.units == frame["arm"].value_counts().to_dict()
    ratio = next(check for check in evidence.integrity if check.name == "sample ratio")
    assert f"finer {found.trial.clusters['finer']}" in ratio.what
    assert next(c for c in evidence.integrity if c.name.startswith("balance")).status == "ok"


@pytest.mark.parametrize("criterion", ["benefit", "entitled-benefit"])
def test_fairness_knows_what_clusters_make_of_its_errors(criterion: str) -> None:
    frame = shops(4).assign(entitled=np.random.default_rng(4).random(len(shops(4))) < 0.7)
    plan = registered(
        cluster="shop", metrics=METRICS, guardrails=[],
        fairness=[{**DRAFT["fairness"][0], "margin": 0.3, "criterion": criterion}],
        expected=expecting(cluster_size=20, icc=0.1, metrics=[{"metric": "orders", "mean": 0.1, "effect": 0.02}]),
    )  # fmt: skip
    effect = analysed(plan, frame, share=1.0).evidence().design_effect
    largest = 0.0
    counted = frame if criterion == "benefit" else frame[frame["entitled"]]
    for (arm, group), part in counted.groupby(["arm", "income"]):
        rate = part["benefit"].mean()
        sums = (part["benefit"] - rate).groupby(part["shop"]).sum()
        n = frame.loc[frame["arm"] == arm, "shop"].nunique()
        variance = float((sums**2).sum()) / (n - 1) * n / len(part) ** 2
        if group in (plan.plan.fairness[0].testable or ()):
            largest = max(largest, variance / (rate * (1 - rate) / len(part)))
    assert effect == pytest.approx(largest, rel=1e-6)
    assert effect > 1.2


def test_cuped_helps_clusters_too() -> None:
    effect = analysed(PLAN, shops(5), share=1.0).effect("margin")
    assert effect.unadjusted is not None
    assert effect.difference.se < 0.6 * effect.unadjusted.se


def test_a_cluster_in_two_arms_and_dropped_rows_are_errors_and_quantiles_are_not_judged() -> None:
    frame = shops(6)
    torn = frame.assign(arm=frame["arm"].where(frame.index != 0, "finer" if frame["arm"][0] == "today" else "today"))
    with pytest.raises(DataError, match="1 clusters have two arms"):
        analysed(PLAN, torn, share=1.0)
    with pytest.raises(DataError, match="clusters were randomised"):
        analysed(PLAN, frame, share=1.0, missing="drop")
    with_median = [*METRICS, {"name": "median", "kind": "quantile", "column": "margin"}]
    plan = registered(
        cluster="shop", metrics=with_median, guardrails=[],
        expected=expecting(cluster_size=20, icc=0.1, metrics=[{"metric": "orders", "mean": 0.1, "effect": 0.02}]),
    )  # fmt: skip
    assert "not covered" in analysed(plan, frame, share=1.0).unjudged["median"]
