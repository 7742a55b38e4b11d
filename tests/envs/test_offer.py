"""What is on offer, and in which money: operations that are withheld, shops of another size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.envs.example import MakeWorld, begin, random_rows

from evenhand.envs import Cut, Setup, build_setup
from evenhand.envs.candidates import MERGE, MOVE, OPERATIONS, SPLIT, operations_of_rows
from evenhand.errors import DataError
from evenhand.segments import Segmentation
from evenhand.simulator import CampaignEffects, Population, Simulator


def test_rows_say_their_operation(setup: Setup, make_world: MakeWorld) -> None:
    world = make_world(setup)
    rows = operations_of_rows(setup.max_segments, world.population.effects.beneficial.size)
    for e in range(2):
        valid = world.mask[e] != 0
        np.testing.assert_array_equal(world.decode[e, valid, 0], rows[valid])
        assert set(rows[valid]) == set(range(1 + len(OPERATIONS)))


def test_without_split_and_merge_the_number_of_segments_stays(setup: Setup, make_world: MakeWorld) -> None:
    world, rng = make_world(replace(setup, operations=("assign", "move"))), np.random.default_rng(0)
    full = make_world(setup)
    same = ~np.isin(operations_of_rows(setup.max_segments, full.population.effects.beneficial.size), (MERGE, SPLIT))
    np.testing.assert_array_equal(world.table[:, same], full.table[:, same])
    size = world.size.copy()
    moved = 0
    for _ in range(8):
        ops = world.decode[world.mask != 0][:, 0]
        assert not np.isin(ops, (MERGE, SPLIT)).any()
        assert (world.table[world.mask == 0] == 0).all()
        moved += (ops == MOVE).sum()
        world.step(random_rows(world, rng))
        np.testing.assert_array_equal(world.size, size)
    assert moved


def test_an_operation_that_there_is_not_is_named(simulator: Simulator, today: Segmentation) -> None:
    with pytest.raises(DataError, match=r"no operation 'spilt'.*did you mean 'split'"):
        build_setup(simulator, today, operations=("spilt",))


def test_a_unit_of_money_is_a_tenth_of_what_customers_bring(simulator: Simulator, setup: Setup) -> None:
    """Customers of another seed: their mean is within a fifth of it, four standard errors and more."""
    p = simulator.population(seed=99, n=4000)
    brings = float((p.behaviour["margin_rate"][0] * p.traits.rate * p.traits.basket).mean())
    assert 10 * setup.unit == pytest.approx(brings, rel=0.35)
    assert setup.charges_in_units.edit * setup.unit == pytest.approx(setup.charges.edit)


def test_a_shop_of_eight_times_the_money_looks_the_same_and_pays_the_same(
    setup: Setup, populations: list[Population]
) -> None:
    """Eight is a power of two, so that floating-point numbers scale exactly."""
    where = setup.grid.position("spend_per_trip")
    cuts = list(setup.grid.cuts)
    cuts[where] = tuple(Cut(8 * cut.value, cut.closed) for cut in cuts[where])
    charges = replace(setup.charges, edit=8 * setup.charges.edit, complexity=8 * setup.charges.complexity)
    rich = replace(setup, unit=8 * setup.unit, charges=charges, grid=replace(setup.grid, cuts=tuple(cuts)))

    def richer(p: Population) -> Population:
        def times(effects: CampaignEffects) -> CampaignEffects:
            return effects._replace(cost=8 * effects.cost, discount=8 * effects.discount)

        return replace(
            p,
            traits=p.traits._replace(basket=8 * p.traits.basket),
            effects=times(p.effects),
            expected_effects=times(p.expected_effects),
        )

    one, other = begin(setup, populations[:2]), begin(rich, [richer(p) for p in populations[:2]])
    rng = np.random.default_rng(0)
    for _ in range(6):
        np.testing.assert_array_equal(one.mask, other.mask)
        np.testing.assert_allclose(one.observation, other.observation, rtol=1e-4, atol=1e-4)
        rows = random_rows(one, rng)
        mine, theirs = one.step(rows)[0], other.step(rows)[0]
        np.testing.assert_allclose(theirs, 8 * mine, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(rich.reward_scale * theirs, setup.reward_scale * mine, rtol=1e-3, atol=1e-4)
