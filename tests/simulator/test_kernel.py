"""The compiled period against its NumPy reference, the twin's equal luck, and what one period adds up to."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import expit

from evenhand.simulator import Population, Simulation, State, population, stack
from evenhand.simulator.reference import advance_reference
from evenhand.simulator.surroundings import surroundings
from evenhand.simulator.types import HERE, LEFT, Outcome

Maker = Callable[..., Population]
KEPT = {"kept_trips": population.KEPT_TRIPS, "kept_spend": population.KEPT_SPEND}


def _everything_on(make_population: Maker, seed: int, *, campaigns: int | None = None) -> Population:
    """A population with every effect switched on, at random strengths."""
    rng = np.random.default_rng([seed, 77])
    between = {
        "zero_inflation": (0, 0.3), "drift_persistence": (0, 0.98), "drift_sd": (0, 0.8),
        "taste_persistence": (0, 0.98), "taste_sd": (0, 1), "fatigue_open": (0, 2), "fatigue_churn": (0, 2),
        "unsubscribe_base": (0, 0.05), "dependence_wait": (0, 1), "dependence_redeem": (0, 1),
        "return_base": (0, 0.1), "return_contact": (0, 0.2), "arrival": (0, 0.2), "replacement": (0, 0.2),
        "contact_cap": (0.3, 1), "consumption_cap": (1, 4), "weather_persistence": (0, 0.9),
        "weather_trips": (-0.3, 0.3), "shock_chance": (0, 0.2), "shock_size": (-0.5, 0.5), "shock_decay": (0, 0.9),
    }  # fmt: skip
    behaviour = {name: float(rng.uniform(*ends)) for name, ends in between.items()}
    n = 1_000
    p = make_population(n, seed, campaigns=campaigns or int(rng.integers(2, 6)), **behaviour)
    season = rng.uniform(0.7, 1.3, (1, 52)).astype(np.float32)
    hazard = p.traits.hazard * np.float32(10)
    return replace(
        p,
        traits=p.traits._replace(hazard=hazard),
        season=season,
        consent=rng.integers(0, 16, (1, n)).astype(np.uint8),
        absent=(2 * (rng.random((1, n)) < 0.2)).astype(np.uint8),
    )


@pytest.mark.parametrize("seed", range(50))
def test_kernel_and_reference_agree_on_every_bit(make_population: Maker, seed: int) -> None:
    """50 random populations of 1,000 customers, 30 periods, every field of state and outcome."""
    p, rng = _everything_on(make_population, seed), np.random.default_rng(seed)
    seeds = np.array([seed], np.uint64)
    run = Simulation(p, seeds)
    state = deepcopy(run.state)
    for period in range(30):
        given = rng.integers(0, p.effects.cost.shape[1], (1, p.size)).astype(np.int8)
        around = surroundings(p.behaviour, p.season, seeds, period)
        state, expected = advance_reference(
            state, p.traits, p.behaviour[0], p.effects, p.consent, given, seed, period,
            log_factor=around.log_factor[0], weather=around.weather[0], **KEPT,
        )  # fmt: skip
        out = run.advance(given)
        for name in Outcome._fields:
            np.testing.assert_array_equal(getattr(out, name), getattr(expected, name), err_msg=f"{name}, {period}")
        for name in State._fields:
            np.testing.assert_array_equal(getattr(run.state, name), getattr(state, name), err_msg=f"{name}, {period}")
    for name in ("trips", "expected", "leaving"):
        assert np.isfinite(getattr(out, name)).all()


def test_every_effect_happens(make_population: Maker) -> None:
    """The populations that the reference is compared on reach every event, or their agreement would say little."""
    seen = dict.fromkeys(Outcome._fields, 0.0)
    for seed in range(3):
        run = Simulation(_everything_on(make_population, seed), np.array([seed], np.uint64))
        for _ in range(30):
            out = run.advance(np.full((1, 1_000), 1, np.int8))
            for name in Outcome._fields:
                seen[name] += float(np.abs(getattr(out, name)).sum())
    assert min(seen.values()) > 0, seen


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_and_batches_do_not_change_a_bit(make_population: Maker, threads: int) -> None:
    ones = [_everything_on(make_population, seed, campaigns=3) for seed in (0, 1)]
    seeds = np.array([11, 22], np.uint64)
    batch = Simulation(stack(ones), seeds, threads=threads)
    singles = [Simulation(p, seeds[e : e + 1]) for e, p in enumerate(ones)]
    given = np.random.default_rng(0).integers(0, 3, (2, 1_000)).astype(np.int8)
    for _ in range(5):
        joint = batch.advance(given)
        for e, single in enumerate(singles):
            alone = single.advance(given[e : e + 1])
            for name in Outcome._fields:
                np.testing.assert_array_equal(getattr(joint, name)[e], getattr(alone, name)[0], err_msg=name)
            for name in State._fields:
                np.testing.assert_array_equal(getattr(batch.state, name)[e], getattr(single.state, name)[0])


def test_environments_do_not_touch_each_other(make_population: Maker) -> None:
    one, two = make_population(40, 1), make_population(40, 2)
    both = Simulation(stack([one, two]), np.array([11, 22], np.uint64))
    alone = Simulation(two, np.array([22], np.uint64))
    given = np.ones((2, 40), np.int8)
    for _ in range(5):
        joint, single = deepcopy(both.advance(given)), alone.advance(given[1:])
        np.testing.assert_array_equal(joint.profit[1], single.profit[0])


def test_the_twin_meets_the_same_luck(make_population: Maker) -> None:
    """Without delayed or immediate effects a contacted customer buys exactly what the twin buys."""
    p = make_population(500, 3, fatigue_churn=0.0, satisfaction_churn=0.0)
    zero = np.zeros_like(p.effects.lift)
    still = p.effects._replace(lift=zero, bonus=zero)
    traits = p.traits._replace(interest=np.full_like(p.traits.interest, -40))
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
            "consent": np.full((1, n), 15, np.uint8),
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
        a = deepcopy(often.advance(np.ones((1, 300), np.int8)))
        b = rarely.advance(np.full((1, 300), int(period % 8 == 0), np.int8))
        if period % 8 == 0 and period > 0:
            opens += a.opened.sum(), b.opened.sum()
    assert opens[0] < 0.7 * opens[1]
    assert (often.state.fatigue > rarely.state.fatigue).all()


def test_who_objects_to_a_channel_is_contacted_by_the_others_only(make_population: Maker) -> None:
    p = make_population(400, 8, unsubscribe_base=0.2)
    run = Simulation(p, np.array([9], np.uint64))
    for period in range(30):
        campaign = 1 + period % 2
        before = (run.state.consent >> p.effects.channel[campaign]) & 1
        others = run.state.consent & ~(1 << p.effects.channel[campaign])
        out = run.advance(np.full((1, 400), campaign, np.int8))
        np.testing.assert_array_equal(out.contacted, before)
        np.testing.assert_array_equal(run.state.consent & ~(1 << p.effects.channel[campaign]), others)
        assert (run.state.consent[out.unsubscribed == 1] >> p.effects.channel[campaign] & 1 == 0).all()
    assert (run.state.consent & 6 == 0).mean() > 0.5
    assert (run.state.consent & 9 == 9).all()


def test_who_left_still_costs_contacts_and_buys_nothing(make_population: Maker) -> None:
    """A business does not see who left without a word."""
    p = make_population(400, 8, unsubscribe_base=0.0)
    run = Simulation(p, np.array([9], np.uint64))
    run.state.absent[0, ::2] = LEFT
    out = run.advance(np.ones((1, 400), np.int8))
    assert out.contacted.all()
    assert not out.spend[0, ::2].any()
    assert not out.redeemed[0, ::2].any()
    np.testing.assert_array_equal(out.profit[0, ::2], -p.effects.cost[0, 1])
    np.testing.assert_array_equal(out.expected[0, ::2], -p.effects.cost[0, 1])


def test_an_opened_offer_wins_back(make_population: Maker) -> None:
    p = make_population(4_000, 9, return_base=0.01, return_contact=0.3)
    asked, unasked = (Simulation(p, np.array([9], np.uint64)) for _ in range(2))
    back = []
    for run, campaign in ((asked, 1), (unasked, 0)):
        run.state.absent[:] = LEFT
        out = run.advance(np.full((1, 4_000), campaign, np.int8))
        back.append(out.joined.mean())
        assert (run.state.absent[out.joined == 1] == HERE).all()
    assert back[1] == pytest.approx(0.01, abs=4 * np.sqrt(0.01 / 4_000))
    assert back[0] == pytest.approx(0.01 + 0.3 * out_share(p), abs=0.03)


def out_share(p: Population) -> float:
    """Return the chance that a contact by campaign 1 arrives and is opened by rested customers."""
    return float((p.effects.delivery[0, 1] * expit(p.traits.openness[..., 1])).mean())


def test_replacement_keeps_the_population_constant(make_population: Maker) -> None:
    p = make_population(2_000, 10, replacement=1.0, fatigue_churn=2.0)
    run = Simulation(p, np.array([9], np.uint64))
    for _ in range(60):
        out = run.advance(np.ones((1, 2_000), np.int8))
        assert (run.state.absent == HERE).sum() == 2_000 - out.lost.sum()
    new = out.joined[0] == 1
    assert new.any()
    assert not run.state.fatigue[0, new].any()
    assert not run.state.contacts[0, new].any()
    np.testing.assert_array_equal(run.state.trips[0, new], p.traits.rate[0, new])


def test_new_customers_arrive_whatever_is_sent(make_population: Maker) -> None:
    """Who is yet to come arrives by their own luck: the same customers in a world and its twin."""
    p = make_population(1_000, 11, arrival=0.1)
    stay = p.traits._replace(hazard=np.zeros_like(p.traits.hazard))
    p = replace(p, traits=stay, absent=np.full((1, 1_000), 2, np.uint8))
    one, twin = (Simulation(p, np.array([9], np.uint64)) for _ in range(2))
    for _ in range(20):
        a, b = deepcopy(one.advance(np.ones((1, 1_000), np.int8))), twin.advance(np.zeros((1, 1_000), np.int8))
        np.testing.assert_array_equal(a.joined, b.joined)
    assert (twin.state.absent == HERE).mean() == pytest.approx(1 - 0.9**20, abs=0.05)


def test_who_redeems_discounts_waits_for_the_next(make_population: Maker) -> None:
    p = make_population(4_000, 12, dependence_decay=0.9, dependence_wait=2.0, dependence_redeem=0.0)
    hooked, free = (Simulation(p, np.array([9], np.uint64)) for _ in range(2))
    hooked.state.dependence[:] = 0.5
    a, b = (deepcopy(run.advance(np.zeros((1, 4_000), np.int8))) for run in (hooked, free))
    assert a.trips.sum() / b.trips.sum() == pytest.approx(np.exp(-1.0), rel=0.05)
    np.testing.assert_allclose(hooked.state.dependence, 0.45, rtol=1e-6)
    out = free.advance(np.ones((1, 4_000), np.int8))
    assert (free.state.dependence[out.redeemed == 1] > 0).all()


def test_caps_withhold_contact(make_population: Maker) -> None:
    p = make_population(500, 13, contact_cap=0.5, consumption_cap=1.5)
    run = Simulation(p, np.array([9], np.uint64))
    run.state.fatigue[0, :100] = 0.6
    run.state.trips[0, 100:200] = 1.6 * p.traits.rate[0, 100:200]
    out = run.advance(np.ones((1, 500), np.int8))
    assert not out.contacted[0, :200].any()
    assert out.contacted[0, 200:].all()


def test_delivery_bounds_the_funnel(make_population: Maker) -> None:
    p = make_population(20_000, 14)
    out = Simulation(p, np.array([9], np.uint64)).advance(np.ones((1, 20_000), np.int8))
    chain = [out.contacted, out.delivered, out.opened, out.clicked, out.redeemed]
    for more, fewer in pairwise(chain):
        assert (more >= fewer).all()
        assert more.sum() > fewer.sum()
    assert out.delivered.mean() == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 20_000))
    assert out.opened.mean() == pytest.approx(out_share(p), abs=0.015)
    assert (out.visited >= out.clicked).all()
    assert (out.visited[out.trips > 0] == 1).all()
