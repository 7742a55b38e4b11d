"""The compiled period against its NumPy reference, the twin's equal luck, and what one period adds up to."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import pytest

from evenhand.simulator import Population, Simulation, State, stack
from evenhand.simulator.reference import advance_reference
from evenhand.simulator.types import Outcome

Maker = Callable[..., Population]
SMOOTHING = {"kept_trips": 0.92, "kept_spend": 0.85}


def _copy(outcome: Outcome) -> Outcome:
    return deepcopy(outcome)


@pytest.mark.parametrize("seed", range(6))
def test_kernel_equals_reference(make_population: Maker, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = make_population(
        150,
        seed,
        campaigns=int(rng.integers(2, 6)),
        dispersion=float(rng.uniform(0.5, 30)),
        drift_persistence=float(rng.uniform(0, 0.98)),
        fatigue_open=float(rng.uniform(0, 2)),
        fatigue_churn=float(rng.uniform(0, 2)),
        unsubscribe_base=0.03,
    )
    run = Simulation(p, np.array([seed], np.uint64))
    state = deepcopy(run.state)
    for period in range(30):
        given = rng.integers(0, p.effects.cost.shape[1], (1, 150)).astype(np.int8)
        state, expected = advance_reference(
            state, p.traits, p.behaviour[0], p.effects, p.season, given, seed, period, **SMOOTHING
        )
        out = run.advance(given)
        for name in Outcome._fields:
            np.testing.assert_allclose(getattr(out, name), getattr(expected, name), rtol=2e-3, atol=2e-3, err_msg=name)
        for name in State._fields:
            np.testing.assert_allclose(
                getattr(run.state, name), getattr(state, name), rtol=2e-3, atol=2e-3, err_msg=name
            )


def test_environments_do_not_touch_each_other(make_population: Maker) -> None:
    one, two = make_population(40, 1), make_population(40, 2)
    both = Simulation(stack([one, two]), np.array([11, 22], np.uint64))
    alone = Simulation(two, np.array([22], np.uint64))
    given = np.ones((2, 40), np.int8)
    for _ in range(5):
        joint, single = _copy(both.advance(given)), alone.advance(given[1:])
        np.testing.assert_array_equal(joint.profit[1], single.profit[0])


def test_the_twin_meets_the_same_luck(make_population: Maker) -> None:
    """Without delayed or immediate effects a contacted customer buys exactly what the twin buys."""
    p = make_population(500, 3, fatigue_churn=0.0, satisfaction_churn=0.0)
    zero = np.zeros_like(p.effects.lift)
    still = p.effects._replace(lift=zero, bonus=zero)
    traits = p.traits._replace(response=np.full_like(p.traits.response, -40))
    quiet = Population(**{**p.__dict__, "effects": still, "traits": traits})
    contacted, twin = (Simulation(quiet, np.array([9], np.uint64)) for _ in range(2))
    for _ in range(20):
        a = contacted.advance(np.full((1, 500), 1, np.int8))
        b = twin.advance(np.zeros((1, 500), np.int8))
        np.testing.assert_array_equal(a.trips, b.trips)
        np.testing.assert_array_equal(a.spend, b.spend)
        np.testing.assert_array_equal(a.lost, b.lost)


def test_contact_of_one_leaves_the_luck_of_others(make_population: Maker) -> None:
    p = make_population(100, 4)
    some, none = (Simulation(p, np.array([9], np.uint64)) for _ in range(2))
    given = np.zeros((1, 100), np.int8)
    given[0, :50] = 1
    for _ in range(10):
        a, b = some.advance(given), none.advance(np.zeros((1, 100), np.int8))
        np.testing.assert_array_equal(a.spend[0, 50:], b.spend[0, 50:])


def test_an_opened_offer_never_loses_trips_at_first(make_population: Maker) -> None:
    p = make_population(2_000, 5)
    with_offer, without = (Simulation(p, np.array([9], np.uint64)) for _ in range(2))
    a = with_offer.advance(np.ones((1, 2_000), np.int8))
    b = without.advance(np.zeros((1, 2_000), np.int8))
    assert (a.trips >= b.trips).all()
    assert a.trips.sum() > b.trips.sum()
    np.testing.assert_array_equal(a.trips[a.opened == 0], b.trips[a.opened == 0])


def test_expected_profit_is_the_mean_of_profit(make_population: Maker) -> None:
    """One period of 200,000 copies of a customer: five standard errors, fixed seed."""
    p = make_population(1, 6)
    n = 200_000
    many = Population(
        **{
            **p.__dict__,
            "traits": type(p.traits)(*(np.ascontiguousarray(np.repeat(t, n, 1)) for t in p.traits)),
            "consent": np.ones((1, n), np.uint8),
        }
    )
    for campaign in (0, 1):
        run = Simulation(many, np.array([5], np.uint64))
        out = run.advance(np.full((1, n), campaign, np.int8))
        error = out.profit.std() / np.sqrt(n)
        assert abs(out.profit.mean() - out.expected.mean()) < 5 * error + 1e-4


def test_contact_tires_and_rest_recovers(make_population: Maker) -> None:
    p = make_population(300, 7, fatigue_open=3.0, unsubscribe_base=0.0)
    stay = p.traits._replace(hazard=np.zeros_like(p.traits.hazard))
    p = Population(**{**p.__dict__, "traits": stay})
    often, rarely = (Simulation(p, np.array([9], np.uint64)) for _ in range(2))
    opens = np.zeros(2)
    for period in range(40):
        a = _copy(often.advance(np.ones((1, 300), np.int8)))
        b = rarely.advance(np.full((1, 300), int(period % 8 == 0), np.int8))
        if period % 8 == 0 and period > 0:
            opens += a.opened.sum(), b.opened.sum()
    assert opens[0] < 0.7 * opens[1]
    assert (often.state.fatigue > rarely.state.fatigue).all()


def test_who_left_or_objected_is_never_contacted(make_population: Maker) -> None:
    p = make_population(400, 8, unsubscribe_base=0.2, fatigue_churn=2.0)
    run = Simulation(p, np.array([9], np.uint64))
    for _ in range(30):
        before = (run.state.consent == 1) & (run.state.churned == 0)
        gone = run.state.churned == 1
        out = run.advance(np.ones((1, 400), np.int8))
        np.testing.assert_array_equal(out.contacted == 1, before)
        assert not out.spend[gone].any()
    assert (run.state.consent == 0).mean() > 0.5
