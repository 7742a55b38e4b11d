"""The study on objects, as a notebook asks for it."""

from __future__ import annotations

import pytest
from tests.experiments.conftest import Business
from tests.experiments.shop import quick

from evenhand.agents import CurvePoint, LearnedPolicy, NetSettings, Training
from evenhand.agents.learning.confirmation import Confirmation
from evenhand.errors import DataError
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.setup import constraints_of, customers_in_evidence
from evenhand.experiments.study import Study, baselines, evaluate, train
from evenhand.experiments.training import best_first
from evenhand.fairness import ContactCap, DemographicParity, EqualOpportunity


@pytest.fixture(scope="module")
def study(business: Business) -> Study:
    return train(
        business.simulator, business.today, constraints=[DemographicParity("age", tolerance=0.1), ContactCap(most=0.9)],
        settings=quick(), workers=1, training_seeds=1,
    )  # fmt: skip


def test_changes_reach_the_settings_and_constraints_of_any_kind_the_setup(study: Study) -> None:
    assert study.settings.training_seeds == 1
    assert study.setup.parity is not None
    assert study.setup.parity.tolerance == 0.1
    assert study.setup.cost_names[-1] == "contacts"
    assert study.policy.manifest["seed"] == study.trainings[0].seed
    assert study.policy is study.trainings[0].policy


def test_opponents_alone_or_with_the_learned_policy_meet_the_same_customers(study: Study) -> None:
    opponents = evaluate(baselines(study), study)
    everyone = study.evaluate()
    assert opponents.comparison is None
    assert [policy.name for policy in everyone.policies[:-1]] == [policy.name for policy in opponents.policies]
    assert everyone.policies[:-1] == opponents.policies
    assert everyone.policies[-1].kind == "learned"


def test_recommendations_are_for_todays_segments(study: Study, business: Business) -> None:
    assert len(study.recommend(business.customers)) <= study.settings.recommendations


def test_what_cannot_be_done_is_refused_before_any_work(business: Business) -> None:
    two = [DemographicParity("age"), EqualOpportunity("age")]
    with pytest.raises(DataError, match="two parity criteria speak about age"):
        train(business.simulator, business.today, constraints=two)
    with pytest.raises(DataError, match="no setting 'stepps'"):
        train(business.simulator, business.today, stepps=3)
    with pytest.raises(DataError, match="fewer than two groups of 'region'"):
        train(business.simulator, business.today, constraints=[DemographicParity("region")], settings=quick())


def test_the_first_attribute_that_can_be_is_constrained(business: Business) -> None:
    assert [c.attribute for c in constraints_of(business.simulator, quick())] == ["age"]
    assert [c.attribute for c in constraints_of(business.simulator, quick(attribute="region"))] == ["region"]


def test_no_population_is_larger_than_the_business(business: Business) -> None:
    assert customers_in_evidence(business.simulator, quick(customers=2500)) == 600
    assert customers_in_evidence(business.simulator, quick(customers=90)) == 90


def test_trainings_are_ordered_by_fairness_then_profit(shop_study: StudyFolder) -> None:
    policy = shop_study.policies()[0]
    assert isinstance(policy, LearnedPolicy)
    assert isinstance(policy.settings, NetSettings)

    def training(seed: int, feasible: float, gain: float, *, sure: float = 0.1) -> Training:
        """Return a training whose start is fair in 96 % of the populations."""
        points = (CurvePoint(0, 1.0, 0.0, 0.96, 0.0), CurvePoint(1, 9.0, 0.0, 1.0, 0.0))
        return Training(policy, points, seed, Confirmation(8, gain, sure, feasible, 0.96, feasible - 0.96))

    found = [training(1, 0.5, 9.0), training(2, 1.0, 1.0), training(3, 0.97, 2.0), training(4, 1.0, 3.0, sure=-0.1)]
    assert [one.seed for one in best_first(found)] == [3, 2, 1, 4]
    assert [one.learned for one in found] == [False, True, True, False]
