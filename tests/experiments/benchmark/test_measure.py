"""Profit beyond contacting nobody, held against roll-outs that know nothing of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.experiments.shop import quick, shop

from evenhand.agents import Hold, roll_out
from evenhand.customers import rfm_segmentation
from evenhand.experiments.benchmark.business import Business
from evenhand.experiments.benchmark.measure import blast, measure, nobody
from evenhand.experiments.evaluation import Entrant
from evenhand.experiments.setup import setup_of
from evenhand.simulator import calibrate

N = 5


@pytest.fixture(scope="module")
def business() -> Business:
    customers = shop()
    simulator, today, settings = calibrate(customers, replicates=1), rfm_segmentation(customers), quick(populations=N)
    return Business(simulator, simulator, today, setup_of(simulator, today, settings), settings)


def test_without_exploration_nobody_is_a_plan_of_no_contact_that_has_no_segments_to_pay_for(business: Business) -> None:
    setup = replace(business.setup, explore=0.0)
    silent = replace(setup, entry=replace(setup.start, campaign=np.zeros_like(setup.start.campaign)))
    edit = setup.charges.edit / setup.horizon
    planned = roll_out(Hold(), silent, business.unseen(), range(N), against_twin=True)
    assert planned.contact.max() == 0
    expected = planned.profit + setup.charges.complexity * setup.start.size + silent.entry_edits * edit
    np.testing.assert_allclose(nobody(setup, business.unseen(), N), expected, rtol=0, atol=1e-12)


def test_expected_profit_is_that_of_the_policy_less_that_of_nobody(business: Business) -> None:
    today, pool = Entrant("today", "today", Hold(), business.setup), business.unseen()
    base = nobody(business.setup, pool, N)
    found = measure(today, business, pool, base)
    np.testing.assert_allclose(found.profit, -base)  # today brings nothing beyond today
    assert found.held.shape == (N,)
    assert all(values.shape == (N,) for values in found.funnel.values())


def test_the_funnel_narrows(business: Business) -> None:
    found = measure(blast(business), business, business.unseen(), np.zeros(N)).funnel
    assert (found["open_rate"] >= found["click_through"]).all()
    assert (found["click_through"] >= found["conversion"]).all()
    assert (found["retention"] <= 1).all()
    assert (found["order_value"] > 0).all()


def test_the_blast_is_one_segment_with_one_campaign_for_everyone(business: Business) -> None:
    entry = blast(business).setup.entry
    assert entry is not None
    assert entry.size == 1
    assert entry.campaign[0] != 0
