"""What each group gets: counted customer by customer here, by sums over members there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.experiments.conftest import Business

from evenhand.agents import Hold, PopulationPool, roll_out
from evenhand.envs import World
from evenhand.experiments.report.welfare import MEASURES
from evenhand.experiments.welfare import WelfareWatch, welfare_of

KEYS = tuple(measure.key for measure in MEASURES)


class Ledger:
    """Writes every customer's gains down one by one: the slow oracle."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []  # (4, E, N) each period
        self.groups = np.zeros((0, 0, 0), np.int8)

    def begin(self, world: World) -> None:
        self.groups = world.population.groups

    def after(self, world: World) -> None:
        out, effects = world.sim.outcome, world.population.effects
        rows = np.zeros((4, *world.given.shape))
        for e, n in np.ndindex(*world.given.shape):
            campaign = world.given[e, n]
            if out.contacted[e, n]:
                rows[0 if effects.beneficial[campaign] else 2, e, n] = 1
            if out.redeemed[e, n]:
                rows[1, e, n] = effects.discount[e, campaign]
            rows[3, e, n] = out.unsubscribed[e, n]
        self.rows.append(rows)


@pytest.fixture(scope="module")
def pool(business: Business) -> PopulationPool:
    return PopulationPool(business.simulator, first_seed=77, count=3, n_customers=60)


def test_levels_are_what_each_member_got(business: Business, pool: PopulationPool) -> None:
    watch, ledger = WelfareWatch(business.setup.horizon), Ledger()
    roll_out(business.greedy, business.setup, pool, range(3), watchers=(watch, ledger))
    got = np.stack(ledger.rows).mean(axis=0)  # (4, E, N)
    found = watch.levels
    n_groups = found.shape[3] - 1
    assert got.sum() > 0
    for m, e, p in np.ndindex(4, 3, found.shape[2]):
        for k, code in enumerate([*range(n_groups), -1]):
            members = ledger.groups[e, :, p] == code
            expected = got[m, e, members].mean() if members.any() else np.nan
            np.testing.assert_allclose(found[m, e, p, k], expected, rtol=1e-5, atol=1e-9)


def test_batches_make_no_difference(business: Business, pool: PopulationPool) -> None:
    one, two = (WelfareWatch(business.setup.horizon) for _ in range(2))
    roll_out(Hold(), business.setup, pool, range(3), watchers=(one,))
    roll_out(Hold(), business.setup, pool, range(3), watchers=(two,), batch=2)
    np.testing.assert_array_equal(one.levels, two.levels)


def test_the_beneficial_level_is_the_rate_that_gaps_are_made_of(business: Business, pool: PopulationPool) -> None:
    watch = WelfareWatch(business.setup.horizon)
    outcome = roll_out(business.greedy, business.setup, pool, range(3), watchers=(watch,))
    attributes = len(business.simulator.protected)  # beyond them, outcomes count everyone as one group
    np.testing.assert_allclose(watch.levels[0][:, :, :-1], outcome.rates[:, :attributes], rtol=1e-5)


def test_watching_changes_nothing(business: Business, pool: PopulationPool) -> None:
    watched = roll_out(business.greedy, business.setup, pool, range(3), watchers=(WelfareWatch(6),))
    alone = roll_out(business.greedy, business.setup, pool, range(3))
    np.testing.assert_array_equal(watched.profit, alone.profit)


def test_the_worst_off_gets_least_good_and_most_bad_among_counted_groups(business: Business) -> None:
    protected = business.simulator.protected
    n_groups = max(len(attribute.groups) for attribute in protected)
    levels = np.zeros((4, 5, len(protected), n_groups + 1)) + np.arange(n_groups + 1)
    levels[:, :, :, -1] = -1.0  # unknown has least of all, and does not count
    levels[2:, :, :, -1] = 99.0
    for p, attribute in enumerate(protected):
        found = welfare_of(levels, business.simulator).get(attribute.name)
        counted = [k for k, group in enumerate(attribute.groups) if group.constrained]
        assert found is not None, p
        assert [group.group for group in found.groups if group.counted] == [attribute.groups[k].name for k in counted]
        assert found.groups[-1].group == "unknown"
        assert [getattr(found.worst_off, key) for key in KEYS] == [counted[0], counted[0], counted[-1], counted[-1]]
        assert [getattr(found.mean, key) for key in KEYS] == [np.mean(counted)] * 4


def test_a_group_without_members_is_left_out(business: Business) -> None:
    protected = business.simulator.protected
    levels = np.zeros((4, 5, len(protected), max(len(a.groups) for a in protected) + 1))
    levels[:, 1:, 0, 0] = np.nan  # seen in one population only: no interval, so no row
    found = welfare_of(levels, business.simulator)
    shown = [group.group for group in found[protected[0].name].groups]
    assert protected[0].groups[0].name not in shown
    assert len(shown) == len(protected[0].groups)


def test_holding_without_exploration_benefits_who_is_in_a_beneficial_segment(
    business: Business, pool: PopulationPool
) -> None:
    """Nobody is contacted where no segment has a campaign: welfare sees equal nothing, which no gap does."""
    quiet = replace(business.setup, explore=0.0, start=replace(business.setup.start, campaign=np.zeros(10, np.int8)))
    watch = WelfareWatch(quiet.horizon)
    roll_out(Hold(), quiet, pool, range(3), watchers=(watch,))
    assert not np.nan_to_num(watch.levels).any()
