"""What is tabulated of customers shows what a pass over them does, whatever their segments answer."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from tests.envs.example import begin

from evenhand.envs import World, build_setup
from evenhand.envs.compiling import Asked
from evenhand.envs.still import Still
from evenhand.envs.views import Funnel
from evenhand.fairness import (
    ContactCap,
    CoverageFloor,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    SpendCap,
    UnsubscribeCap,
)
from evenhand.segments import Segmentation
from evenhand.simulator import Population, Simulator

Begun = Callable[[int, int, int], World]
LASTING = -1  # the last feature of a candidate


@pytest.fixture(scope="module")
def begun(simulator: Simulator, today: Segmentation, odd: Segmentation, populations: list[Population]) -> Begun:
    """Return a maker of worlds with every kind of constraint, with and without room to split."""
    every: list[Asked] = [
        DemographicParity("age", 0.05), EqualOpportunity("income", 0.05), CoverageFloor(0.02), SpendCap(0.2),
        UnsubscribeCap(0.002), ContactCap(0.6),
    ]  # fmt: skip
    setups = [
        build_setup(simulator, today),
        build_setup(simulator, today, constraints=[SpendCap(0.1)], max_segments=len(today.every)),
        build_setup(simulator, odd, constraints=[EqualizedOdds("age", 0.05)], operations=("split", "move")),
        build_setup(simulator, odd, constraints=every, max_segments=7),
    ]

    def make(which: int, seed: int, steps: int) -> World:
        return begin(setups[which], populations[seed % 4 :][:1], steps=steps, seed=seed)

    return make


@given(which=st.integers(0, 3), seed=st.integers(0, 2**32), steps=st.integers(0, 3))
@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_still_world_shows_what_a_pass_over_its_customers_does(
    begun: Begun, which: int, seed: int, steps: int
) -> None:
    mine, other = (begun(which, seed, steps) for _ in range(2))
    still, rng = Still(other), np.random.default_rng(seed)
    for _ in range(3):
        told = _told(mine, rng)
        mine.look_at(told)
        still.look_at(told)
        np.testing.assert_array_equal(other.mask, mine.mask)
        same = (other.decode == mine.decode).all(axis=2)[0]
        _near(other.table[0, ~same, LASTING], mine.table[0, ~same, LASTING])  # ties
        assert same.mean() > 0.95
        for name in ("table", "slack", "guarded"):
            _near(getattr(other, name)[0, same], getattr(mine, name)[0, same])
        np.testing.assert_allclose(other.foresight.now, mine.foresight.now, rtol=1e-4)
        rows = np.concatenate([np.ones(mine.observation.shape[1] - same.size * mine.table.shape[2], bool),
                               np.repeat(same, mine.table.shape[2])])  # fmt: skip
        _near(other.observation[0, rows], mine.observation[0, rows])


def test_what_is_shown_follows_from_the_last_answers_alone(begun: Begun) -> None:
    world, rng = begun(3, 3, 1), np.random.default_rng(3)
    still, (one, two) = Still(world), (_told(world, rng) for _ in range(2))
    still.look_at(one)
    before, observed = world.table.copy(), world.observation
    still.look_at(two)
    assert not np.array_equal(world.table, before)
    still.look_at(one)
    np.testing.assert_array_equal(world.table, before)
    np.testing.assert_array_equal(world.observation, observed)


def _near(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)  # single precision, added up in another order


def _told(world: World, rng: np.random.Generator) -> Funnel:
    """Return random answers, from none at all to several times those that are expected."""
    told = Funnel.zero(world.redeem_ratio.shape)
    for hope, seen, most in ((told.open_hope, told.opens, 200), (told.redeem_hope, told.redeems, 50)):
        hope[:] = rng.uniform(0, most, hope.shape)
        seen[:] = rng.poisson(hope * rng.uniform(0, 4, hope.shape)) * (rng.random(hope.shape) < 0.8)
    return told
