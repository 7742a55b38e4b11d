"""Bad data gets a verdict or an error that says what to do, never a number that looks fine."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from tests.experiments.trial.analysis.trials import (
    START,
    UNTIL,
    Data,
    analysed,
    drawn,
    registered,
    spoiled,
)
from tests.experiments.trial.plans import DRAFT

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.gate import decide
from evenhand.experiments.trial.analysis import Layout, assignment_check
from evenhand.experiments.trial.register import RegisteredPlan

PLAN = registered()


@pytest.fixture(scope="module")
def good() -> Data:
    return drawn(PLAN.plan, seed=1, orders=0.012, margin=0.1)


def only(data: Data, rows: Any) -> Data:
    return {name: column[rows] for name, column in data.items()}


def verdict(data: Any, **options: Any) -> tuple[str, str]:
    """Return the gate's verdict and its first reason."""
    decision = decide(PLAN, analysed(PLAN, data, **options).evidence())
    return decision.verdict, " ".join(decision.reasons)


def test_good_data_ship(good: Data) -> None:
    assert verdict(good)[0] == "SHIP"


def test_one_arm_only_is_an_error(good: Data) -> None:
    with pytest.raises(DataError, match=r"the data have arm finer .* the plan has finer, today"):
        analysed(PLAN, only(good, good["arm"] == "finer"))


def test_an_arm_that_the_plan_does_not_have_is_an_error(good: Data) -> None:
    with pytest.raises(DataError, match="have arm control"):
        analysed(PLAN, {**good, "arm": np.where(good["arm"] == "today", "control", "finer")})


@pytest.mark.parametrize("columns", [("margin",), ("ordered",), ("margin", "ordered")])
def test_a_metric_without_spread_has_no_number_and_the_trial_is_invalid(good: Data, columns: tuple[str, ...]) -> None:
    data = {**good, **{column: np.zeros(len(good["arm"])) for column in columns}}
    found = analysed(PLAN, data)
    names = {"margin": "margin", "ordered": "orders"}
    for column in columns:
        assert "does not vary" in found.unjudged[names[column]]
        with pytest.raises(DataError, match="does not vary"):
            found.effect(names[column])
    assert verdict(data)[0] == "INVALID"
    assert "There is no result for the" in verdict(data)[1]


def test_units_twice_and_units_in_two_arms_are_errors(good: Data) -> None:
    with pytest.raises(DataError, match="1 units have more than one row"):
        analysed(PLAN, only(good, [0, *range(len(good["arm"]))]))
    doubled = only(good, [0, *range(len(good["arm"]))])
    doubled["arm"] = doubled["arm"].copy()
    doubled["arm"][0] = "finer" if doubled["arm"][1] == "today" else "today"
    with pytest.raises(DataError, match="1 units are in more than one arm"):
        analysed(PLAN, doubled)


def test_negative_revenue_infinities_and_text_are_errors(good: Data) -> None:
    metrics = [{**m, "non_negative": True} if m["name"] == "margin" else m for m in DRAFT["metrics"]]
    plan = registered(metrics=metrics)
    positive = {**good, "margin": np.abs(good["margin"])}
    analysed(plan, positive)
    with pytest.raises(DataError, match="1 negative of 40,000"):
        analysed(plan, spoiled(positive, "margin", [5], -0.5))
    with pytest.raises(DataError, match="2 infinite of 40,000"):
        analysed(PLAN, spoiled(good, "margin", [5, 6], np.inf))
    with pytest.raises(DataError, match="column 'margin'"):
        analysed(PLAN, {**good, "margin": good["margin"].astype(str)})


def test_a_proportion_of_anything_but_yes_and_no_is_an_error(good: Data) -> None:
    with pytest.raises(DataError, match="column 'ordered': values other than 0 and 1"):
        analysed(PLAN, {**good, "ordered": good["orders"]})
    with pytest.raises(DataError, match="column 'benefit': values other than 0 and 1"):
        analysed(PLAN, {**good, "benefit": good["benefit"] * 0.5})


def test_missing_values_are_an_error_and_when_dropped_unalike_the_trial_is_invalid(good: Data) -> None:
    rng = np.random.default_rng(0)
    alike = rng.random(len(good["arm"])) < 0.02
    unalike = alike & (good["arm"] == "finer")
    with pytest.raises(DataError, match="missing"):
        analysed(PLAN, spoiled(good, "margin", alike, np.nan))
    assert verdict(spoiled(good, "margin", alike, np.nan), missing="drop")[0] == "SHIP"
    units = analysed(PLAN, spoiled(good, "margin", alike, np.nan), missing="drop").evidence().units
    assert units == {arm: int((good["arm"] == arm).sum()) for arm in ("finer", "today")}  # as they were assigned
    ended, why = verdict(spoiled(good, "margin", unalike, np.nan), missing="drop")
    assert ended == "INVALID"
    assert "Arms miss any metric or covariate unalike" in why


def test_a_split_that_was_not_planned_is_invalid(good: Data) -> None:
    lost = (good["arm"] == "finer") & (np.random.default_rng(0).random(len(good["arm"])) < 0.05)
    ended, why = verdict(only(good, ~lost))
    assert ended == "INVALID"
    assert "not split as planned" in why


