"""The realism measure: 0.5 for equals, near 1 for what differs, honest when there is not enough data."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from evenhand.customers import Customers
from evenhand.simulator import Realism, Simulator, calibrate, realism
from evenhand.simulator.comparison import half_year, half_year_names, told_apart
from evenhand.simulator.panel import Panel


@pytest.fixture(scope="module")
def result(simulator: Simulator, demo: Customers) -> Realism:
    """Of 300 held-out households: a smaller answer than the demo's, by the same steps."""
    return realism(simulator, demo.holdout.only(demo.holdout.frame.index[:300]), fit=demo.fit, seed=0)


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


def test_it_prints_plots_and_becomes_json(result: Realism) -> None:
    assert "copying the past" in repr(result)
    assert json.loads(json.dumps(result.to_dict()))["n"] == result.n
    figure = result.plot()
    assert len(figure.axes) == 2


def test_no_history_is_a_result_with_a_reason(features_only: Customers) -> None:
    simulator = calibrate(features_only, replicates=1)
    answer = realism(simulator, features_only)
    assert not answer.enough
    assert "no weekly purchase history" in repr(answer)
    assert answer.to_dict()["joint"] is None
    json.dumps(answer.to_dict(), allow_nan=False)
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
    start = time.perf_counter()
    one = realism(simulator, demo.holdout, fit=demo.fit, seed=0)
    assert time.perf_counter() - start < 60
    two = realism(simulator, demo.holdout, fit=demo.fit, seed=1)
    assert one.joint == pytest.approx(two.joint, abs=0.03)
    assert one.marginal == pytest.approx(two.marginal, abs=0.03)
    assert one.joint < 0.70
    assert one.marginal < 0.67
