"""Simulated evidence, against the way that offline recommendations simulate."""

from __future__ import annotations

import numpy as np
import pytest
from tests.experiments.conftest import Business

from evenhand.envs.boxes import tweak_of
from evenhand.errors import RuleError
from evenhand.experiments.advising.simulated import FUTURE_SEED, simulate_change
from evenhand.experiments.now import Now, change_of
from evenhand.segments import Condition, Segment

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


def test_a_threshold_off_the_grid_is_named(business: Business) -> None:
    today = business.today
    odd = Condition(field="orders", operator=">=", value=2.123456)
    first = today.segments[0]
    rule = first.rule.model_copy(update={"rules": (*first.rule.rules, odd)})
    after = today.replaced(Segment(id=first.id, name=first.name, rule=rule, campaign=first.campaign))
    with pytest.raises(RuleError, match="no threshold that the simulation counts by"):
        simulate_change(business.customers, today, after, business.simulator, business.setup, draws=1)
