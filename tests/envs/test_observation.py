"""Only what a business can see is observed, and it is what its name says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.envs.example import MakeWorld, random_rows

from evenhand.envs import Setup, World
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.envs.observation import CANDIDATE_SCALE, GLOBAL_FEATURES, SEGMENT_FEATURES, names
from evenhand.simulator import Population
from evenhand.simulator.types import LEFT


def strange(p: Population) -> Population:
    """Return the same customers to look at who are others inside."""
    traits, effects = p.traits, p.effects
    behaviour = p.behaviour.copy()
    for name in behaviour.dtype.names or ():
        behaviour[name] *= np.float32(0.7)
    return replace(
        p,
        seed=p.seed + 1,
        traits=traits._replace(
            openness=traits.openness + 1,
            interest=traits.interest - 1,
            hazard=traits.hazard * 3,
            rate=traits.rate * 2,
            basket=traits.basket * np.float32(0.5),
            basket_sd=traits.basket_sd * np.float32(0.5),
        ),
        effects=effects._replace(
            lift=effects.lift * 2, bonus=effects.bonus * np.float32(0.5), weight=effects.weight * 0.5
        ),
        behaviour=behaviour,
        season=p.season[:, ::-1].copy(),
    )


def test_customers_who_differ_only_inside_look_the_same_before_anything_happened(
    populations: list[Population], setup: Setup
) -> None:
    """Without a warm-up nothing was sent and nobody bought; smoothed habits, which are seen, are set equal."""
    fresh, looks = replace(setup, warmup=0), []
    for population in (populations[0], strange(populations[0])):
        world = World(fresh)
        world.reset([population], np.array([3], np.uint64))
        world.sim.state.trips[:] = populations[0].traits.rate
        world.sim.state.spend[:] = populations[0].traits.basket
        world._refresh()
        world._assign()
        world.look()
        looks.append((world.observation.copy(), world.mask.copy(), world.decode.copy()))
    for one, other in zip(*looks, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["drift", "fatigue", "satisfaction", "taste", "dependence", "absent", "contacts"])
def test_hidden_state_does_not_reach_the_observation(name: str, make_world: MakeWorld, setup: Setup) -> None:
    """Fatigue is what sends did to the customer; contacts leave out those to people who had silently left."""
    world = make_world(setup, steps=3)
    before = world.observation.copy()
    hidden = getattr(world.sim.state, name)
    hidden[:] = (1 - hidden).astype(hidden.dtype)
    world._refresh()
    world._assign()
    world.look()
    np.testing.assert_array_equal(world.observation, before)


def test_traits_and_true_effects_do_not_reach_the_observation(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(setup, steps=3)
    before, affinity = world.observation.copy(), world.population.traits.affinity  # seen in the customers' baskets
    world.population = strange(world.population)
    assert world.population.traits.affinity is affinity
    world._refresh()
    world._assign()
    world.look()
    np.testing.assert_array_equal(world.observation, before)


def test_who_left_silently_still_counts_as_sent_to(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(setup, twin=False)
    world.sim.state.absent[:] = LEFT
    world.step(np.zeros(2, np.int64))
    rate = world.observation[:, GLOBAL_FEATURES.index("contact_rate")]
    np.testing.assert_array_equal(world.sim.outcome.contacted, world.sent)
    assert not world.sim.outcome.trips.any()
    np.testing.assert_allclose(rate, ((world.given > 0) & (world.sim.state.consent != 0)).mean(axis=1), rtol=1e-6)
    assert (rate > 0.2).all()


def test_every_entry_has_a_name(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(setup)
    said = names(setup.max_segments, ("none", "A", "B", "C"))
    assert world.observation.shape == (2, len(said)) == (2, world.observation_size)
    assert len(set(said)) == len(said)
    assert len(CANDIDATE_SCALE) == len(CANDIDATE_FEATURES)


def test_entries_are_what_their_names_say(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(setup, steps=6)
    state, p, t = world.sim.state, world.population, world.totals
    seen = dict(zip(names(setup.max_segments, ("none", "A", "B", "C")), world.observation.T, strict=True))
    assert seen["time_left"] == pytest.approx(1 - 6 / setup.horizon)
    assert seen["reachable"] == pytest.approx((state.consent != 0).mean(axis=1))
    assert seen["fatigue"] == pytest.approx(world.pressure.mean(axis=1), rel=1e-5)
    assert seen["segments"] == pytest.approx(world.size / setup.max_segments)
    assert setup.parity is not None
    a, groups = setup.parity.attribute, list(setup.parity.groups)
    rates = t.benefits[:, a, groups] / world.members[:, a, groups] / 6
    worst = (rates.max(axis=1) - rates.min(axis=1)) / setup.parity.tolerance - 1.0
    assert seen["slack_so_far"] == pytest.approx(0.5 * worst, rel=1e-4)
    organic = p.expected_behaviour["margin_rate"][:, None] * state.trips * state.spend
    for s in range(setup.max_segments):
        for e in range(2):
            who = world.first[e] == s
            entry = {name: seen[f"segment[{s}].{name}"][e] for name in SEGMENT_FEATURES}
            if s >= world.size[e]:
                assert set(entry.values()) == {0.0}
                continue
            assert (entry["used"], entry["share"]) == (1.0, pytest.approx(who.mean()))
            if who.any():
                assert entry["recency"] == pytest.approx(state.recency[e, who].mean() / 5, rel=1e-4)
                assert entry["trips"] == pytest.approx(state.trips[e, who].mean(), rel=1e-4)
                assert entry["organic"] == pytest.approx(organic[e, who].mean() / organic[e].mean() / 2, rel=1e-4)
    table = world.observation[:, -world.table[0].size :].reshape(world.table.shape)
    money = np.array([name in ("gain", "gain_sd", "net_if_kept", "lasting") for name in CANDIDATE_FEATURES])
    scale = np.where(money, CANDIDATE_SCALE / setup.unit, CANDIDATE_SCALE)
    np.testing.assert_allclose(table, world.table * scale, rtol=1e-5)


def test_a_population_without_any_known_member_has_no_gap(populations: list[Population], setup: Setup) -> None:
    unknown = replace(populations[0], groups=np.full_like(populations[0].groups, -1))
    world = World(setup)
    world.reset([unknown], np.array([1], np.uint64))
    _, cost, _ = world.step(np.zeros(1, np.int64))
    assert np.isfinite(world.observation).all()
    assert world.observation[0, GLOBAL_FEATURES.index("slack_so_far")] == -0.5
    assert setup.parity is not None
    np.testing.assert_allclose(cost, -setup.parity.tolerance / setup.horizon)


def test_without_a_constraint_nothing_is_constrained(make_world: MakeWorld, setup: Setup) -> None:
    world, rng = make_world(replace(setup, constraints=())), np.random.default_rng(0)
    _, cost, _ = world.step(random_rows(world, rng))
    assert cost.shape == (2, 0)
    assert (world.allowed() == (world.mask != 0)).all()
    assert np.isfinite(world.observation).all()


def test_what_a_business_expects_is_the_same_whatever_was_drawn(populations: list[Population]) -> None:
    """Nothing was sent yet in any of them; `strange` above leaves what is expected alone, so it cannot see this."""
    expected = np.array([p.expected_openness[0] for p in populations])
    np.testing.assert_allclose(expected, expected[0])
