"""Policies meet twisted dynamics, or the very world that a study's customers were drawn from."""

from __future__ import annotations

import pytest
from tests.experiments.conftest import Business

from evenhand.customers import rfm_segmentation
from evenhand.errors import DataError
from evenhand.experiments.scenario import dynamics_of, with_features_of
from evenhand.simulator import calibrate
from evenhand.simulator.scenarios import draw_customers, world


def test_without_a_scenario_policies_meet_the_studys_own_dynamics(business: Business) -> None:
    assert dynamics_of("", business.simulator) is business.simulator


def test_a_twist_changes_the_dynamics_and_nothing_that_policies_stand_on(business: Business) -> None:
    twisted = dynamics_of("shifted", business.simulator)
    assert twisted != business.simulator
    assert twisted.catalogue == business.simulator.catalogue
    assert twisted.static_features == business.simulator.static_features


def test_a_study_of_a_world_meets_that_world_and_no_other() -> None:
    simulator = calibrate(draw_customers(world("coffee_tea"), 400, seed=1), replicates=1)
    assert dynamics_of("coffee_tea", simulator) is world("coffee_tea")
    with pytest.raises(DataError, match=r"another business .*evenhand ingest --scenario restaurants"):
        dynamics_of("restaurants", simulator)


def test_features_come_and_go_with_their_scenario(business: Business) -> None:
    customers, today = with_features_of("adversarial_proxy", business.customers, business.today)
    assert [feature.name for feature in today.catalogue.features][-1] == "style_score"
    assert (today.assign(customers.frame) == business.today.assign(business.customers.frame)).all()
    back, before = with_features_of("shifted", customers, today)
    assert before == business.today
    assert back.frame.equals(business.customers.frame)
    assert with_features_of("", business.customers, business.today)[0] is business.customers
    assert rfm_segmentation(customers).segments == business.today.segments
