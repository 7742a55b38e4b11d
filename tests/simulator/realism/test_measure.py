"""The realism report from end to end: yardsticks frame the simulator, short and full, honest without data."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace

import numpy as np
import pytest

from evenhand.customers import Customers
from evenhand.simulator import Realism, Simulator, calibrate, realism
from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.realism import FULL, Budget
from evenhand.simulator.realism.comparison import half_year, half_year_names, told_apart

SMALL = Budget(futures=3, splits=3, halves=2, answers=6, coverage=12)
LEAST = Budget(futures=1, splits=1, halves=1)


@pytest.fixture(scope="module")
def few(demo: Customers) -> Customers:
    return demo.holdout.only(demo.holdout.frame.index[:300])


@pytest.fixture(scope="module")
def result(simulator: Simulator, demo: Customers, few: Customers) -> Realism:
    """Of 300 held-out households: a smaller answer than the demo's, by the same steps."""
    return realism(simulator, few, fit=demo.fit, seed=0, budget=SMALL)


def test_equals_cannot_be_told_apart_and_others_can() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.standard_normal((400, 4)), rng.standard_normal((400, 4))
    assert told_apart(one, two, seed=1) == pytest.approx(0.5, abs=0.08)
    assert told_apart(one, two + 1, seed=1) > 0.85
    linked = one.copy()
    linked[:, 1] = one[:, 0]  # margins alike, dependence not
    assert told_apart(one, linked, seed=1) > 0.9


def test_half_year_of_a_hand_made_household() -> None:
    trips = np.zeros((2, 10))
    trips[0, [1, 2, 6]] = 1, 2, 1
    spend = trips * 10
    panel = Panel(trips, spend, np.stack([spend, 0 * spend], 2), ("food", "other"))
    row = dict(zip(half_year_names(panel), half_year(panel, np.array([2.0, 0.0]))[0], strict=True))
    assert row["active weeks"] == 3
    assert row["weeks since last trip"] == 3
    assert row["longest gap"] == 3
    assert row["busiest week"] == 2
    assert row["spend (log)"] == pytest.approx(np.log1p(40))
    assert row["redemption weeks"] == 2
    assert row["categories per active week"] == 1
    assert (row["food share"], row["other share"]) == (1, 0)
    nobody = dict(zip(half_year_names(panel), half_year(panel, np.zeros(2))[1], strict=True))
    assert (nobody["longest gap"], nobody["weeks since last trip"], nobody["food share"]) == (10, 10, 0)


def test_yardsticks_frame_the_simulator(result: Realism) -> None:
    assert result.copy_joint > 0.95  # copying the past is found out jointly
    assert result.copy_marginal < 0.65
    assert result.halves == pytest.approx(0.5, abs=0.1)
    assert 0.45 < result.marginal < 0.75
    assert 0.45 < result.joint < result.copy_joint - 0.15
    assert len(result.features) == 18
    assert all(0.35 < gap.auc < 0.65 for gap in result.features)


def test_a_full_report_measures_everything(result: Realism, few: Customers) -> None:
    assert result.full
    assert {one.name for one in result.coverage} == {"frequency", "value", "recency", "redemptions"}
    assert all(sum(one.histogram) == one.n == result.n for one in result.coverage)
    assert all(one.futures == 12 for one in result.coverage)
    assert [len(line.real) for line in result.trajectories] == [52] * 3
    assert [len(line.mean) for line in result.trajectories] == [26] * 3
    assert result.copies is not None
    assert result.copies.real > result.n  # the fitted households and the past are searched too
    assert (result.copies.identical, result.copies.same_weeks, result.copies.shuffled) == (0, 0, 0)
    assert 0.85 < result.copies.ratio < 1.15
    assert result.moments is not None
    assert result.moments.rms < 0.15
    assert {cell.campaign for cell in result.cells} == {"A", "B", "C"}
    assert all(math.isnan(cell.observed) for cell in result.cells if cell.n < 200)


def test_a_short_one_holds_the_aucs_and_features_alone(simulator: Simulator, few: Customers) -> None:
    short = realism(simulator, few, seed=0, budget=LEAST)
    assert not short.full
    assert (short.moments, short.coverage, short.cells, short.trajectories) == (None, (), (), ())
    assert list(short.pictures()) == ["told_apart"]
    assert "(5 not measured)" in repr(short)


