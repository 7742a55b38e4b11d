from __future__ import annotations

import math
from typing import Any

import pytest
from tests.experiments.trial.plans import DRAFT, draft

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.trial.needs import completed, needs, with_groups
from evenhand.experiments.trial.power_check import simulated_power


def test_a_plan_says_what_each_test_needs_and_which_groups_can_be_tested() -> None:
    found = needs(draft())
    assert [(test.metric, test.role) for test in found.tests] == [
        ("orders", "primary"), ("margin", "guardrail"), ("unsubscribed", "guardrail"),
    ]  # fmt: skip
    assert found.enough
    assert found.needed == max(test.units for test in found.tests)
    assert found.tests[1].wanted_power == pytest.approx(0.9)  # two guardrails
    assert found.tests[1].effect == pytest.approx(0.2)  # a tenth of 2.0
    income = found.groups[0]
    assert income.expected == {"low": 6000, "middle": 10_000, "high": 1000}
    assert (income.testable, income.left_out) == (("low", "middle"), ("high",))


def test_more_looks_guardrails_arms_and_clusters_need_more_and_covariates_less() -> None:
    def primary(**changes: Any) -> int:
        return needs(draft(**changes)).tests[0].units

    base = primary()
    assert primary(looks={"kind": "planned"}) < base < primary(looks={"kind": "any-time"})
    assert primary(cluster="store", expected={**DRAFT["expected"], "icc": 0.01, "cluster_size": 30}) > base
    three = [{**DRAFT["arms"][0], "share": 0.4}, {**DRAFT["arms"][1], "share": 0.3},
             {**DRAFT["arms"][1], "name": "finest", "share": 0.3}]  # fmt: skip
    assert primary(arms=three) > base
    first, *others = DRAFT["expected"]["metrics"]
    assert primary(expected={**DRAFT["expected"], "metrics": [{**first, "r2": 0.4}, *others]}) < 0.61 * base


def test_weeks_are_those_until_enough_have_come_and_never_where_nobody_comes() -> None:
    def of(**expected: int) -> int | None:
        return needs(draft(expected={**DRAFT["expected"], **expected})).weeks

    assert of(units=100_000) == 4
    assert of(units=1000) is None
    assert of(units=0, units_per_week=2000) == -(-needs(draft()).needed // 2000)


def test_a_holdback_is_not_counted() -> None:
    assert needs(draft(holdback=0.1)).units == 36_000


def test_naming_groups_completes_a_plan_and_naming_others_by_hand_is_refused() -> None:
    assert not completed(draft())
    plan = with_groups(draft())
    assert completed(plan)
    assert plan.fairness[0].testable == ("low", "middle")
    assert with_groups(plan) == plan
    with pytest.raises(DataError, match="power names them: low, middle"):
        with_groups(draft(fairness=[{**DRAFT["fairness"][0], "testable": ["high"]}]))


@pytest.mark.parametrize(
    "looks",
    [{"kind": "planned"}, {"kind": "planned", "family": "pocock", "fractions": [0.2, 0.5, 1]}, DRAFT["looks"],
     {"kind": "any-time", "expected": 12}],
)  # fmt: skip
@pytest.mark.parametrize("primary", ["orders", "unsubscribed", "margin"])
def test_simulated_trials_have_the_power_that_the_formula_promises(looks: dict[str, Any], primary: str) -> None:
    """20,000 trials each: a power off by 0.0125 has probability 1e-5; binomial tails may cost up to 0.005 more."""
    effects = {"orders": 0.01, "unsubscribed": 0.005, "margin": 0.2}
    metrics = [{**a, "effect": effects[a["metric"]]} for a in DRAFT["expected"]["metrics"]]
    plan = draft(looks=looks, primary=[primary], guardrails=[], expected={**DRAFT["expected"], "metrics": metrics})
    found = simulated_power(plan, needs(plan).tests[0].units, seed=7)
    assert found.power == pytest.approx(0.8, abs=0.0175)
    assert found.false_positive < 0.05 + 0.0065


def test_all_tests_together_ship_less_often_than_each_alone_passes() -> None:
    """That the gate itself does so as often as is said here is held by the slow tests of the gate."""
    found = needs(draft())
    each = [test.power for test in found.tests] + [group.power for group in found.groups]
    assert found.ships == pytest.approx(math.prod(each))
    assert found.ships < min(each)


def test_looks_cost_what_they_cost_where_they_fall() -> None:
    """Two looks of the Pocock type near the end cost far less than two even ones; too close, no bound can be told."""
    even, late = (
        needs(draft(looks={"kind": "planned", "family": "pocock", "fractions": [first, 1.0]})).inflation
        for first in (0.5, 0.95)
    )
    assert even == pytest.approx(1.11, abs=0.02)  # 1.110 for Pocock's own test: Jennison and Turnbull (2000), table 2.2
    assert 1 < late < 1.06
    with pytest.raises(EvenhandError, match="too closely"):
        needs(draft(looks={"kind": "planned", "fractions": [0.5, 0.50000001, 1.0]}))


def test_an_effect_too_small_to_count_units_for_is_refused() -> None:
    metrics = [{**DRAFT["expected"]["metrics"][0], "effect": 1e-200}, *DRAFT["expected"]["metrics"][1:]]
    with pytest.raises(EvenhandError, match="more units than can be counted"):
        needs(draft(expected={**DRAFT["expected"], "metrics": metrics}))