def test_arms_that_differed_before_the_trial_are_invalid(good: Data) -> None:
    plan = registered(covariates=["before"])
    data = {**good, "before": good["before"] + 0.1 * (good["arm"] == "finer")}
    decision = decide(plan, analysed(plan, data).evidence())
    assert decision.verdict == "INVALID"
    assert "differed before the trial began, most in before" in decision.reasons[0]


def test_a_metric_among_its_own_covariates_is_an_error(good: Data) -> None:
    with pytest.raises(DataError, match="uses a column twice"):
        analysed(registered(covariates=["margin"]), good)


def days(good: Data) -> Data:
    joined = np.array([str(START)] * len(good["arm"]), dtype=object)
    last = np.array([str(UNTIL)] * len(good["arm"]), dtype=object)
    return {**good, "joined": joined, "last": last}


def test_days_come_from_columns(good: Data) -> None:
    found = analysed(PLAN, days(good), start=None, until=None, layout=Layout(joined="joined", last="last"))
    assert (found.trial.span.start, found.trial.span.until) == (START, UNTIL)
    with pytest.raises(DataError, match="nobody said from when to when"):
        analysed(PLAN, good, start=None)
    with pytest.raises(DataError, match="'soon' is no day"):
        analysed(PLAN, spoiled(days(good), "last", [3], "soon"), layout=Layout(last="last"))


@pytest.mark.parametrize(
    ("options", "spoil", "why"),
    [
        ({}, ("last", str(START - timedelta(days=1))), "1 units have something known of a day before they were"),
        ({}, ("last", "2026-03-30"), "1 units have a day outside 2026-03-02 to 2026-03-29"),
        ({"until": date(2026, 5, 1)}, None, "which is yet to come on 2026-04-01"),
        ({"start": date(2026, 2, 20)}, None, "the data start on 2026-02-20, before the plan was registered"),
    ],
)
def test_time_travel_is_invalid(good: Data, options: dict[str, Any], spoil: tuple[str, str] | None, why: str) -> None:
    data = spoiled(days(good), spoil[0], [7], spoil[1]) if spoil else good
    layout = Layout(joined="joined", last="last") if spoil else Layout()
    ended, reasons = verdict(data, layout=layout, **options)
    assert ended == "INVALID"
    assert why in reasons


def test_a_plan_that_was_edited_after_registration_is_an_error(good: Data) -> None:
    with pytest.raises(ArtefactError, match="edited after registration"):
        analysed(RegisteredPlan(PLAN.plan.changed(weeks=1), PLAN.sha256, PLAN.registered), good)


def test_what_was_sent_but_not_planned_is_invalid_and_what_nobody_said_is_a_remark(good: Data) -> None:
    ended, why = verdict(good, delivered={"finer": "c" * 64})
    assert ended == "INVALID"
    assert "did not get" in why
    decision = decide(PLAN, analysed(PLAN, good, delivered=None).evidence())
    assert any("Nobody said what units of finer really got" in remark for remark in decision.remarks)


def test_harm_stops_even_where_the_trial_is_invalid() -> None:
    data = drawn(PLAN.plan, seed=3, unsubscribed=0.03)
    lost = (data["arm"] == "finer") & (np.random.default_rng(0).random(40_000) < 0.05)
    ended, why = verdict(only(data, ~lost))
    assert ended == "STOP"
    assert "unsubscribed" in why


def test_a_group_treated_worse_stops() -> None:
    ended, why = verdict(drawn(PLAN.plan, seed=4, orders=0.012, low=-0.1))
    assert ended == "STOP"
    assert "low against middle (income, benefit)" in why


def test_a_column_that_is_not_there_is_named(good: Data) -> None:
    with pytest.raises(DataError, match="no column 'income'"):
        analysed(PLAN, {name: column for name, column in good.items() if name != "income"})


def test_a_control_near_zero_has_no_lift_and_its_relative_guardrail_no_result() -> None:
    data = drawn(PLAN.plan, seed=5, orders=0.012)
    data["margin"] = data["margin"] - data["margin"].mean()
    found = analysed(PLAN, data)
    assert found.effect("margin").lift is None
    decision = decide(PLAN, found.evidence())
    assert decision.verdict == "INVALID"
    assert "'margin' as a lift" in " ".join(decision.reasons)


def test_a_unit_that_was_moved_to_another_arm_is_found_and_the_trial_invalid(good: Data) -> None:
    assert assignment_check(PLAN.plan, good).status == "ok"
    assert assignment_check(PLAN.plan, {**good, "customer_id": good["customer_id"].astype(str)}).status == "ok"
    moved = spoiled(good, "arm", [7], "today" if good["arm"][7] == "finer" else "finer")
    check = assignment_check(PLAN.plan, moved)
    assert "1 of 40,000 units are not in the arm that the plan's salt says, such as 7." in check.what
    ended, why = verdict(moved, checks=[check])
    assert ended == "INVALID"
    assert check.what in why


def test_a_group_that_is_not_known_is_counted_and_left_out_of_the_comparisons(good: Data) -> None:
    found = analysed(PLAN, spoiled(good, "income", slice(0, 3000), None))
    assert found.evidence().fairness[0].treatment["unknown"].n > 1000
    assert {name for pair in found.fairness() for name in (pair.a, pair.b)} == {"low", "middle", "high"}
    assert all("unknown" in parting.effects for parting in found.groups)
