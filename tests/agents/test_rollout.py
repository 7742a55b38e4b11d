"""Policies on populations: the same customers, the same luck, whatever the batch."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from tests.agents.toy import Toy, gain, nobody_contacted, toy_greedy, toy_setup

from evenhand.agents import GreedyTuning, Hold, Outcomes, PopulationPool, RandomValid, no_contact_profit, roll_out
from evenhand.agents.feasible import FEASIBLE_SHARE, best_of, feasible_share, gaps_of, rank
from evenhand.agents.learning.checkpoints import CurvePoint
from evenhand.agents.rollout import reward_paths
from evenhand.envs import Parity, Setup
from evenhand.envs.boxes import Boxes, boxes_of


def outcomes(rates: np.ndarray, slacks: np.ndarray | None = None) -> Outcomes:
    zeros = np.zeros(len(rates))
    return Outcomes(
        zeros,
        zeros,
        zeros,
        zeros,
        zeros,
        zeros,
        rates=rates,
        converts=rates,
        rest=rates,
        slacks=np.zeros((len(rates), 0)) if slacks is None else slacks,
    )


def everyone_contacted(setup: Setup) -> Boxes:
    boxes = boxes_of(nobody_contacted(), setup.grid, max_segments=setup.max_segments)
    return replace(boxes, campaign=np.array([1, 0, 0], np.int8))


def test_a_pool_gives_the_same_population_and_luck_for_a_number(toy: Toy) -> None:
    kept = PopulationPool(toy.simulator, first_seed=5, count=3, n_customers=50)
    fresh = PopulationPool(toy.simulator, first_seed=5, count=3, n_customers=50, keep=False)
    assert kept(1) is kept(1)
    np.testing.assert_array_equal(kept(1).features, fresh(1).features)
    assert fresh(4).seed == kept(1).seed == 6
    assert len({kept.luck(k) for k in range(3)}) == 3
    assert PopulationPool(toy.simulator, first_seed=6, count=3, n_customers=50).luck(0) == kept.luck(1)


def test_a_roll_out_does_not_depend_on_the_size_of_a_batch(pool: PopulationPool, setup: Setup) -> None:
    policy = toy_greedy(setup, GreedyTuning(periods=2.0))
    whole = roll_out(policy, setup, pool, range(6))
    single = roll_out(policy, setup, pool, range(6), batch=1)
    for one in fields(Outcomes):
        np.testing.assert_array_equal(getattr(whole, one.name), getattr(single, one.name), err_msg=one.name)


def test_a_roll_out_repeats_itself_and_numbers_choose_the_populations(pool: PopulationPool, setup: Setup) -> None:
    done: list[int] = []
    once = roll_out(RandomValid(), setup, pool, range(6), batch=4, progress=done.append)
    again = roll_out(RandomValid(), setup, pool, range(6), batch=4)
    np.testing.assert_array_equal(once.profit, again.profit)
    assert done == [4, 6]
    part = roll_out(Hold(), setup, pool, [4, 2])
    np.testing.assert_array_equal(part.profit, roll_out(Hold(), setup, pool, range(6)).profit[[4, 2]])


def test_holding_is_worth_nothing_beyond_today(pool: PopulationPool, setup: Setup) -> None:
    outcome = roll_out(Hold(), setup, pool, range(6), against_twin=True)
    assert not outcome.profit.any()
    assert not outcome.edits.any()
    assert not reward_paths(Hold(), setup, pool).any()


def test_a_plan_that_enters_is_charged_by_its_edits(pool: PopulationPool, setup: Setup) -> None:
    plan = replace(setup, entry=everyone_contacted(setup))
    free = replace(plan, charges=replace(plan.charges, edit=0.0))
    for against_twin in (False, True):
        charged, not_charged = (
            roll_out(Hold(), one, pool, range(6), against_twin=against_twin) for one in (plan, free)
        )
        np.testing.assert_allclose(not_charged.profit - charged.profit, setup.charges.edit / setup.horizon)
        assert (charged.edits == 1).all()


def test_reward_paths_add_up_to_the_roll_out(pool: PopulationPool, setup: Setup) -> None:
    policy = toy_greedy(setup)
    paths = reward_paths(policy, setup, pool, batch=4)
    assert paths.shape == (6, setup.horizon)
    together = roll_out(policy, setup, pool, range(6), against_twin=True)
    np.testing.assert_allclose(paths.sum(axis=1) / setup.horizon, together.profit, atol=1e-12)


@pytest.mark.parametrize(("affinity", "sign"), [(1.0, 1), (0.0, -1)])
def test_contacting_everyone_beats_contacting_nobody_exactly_when_contacts_pay(affinity: float, sign: int) -> None:
    """Same luck, so what is between the two is the gain of a contact but for the rounding of trips."""
    toy, setup = Toy(affinity=(affinity, affinity)), toy_setup()
    pool = PopulationPool(toy.simulator, first_seed=1, count=8, n_customers=400)
    nobody = no_contact_profit(setup, pool, range(8))
    contacted = roll_out(Hold(), replace(setup, entry=everyone_contacted(setup)), pool, range(8)).profit
    assert np.sign(gain(affinity)) == sign
    assert (contacted - nobody).mean() + setup.charges.edit / setup.horizon == pytest.approx(gain(affinity), abs=0.004)
    np.testing.assert_allclose(roll_out(Hold(), setup, pool, range(8)).profit, nobody, atol=1e-6)


def test_the_gap_leaves_out_groups_without_members() -> None:
    nan = np.nan
    rates = np.array([[[0.1, 0.4, 0.9]], [[0.1, nan, 0.9]], [[nan, 0.4, nan]], [[nan, nan, nan]]])
    np.testing.assert_allclose(outcomes(rates).gap(0, (0, 1, 2)), [0.8, 0.8, 0.0, 0.0])
    np.testing.assert_allclose(outcomes(rates).gap(0, (0, 1)), [0.3, 0.0, 0.0, 0.0])


def test_rates_of_who_would_convert_are_measured_on_request(pool: PopulationPool, setup: Setup) -> None:
    """In the toy nobody redeems anything, so who would not convert is everyone; and measuring changes nothing."""
    plain, measured = (roll_out(RandomValid(), setup, pool, range(6), measure=m) for m in (False, True))
    assert np.isnan(plain.converts).all()
    assert np.isnan(plain.rest).all()
    np.testing.assert_allclose(measured.rest, measured.rates, atol=1e-6)
    assert not np.isnan(measured.converts[:, 0]).any()
    for name in ("profit", "slacks", "rates"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(measured, name))


def test_gaps_are_those_of_the_constrained_attribute() -> None:
    gaps = gaps_of(outcomes(np.array([[[0.1, 0.15]], [[0.1, 0.16]]])), Parity(0, (0, 1), 0.055))
    np.testing.assert_allclose(gaps, [0.05, 0.06])
    assert not gaps_of(outcomes(np.ones((2, 1, 2))), None).any()


def test_feasible_is_the_share_of_populations_in_which_every_constraint_holds() -> None:
    slacks = np.array([[-0.1, 0.0], [-0.1, 0.01], [0.02, -0.1], [-0.2, -0.1]])
    assert feasible_share(outcomes(np.ones((4, 1, 2)), slacks)) == 0.5
    assert feasible_share(outcomes(np.ones((4, 1, 2)))) == 1.0, "nothing is constrained"


def test_slacks_are_the_gap_of_each_pair_less_the_tolerance(pool: PopulationPool, setup: Setup) -> None:
    outcome, parity = roll_out(RandomValid(), setup, pool, range(6)), setup.parity
    assert parity is not None
    left, right = outcome.rates[:, 0].T
    expected = np.stack([left - right, right - left], axis=1) - parity.tolerance
    np.testing.assert_allclose(outcome.slacks, expected, atol=1e-12)
    assert setup.cost_names == ("parity: 0 over 1", "parity: 1 over 0")


def test_the_best_is_the_best_feasible_then_the_nearest_to_feasible() -> None:
    def point(steps: int, profit: float, feasible: float) -> CurvePoint:
        return CurvePoint(steps, profit, 0.0, feasible, 0.0)

    unfair, fair, better = point(0, 9.0, 0.5), point(1, 1.0, FEASIBLE_SHARE), point(2, 2.0, 0.95)
    assert best_of([unfair, fair, better]) is better
    assert best_of([unfair, fair, point(3, 1.5, 1.0)]).steps == 3
    assert best_of([fair, point(4, 0.5, 1.0)]) is fair  # fairer than feasible buys nothing
    assert best_of([unfair, point(5, -1.0, 0.6)]).steps == 5
    assert best_of([fair, point(6, 1.0, 1.0)]) is fair  # of equals the first
    assert rank(1.0, 3.0) == (FEASIBLE_SHARE, 3.0)
