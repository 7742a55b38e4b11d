"""What a business estimates, against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.envs.example import MakeWorld, random_rows

from evenhand.envs import Setup, World
from evenhand.envs.estimates import OPEN_PRIOR, REDEEM_PRIOR
from evenhand.envs.views import Funnel
from evenhand.simulator import Outcome


@pytest.fixture
def world(make_world: MakeWorld, setup: Setup) -> World:
    return make_world(setup, steps=4, twin=False)


def test_the_value_of_a_contact(world: World) -> None:
    p, state = world.population, world.sim.state
    b = {name: p.expected_behaviour[name][:, None].astype(float) for name in p.expected_behaviour.dtype.names or ()}
    x = (
        p.expected_effects.lift[:, None, :]
        * p.traits.affinity
        * np.exp(-b["fatigue_lift"] * world.pressure)[:, :, None]
    )
    basket = (b["margin_rate"] * state.spend)[:, :, None]
    money = (
        basket * p.expected_effects.bonus[:, None]
        - b["discount_share"][:, :, None] * p.expected_effects.discount[:, None]
    )
    reached = state.consent != 0
    opening = reached / (1 + np.exp(b["fatigue_open"] * world.pressure - p.expected_openness[:, None]))
    redeem = 1 / (1 + np.exp(-p.expected_response.astype(float)))
    assert not reached.all()
    np.testing.assert_allclose(world.open_part, opening, rtol=2e-5)
    exact = reached[:, :, None] * basket * state.trips[:, :, None] * np.expm1(x)
    np.testing.assert_allclose(world.lift_part[:, :, 1:], exact[:, :, 1:], rtol=5e-3, atol=1e-6)  # second order
    redeemed = reached[:, :, None] * redeem * money
    np.testing.assert_allclose(world.redeem_part[:, :, 1:], redeemed[:, :, 1:], rtol=1e-3, atol=1e-6)
    assert (world.lift_part[:, :, 0] == 0).all()
    assert (world.redeem_part[:, :, 0] == 0).all()


def test_each_segments_ratio_is_a_gamma_posterior_mean(world: World) -> None:
    for e in range(2):
        for s in range(int(world.size[e])):
            who = world.first[e] == s
            seen, hoped = world.opens[e, who].sum(), world.open_hope[e, who].sum()
            assert world.open_ratio[e, s] == pytest.approx((OPEN_PRIOR + seen) / (OPEN_PRIOR + hoped), rel=1e-5)
            for c in range(1, world.redeem_ratio.shape[2]):
                seen, hoped = world.redeems[e, who, c].sum(), world.redeem_hope[e, who, c].sum()
                ratio = (REDEEM_PRIOR + seen) / (REDEEM_PRIOR + hoped)
                assert world.redeem_ratio[e, s, c] == pytest.approx(ratio, rel=1e-5)
                assert world.redeem_sd[e, s, c] == pytest.approx(np.sqrt(ratio / (REDEEM_PRIOR + hoped)), rel=1e-5)


def _told(world: World) -> Funnel:
    """Return what each segment answered, added up by plain NumPy from the log of the world's own customers."""
    sums = Funnel.zero(world.redeem_ratio.shape)
    for e in range(len(world.size)):
        for s in range(int(world.size[e])):
            who = world.first[e] == s
            sums.opens[e, s], sums.open_hope[e, s] = world.opens[e, who].sum(), world.open_hope[e, who].sum()
            sums.redeems[e, s, 1:] = world.redeems[e, who, 1:].sum(axis=0)
            sums.redeem_hope[e, s, 1:] = world.redeem_hope[e, who, 1:].sum(axis=0)
    return sums


@given(seed=st.integers(0, 2**32), steps=st.integers(0, 3))
@hypothesis_settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_statistics_added_up_elsewhere_give_the_same_view_as_the_worlds_own(
    make_world: MakeWorld, odd_setup: Setup, seed: int, steps: int
) -> None:
    world = make_world(odd_setup, steps=steps, seed=seed, twin=False)
    seen = (world.table.copy(), world.mask.copy(), world.decode.copy(), world.observation.copy())
    told = _told(world)
    for mine, other in zip(world.funnel, told, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5)  # NumPy adds in another order
    own = Funnel(*(counts.copy() for counts in world.funnel))
    world.look_at(Funnel(*(counts + np.float32(5) for counts in told)))
    assert not np.array_equal(world.observation, seen[3])
    world.look_at(own)
    for before, after in zip(seen, (world.table, world.mask, world.decode, world.observation), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_funnel_counts_what_was_sent_opened_and_redeemed(make_world: MakeWorld, setup: Setup) -> None:
    world, rng = make_world(setup, twin=False), np.random.default_rng(0)
    opens, redeems, sends = world.opens.copy(), world.redeems.copy(), world.sends.copy()
    for _ in range(3):
        before = world.sim.state.consent.copy()
        world.step(random_rows(world, rng))
        out: Outcome = world.sim.outcome
        sent = (world.given > 0) & (before != 0)
        np.testing.assert_array_equal(world.sent != 0, sent)
        sends += sent
        opens += out.opened
        for c in range(redeems.shape[2]):
            redeems[:, :, c] += out.redeemed * (world.given == c)
    np.testing.assert_array_equal(world.sends, sends)
    np.testing.assert_array_equal(world.opens, opens)
    np.testing.assert_array_equal(world.redeems, redeems)


def test_pressure_is_the_fatigue_of_the_log_of_sends_at_the_prior_means(make_world: MakeWorld, setup: Setup) -> None:
    world, rng = make_world(setup, twin=False), np.random.default_rng(0)
    p, pressure = world.population, world.pressure.astype(float)
    kept = p.expected_behaviour["fatigue_decay"][:, None].astype(float)
    for _ in range(5):
        world.step(random_rows(world, rng))
        weight = np.take_along_axis(p.expected_effects.weight, world.given.astype(np.int64), axis=1)
        pressure = kept * pressure + (1 - kept) * weight * world.sent
    np.testing.assert_allclose(world.pressure, pressure, rtol=1e-5, atol=1e-7)
    assert np.abs(world.pressure - world.sim.state.fatigue).max() > 1e-3  # the customer's own is another, and latent
