"""The opponents get their due: tuned greedy, and static plans over boxes that cover everyone once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.agents.toy import Toy, gain, toy_greedy, toy_layout, toy_setup

from evenhand.agents import (
    GreedyTuning,
    Hold,
    PopulationPool,
    StaticPlan,
    best_campaigns,
    feasible_share,
    kmeans_boxes,
    rank,
    roll_out,
    tune_greedy,
)
from evenhand.agents.baselines import kmeans
from evenhand.agents.baselines.tuning import TUNING_SEED
from evenhand.envs import Boxes, Cut, Grid, Setup

SPACE = {"periods": (1.0, 4.0, 8.0), "contact_charge": (0.0, 0.012, 0.1)}
TIRED = Toy(affinity=(0.62, 0.66), hazard=(0.002, 0.0), fatigue_churn=0.7)


def score(toy: Toy, setup: Setup, tuning: GreedyTuning) -> tuple[float, float]:
    pool = PopulationPool(toy.simulator, first_seed=TUNING_SEED, count=4, n_customers=100)
    outcome = roll_out(toy_greedy(setup, tuning), setup, pool, range(4), against_twin=True)
    return rank(feasible_share(outcome) if setup.shield else 1.0, float(outcome.profit.mean()))


@pytest.mark.parametrize("shield", [False, True])
def test_tuning_finds_the_best_setting_of_the_grid(toy: Toy, shield: bool) -> None:
    """Of nine settings, by trying all of them."""
    for world in (TIRED, toy):
        setup = replace(toy_setup(tolerance=0.2), shield=shield)
        told: list[int] = []
        found = tune_greedy(
            world.simulator, setup, toy_layout(setup), SPACE, populations=4, n_customers=100, progress=told.append
        )
        scores = [
            score(world, setup, GreedyTuning(periods=periods, contact_charge=charge))
            for periods in SPACE["periods"]
            for charge in SPACE["contact_charge"]
        ]
        assert score(world, setup, found.tuning) == max(scores)
        assert found.profit == max(scores)[1]
        assert told == list(range(1, found.tried + 1))
        assert found.tried <= 9
        assert found.populations == 4


# ------------------------------------------------------------------------------------------- static plans


def searched(toy: Toy, setup: Setup, boxes: Boxes, *, fair: bool = True) -> StaticPlan:
    return best_campaigns(toy.simulator, setup, [boxes], n_campaigns=2, fair=fair, populations=4, n_customers=100)


def campaigns(plan: StaticPlan) -> list[int]:
    assert plan.setup.entry is not None
    return [int(c) for c in plan.setup.entry.campaign[: plan.setup.entry.size]]


def split_at_half(setup: Setup) -> Boxes:
    """Return x >= 0.5 and the rest, nobody contacted."""
    lo, hi = setup.start.lo.copy(), setup.start.hi.copy()
    lo[0, 0] = 1
    return Boxes(lo, hi, np.zeros(3, np.int8), 2)


def test_campaigns_are_searched_to_the_known_best() -> None:
    """On the half that pays, where the plan is put in place by two edits."""
    toy, setup = Toy(affinity=(0.0, 1.0)), toy_setup()
    plan = searched(toy, setup, split_at_half(setup))
    assert campaigns(plan) == [1, 0]
    assert (plan.edits, plan.tried) == (2, 3)
    pool = PopulationPool(toy.simulator, first_seed=1, count=4, n_customers=100)
    outcome = roll_out(Hold(), plan.setup, pool, range(4), against_twin=True)
    expected = 0.5 * gain(1.0) - 2 * setup.charges.edit / setup.horizon
    assert float(outcome.profit.mean()) == pytest.approx(expected, rel=1e-4)


def test_todays_segments_pay_only_for_the_campaigns_that_change() -> None:
    losing, paying, setup = Toy(affinity=(0.0, 0.0)), Toy(affinity=(1.0, 1.0)), toy_setup()
    assert searched(losing, setup, setup.start).edits == 0
    assert searched(paying, setup, setup.start).edits == 1


def test_the_search_never_makes_a_plan_worse() -> None:
    toy, setup = TIRED, toy_setup()
    pool = PopulationPool(toy.simulator, first_seed=TUNING_SEED, count=4, n_customers=100)

    def profit(campaign: Sequence[int]) -> float:
        plan = replace(setup, entry=replace(boxes, campaign=np.array(campaign, np.int8)))
        outcome = roll_out(Hold(), plan, pool, range(4), against_twin=True)
        return float(outcome.profit.mean())

    boxes = split_at_half(setup)
    for start in ([1, 1, 0], [0, 1, 0], [0, 0, 0]):
        begun = replace(boxes, campaign=np.array(start, np.int8))
        found = [*campaigns(searched(toy, setup, begun)), 0]
        assert profit(found) >= profit(start)
        assert profit(found) == max(profit([a, b, 0]) for a in (0, 1) for b in (0, 1))


def test_a_fair_plan_comes_before_a_richer_one() -> None:
    """All of one side or none: only the same for both sides keeps the gap within a tight tolerance."""
    toy = Toy(affinity=(0.1, 1.0))
    setup = toy_setup(tolerance=0.05)
    boxes = split_at_half(setup)
    assert campaigns(searched(toy, setup, boxes, fair=False)) == [1, 0]
    fair = campaigns(searched(toy, setup, boxes))
    assert fair[0] == fair[1]


@pytest.mark.parametrize("clusters", [1, 4, 9])
def test_clusters_become_boxes_that_hold_every_customer_once(monkeypatch: pytest.MonkeyPatch, clusters: int) -> None:
    rng = np.random.default_rng(2)
    grid = Grid(("a", "b", "c"), tuple(tuple(Cut(float(v)) for v in range(1, 1 + n)) for n in (4, 7, 2)))
    bins = np.column_stack([rng.integers(0, n + 1, 600) for n in (4, 7, 2)]).astype(np.uint8)
    empty = Boxes(np.zeros((6, 3), np.uint8), np.tile(grid.bins(), (6, 1)), np.zeros(6, np.int8), 1)
    setup = replace(toy_setup(), grid=grid, start=empty)
    monkeypatch.setattr(kmeans, "_sample", lambda simulator, setup: (bins, bins.astype(float)))
    found = kmeans_boxes(Toy().simulator, setup, clusters=clusters, seed=1)
    assert found.size == min(clusters, setup.max_segments)
    reached, below = bins[:, None] >= found.lo, bins[:, None] < found.hi  # (600, 6, 3)
    inside = np.asarray(np.logical_and(reached, below).all(axis=2))
    named = inside[:, : found.size - 1]
    assert named.sum(axis=1).max(initial=0) <= 1
    assert inside[:, found.size - 1].all()  # the default takes whom no box holds
    first = inside[:, : found.size].argmax(axis=1)
    assert set(first.tolist()) == set(range(found.size))  # nor is any box empty
    assert not found.campaign.any()


def test_clusters_are_at_most_as_many_as_customers_differ() -> None:
    boxes = kmeans_boxes(Toy().simulator, toy_setup(), clusters=6)
    assert boxes.size == 2
    again = kmeans_boxes(Toy().simulator, toy_setup(), clusters=6)
    np.testing.assert_array_equal(boxes.lo, again.lo)
