"""Simulated evidence, against the way that offline recommendations simulate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.experiments.conftest import Business
from tests.experiments.shop import SCHEMA, quick, shop

from evenhand.customers import Customers, FeatureSpec, rfm_segmentation
from evenhand.envs import Grid
from evenhand.envs.boxes import tweak_of
from evenhand.errors import RuleError
from evenhand.experiments.advising.simulated import FUTURE_SEED, simulate_change
from evenhand.experiments.now import Now, change_of
from evenhand.experiments.setup import setup_of
from evenhand.segments import Condition, RuleGroup, Segment
from evenhand.simulator import calibrate

DRAWS = 3


def test_a_change_is_worth_what_its_row_of_the_table_is(business: Business) -> None:
    customers, today, simulator, setup = business.customers, business.today, business.simulator, business.setup
    futures = simulator.populations_of(customers, [FUTURE_SEED + k for k in range(DRAWS)])
    now = Now.of(setup, customers, today)
    world = now.world(futures[0])
    rows = [int(np.flatnonzero((world.mask[0] != 0) & (world.decode[0, :, 0] == op))[0]) for op in (1, 2)]
    for row in rows:
        after = tweak_of(world.decode[0, row], today, setup.grid, number=1).apply(today).segmentation
        found = simulate_change(customers, today, after, simulator, setup, draws=DRAWS)
        expected = np.mean([change_of(now, future, row) for future in futures])
        assert found.mean == pytest.approx(float(expected), abs=1e-9)
        assert found.low <= found.mean <= found.high
        assert (found.draws, found.horizon) == (DRAWS, setup.horizon)


def test_a_whole_plan_is_charged_as_in_the_evidence(business: Business) -> None:
    today, setup = business.today, business.setup
    after = today.rebuilt(today.segments[:-1])
    once, whole = (
        simulate_change(business.customers, today, after, business.simulator, setup, draws=1, whole=whole)
        for whole in (False, True)
    )
    edits = len(after.every)  # every segment anew
    assert once.mean - whole.mean == pytest.approx((edits - 1) * setup.charges.edit / setup.horizon)


def test_a_threshold_off_the_grid_is_named(business: Business) -> None:
    today = business.today
    odd = Condition(field="orders", operator=">=", value=2.123456)
    first = today.segments[0]
    rule = first.rule.model_copy(update={"rules": (*first.rule.rules, odd)})
    after = today.replaced(Segment(id=first.id, name=first.name, rule=rule, campaign=first.campaign))
    with pytest.raises(RuleError, match="no threshold that the simulation counts by"):
        simulate_change(business.customers, today, after, business.simulator, business.setup, draws=1)


def test_a_rule_over_a_feature_that_is_not_simulated_is_named() -> None:
    table = shop(200)
    city = FeatureSpec(column="city", label="city", kind="category")
    frame = table.frame.assign(city=pd.Series(["here", "there"] * 100, index=table.frame.index, dtype="str"))
    customers = Customers(frame=frame, schema=table.schema.model_copy(update={"features": (*SCHEMA.features, city)}))
    today, simulator = rfm_segmentation(customers), calibrate(customers, seed=1, replicates=1)
    here = RuleGroup(rules=(Condition(field="city", operator="=", value="here"),))
    after = today.replaced(today.segments[0].model_copy(update={"rule": here}))
    with pytest.raises(RuleError, match="'city' = 'here'"):
        simulate_change(customers, today, after, simulator, setup_of(simulator, today, quick()), draws=1)


def test_a_feature_that_the_simulator_never_saw_is_named(business: Business) -> None:
    setup, last = business.setup, business.setup.grid.names[-1]
    blind = replace(setup, grid=Grid(setup.grid.names[:-1], setup.grid.cuts[:-1]))
    rule = RuleGroup(rules=(Condition(field=last, operator=">=", value=0.5),))
    after = business.today.replaced(business.today.segments[0].model_copy(update={"rule": rule}))
    with pytest.raises(RuleError, match=f"'{last}', which the simulator does not model"):
        simulate_change(business.customers, business.today, after, business.simulator, blind, draws=1)
