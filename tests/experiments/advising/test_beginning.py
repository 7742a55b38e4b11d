"""A plan that comes first: what it would change on the customers, whatever the statistics; or that it does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from tests.experiments.advising.conftest import Tell
from tests.experiments.conftest import Business

from evenhand.errors import DataError
from evenhand.experiments.advising.beginning import PlanFirst
from evenhand.segments import Segment, Segmentation


@pytest.fixture
def plan(business: Business) -> Segmentation:
    """Nobody is contacted."""
    today = business.today
    return today.rebuilt((), Segment(id=today.default.id, name="Everyone", campaign="none"))


def test_the_plan_comes_with_what_it_would_change_and_without_tweaks(
    business: Business, plan: Segmentation, tell: Tell
) -> None:
    first = PlanFirst.of(plan, business.today, business.customers, business.setup)
    advice = first.advise(tell())
    assert (advice.tweaks, advice.why) == ((), "plan first")
    planned = advice.plan
    assert planned is not None
    assert (planned.plan, list(planned.sentences)) == (plan, business.today.diff(plan))
    stay = [segment.id == plan.default.id and segment.campaign == "none" for segment in business.today.every]
    moved = ~np.array(stay)[business.today.assign(business.customers.frame)]
    assert planned.affected_customers == moved.sum() > 0
    assert {one.attribute for one in planned.fairness} == {"age"}
    assert all(one.before != one.after for one in planned.fairness)
    assert [one.tolerance for one in planned.fairness] == [business.settings.tolerance]


def test_counts_of_other_segments_are_refused_all_the_same(business: Business, plan: Segmentation, tell: Tell) -> None:
    first = PlanFirst.of(plan, business.today, business.customers, business.setup)
    with pytest.raises(DataError, match="is missing"):
        first.advise(dict(list(tell().items())[1:]))


def test_a_plan_that_does_not_fit_is_not_given_but_named(business: Business, tell: Tell) -> None:
    advice = PlanFirst.unfit(("B", "trips"), business.today).advise(tell())
    assert (advice.tweaks, advice.why, advice.plan) == ((), "plan does not fit", None)
    assert "'B', 'trips'" in advice.reason