def test_the_same_seed_gives_the_same_report_and_tells_how_far_it_is(simulator: Simulator, few: Customers) -> None:
    budget, few = LEAST._replace(futures=2, answers=2, coverage=2), few.only(few.frame.index[:130])
    heard: dict[str, int] = {}
    one = realism(simulator, few, seed=4, budget=budget, tell=heard.__setitem__)
    assert {name: heard[name] for name in budget.work} == budget.work
    assert heard["redemption"] == 3  # campaigns
    assert one.to_dict() == realism(simulator, few, seed=4, budget=budget).to_dict()
    assert one.features != realism(simulator, few, seed=5, budget=LEAST._replace(futures=2)).features


def test_it_prints_plots_and_becomes_json(result: Realism) -> None:
    assert "copying the past" in repr(result)
    again = Realism.from_dict(json.loads(json.dumps(result.to_dict(), allow_nan=False)))
    assert again.to_dict() == result.to_dict()
    assert isinstance(again.copies, type(result.copies))
    assert len(result.plot().axes) == 2


def test_a_report_of_an_earlier_release_is_read(result: Realism) -> None:
    old = {"n", "weeks", "joint", "marginal", "joint_sd", "marginal_sd", "copy_joint", "copy_marginal", "halves",
           "halves_marginal", "features", "reason"}  # fmt: skip
    gap = {"name", "auc", "real_mean", "simulated_mean", "real_link", "simulated_link"}
    plain = {key: value for key, value in result.to_dict().items() if key in old}
    plain["features"] = [{k: v for k, v in one.items() if k in gap} for one in plain["features"]]  # type: ignore[attr-defined]  # a list of features
    assert Realism.from_dict(plain).joint == result.joint


def test_a_history_without_categories_is_judged_too(simulator: Simulator, few: Customers) -> None:
    assert few.history is not None
    plain = replace(few, history=few.history[["customer", "period", "trips", "spend"]])
    found = realism(simulator, plain.only(plain.frame.index), seed=0, budget=LEAST)
    assert found.enough
    assert [gap.name for gap in found.features if gap.name.endswith("share")] == []


def test_no_history_is_a_result_with_a_reason(features_only: Customers) -> None:
    simulator = calibrate(features_only, replicates=1)
    answer = realism(simulator, features_only)
    assert not answer.enough
    assert "no weekly purchase history" in repr(answer)
    assert answer.to_dict()["joint"] is None
    json.dumps(answer.to_dict(), allow_nan=False)
    assert answer.pictures() == {}
    answer.plot()


def test_too_few_or_too_short_is_a_result_too(simulator: Simulator, demo: Customers) -> None:
    few = demo.holdout.only(demo.holdout.frame.index[:30])
    assert "at least 100" in realism(simulator, few).reason
    assert demo.history is not None
    short = replace(demo.holdout, periods=20, history=demo.history[demo.history["period"] < 20])
    assert "20 weeks of history" in realism(simulator, short.only(short.frame.index)).reason


@pytest.mark.slow
def test_the_demo_s_figures_hold_at_another_seed_and_within_a_minute(demo: Customers) -> None:
    simulator = calibrate(demo.fit)
    start = time.process_time()
    one = realism(simulator, demo.holdout, fit=demo.fit, seed=0)
    assert time.process_time() - start < 60
    two = realism(simulator, demo.holdout, fit=demo.fit, seed=1)
    assert one.joint == pytest.approx(two.joint, abs=0.03)
    assert one.marginal == pytest.approx(two.marginal, abs=0.03)
    assert one.joint < 0.65
    assert one.marginal < 0.67


@pytest.mark.slow
def test_the_full_report_of_the_demo_finds_no_copy_and_covers_what_it_should(demo: Customers) -> None:
    found = realism(calibrate(demo.fit), demo.holdout, fit=demo.fit, budget=FULL)
    assert found.copies is not None
    assert max(found.copies.identical, found.copies.same_weeks, found.copies.shuffled) == 0
    assert all(0.85 <= one.share <= 0.95 for one in found.coverage)
