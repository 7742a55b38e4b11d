"""What a campaign brings when it is kept up, against plain NumPy, period by period, and against copies of the world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.envs.example import MakeWorld, random_rows

from evenhand.agents.lookahead import OTHER_LUCK, look_ahead
from evenhand.envs import Setup, World
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.envs.lasting import lasting_values
from evenhand.envs.rewards import organic_margin, remaining_value
from evenhand.simulator import Population

Parts = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def world(make_world: MakeWorld, setup: Setup) -> World:
    return make_world(setup, steps=4, twin=False)


def parts(world: World, p: Population, left: int) -> Parts:
    out: Parts = tuple(np.zeros_like(world.lift_part) for _ in range(3))  # type: ignore[assignment]
    state = world.sim.state
    lasting_values(
        state.trips, state.spend, world.pressure, state.consent, p.expected_hazard, p.expected_openness,
        world.expected_redeem, p.traits.affinity, p.expected_behaviour, p.expected_effects, left, *out,
    )  # fmt: skip
    return out


def test_in_the_last_period_it_is_the_value_of_a_contact(world: World) -> None:
    lift, redeem, _ = parts(world, world.population, left=1)
    np.testing.assert_allclose(lift, world.open_part[:, :, None] * world.lift_part, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(redeem, world.open_part[:, :, None] * world.redeem_part, rtol=1e-4, atol=1e-7)


def test_without_delayed_effects_every_period_is_like_the_first_and_nothing_comes_later(world: World) -> None:
    p = replace(world.population, expected_behaviour=world.population.expected_behaviour.copy())
    for name in (n for n in p.expected_behaviour.dtype.names or () if n.split("_")[0] in ("fatigue", "dependence")):
        p.expected_behaviour[name] = 0.0
    for name in ("satisfaction_churn", "unsubscribe_base"):
        p.expected_behaviour[name] = 0.0
    one, many = parts(world, p, left=1), parts(world, p, left=20)
    for a, b in zip(one, many, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert (many[2] == 0).all()


def test_money_and_strain_are_near_the_sums_over_every_period(world: World) -> None:
    """Pressure moves period by period here; taking it at its mean is within 3 per cent of the money, 10 of the strain.

    The strain goes on after the horizon, when nobody is contacted any more, until it has faded; there it is also what
    the tired would have answered.
    """
    p, n = replace(world.population, expected_behaviour=world.population.expected_behaviour.copy()), 22
    for name in ("unsubscribe_base", "dependence_wait", "satisfaction_churn"):
        p.expected_behaviour[name] = 0.0  # leaves the strain alone
    b = {
        name: p.expected_behaviour[name].astype(float)[:, None, None] for name in p.expected_behaviour.dtype.names or ()
    }
    pressure = world.pressure.astype(float)[:, :, None] + np.zeros_like(world.lift_part)
    rested, lift, strain = pressure.copy(), np.zeros_like(pressure), np.zeros_like(pressure)
    weight, hazard = p.expected_effects.weight[:, None].astype(float), p.expected_hazard.astype(float)[:, :, None]
    per_margin = organic_margin(p.traits, p.expected_behaviour)[:, :, None]
    believed = p.traits._replace(hazard=p.expected_hazard)
    at_rest = 1 / (1 + np.exp(-p.expected_openness[:, None, None]))
    later = b["contact_value"] * (b["fatigue_open"] * (1 - at_rest) + b["fatigue_lift"])
    for k in range(n + 40):
        contacted = k < n
        opening = 1 / (1 + np.exp(b["fatigue_open"] * pressure - p.expected_openness[:, None, None]))
        x = p.expected_effects.lift[:, None] * p.traits.affinity * np.exp(-b["fatigue_lift"] * pressure)
        lift += contacted * opening * world.organic[:, :, None] * (x + x * x / 2)
        stays = remaining_value(believed, p.expected_behaviour, periods=max(n - 1 - k, 0))[:, :, None] / per_margin
        risk = np.exp(b["fatigue_churn"] * pressure) - np.exp(b["fatigue_churn"] * rested)
        strain += hazard * risk * stays * world.organic[:, :, None]
        strain += (not contacted) * later * (pressure - rested) * world.organic[:, :, None]
        pressure = b["fatigue_decay"] * pressure + (1 - b["fatigue_decay"]) * weight * contacted
        rested = b["fatigue_decay"] * rested
    found_lift, _, burden = parts(world, p, left=n)
    channels = (world.sim.state.consent[:, :, None] >> p.effects.channel) & 1
    sent = channels * (np.arange(weight.shape[2]) > 0)
    assert n * (found_lift * sent).sum() == pytest.approx((lift * sent).sum(), rel=0.03)
    assert n * (burden * sent).sum() == pytest.approx((strain * sent).sum(), rel=0.1)


def test_it_foretells_what_copies_of_the_world_bring(make_world: MakeWorld, setup: Setup) -> None:
    """Copies live under the prior means; over all valid tweaks of four weeks the correlation is above 0.7. Seed 0."""
    k, told, brought = CANDIDATE_FEATURES.index("lasting"), [], []
    world, rng = make_world(setup, twin=False), np.random.default_rng(0)
    for _ in range(4):
        for e in range(2):
            rows = np.flatnonzero(world.mask[e])
            luck = rng.integers(1 << 62, size=2, dtype=np.uint64) | OTHER_LUCK
            values = look_ahead(world, e, rows, luck, periods=99, believed=True)
            edits = setup.charges.edit * (rows > 0)
            told.append(world.table[e, rows, k] * (setup.horizon - world.period))
            brought.append(values + edits)
        world.step(random_rows(world, rng))
    assert np.corrcoef(np.concatenate(told), np.concatenate(brought))[0, 1] > 0.7
