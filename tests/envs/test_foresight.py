"""What every candidate is foretold to do to every kind of constraint, against the oracle that applies each tweak."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from tests.envs.example import begin
from tests.envs.oracle import Oracle

from evenhand.envs import Cap, Floor, Parity, Setup, World, build_setup
from evenhand.envs.compiling import Asked
from evenhand.envs.foresight import DRIFT
from evenhand.fairness import (
    ContactCap,
    CoverageFloor,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GroupParity,
    SpendCap,
    UnsubscribeCap,
)
from evenhand.segments import Segmentation
from evenhand.simulator import Population, Simulator

ASKED: dict[str, Asked] = {
    "opportunity": EqualOpportunity("age"),
    "odds": EqualizedOdds("income"),
    "floor": CoverageFloor(0.3, "age"),
    "contacts": ContactCap(0.5),
    "unsubscribes": UnsubscribeCap(0.001),
    "spend": SpendCap(0.05),
}


def exploring(world: World, e: int, campaign: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """Return what each customer is expected to get of something that campaigns carry, `dose` (C,) or (N, C)."""
    each = np.broadcast_to(dose, (len(campaign), dose.shape[-1]))
    explore, ok = world.setup.explore, world.sim.state.consent[e] != 0
    got = each[np.arange(len(campaign)), campaign]
    return np.asarray(ok * ((1 - explore) * got + explore * each.mean(axis=1)))


class Foreteller:
    """One environment of a world, its slacks foretold customer by customer, in the bounds that the shield has."""

    def __init__(self, world: World, e: int) -> None:
        p = world.population
        self.world, self.e = world, e
        self.contact = (np.arange(p.effects.beneficial.size) > 0).astype(float)
        self.beneficial = p.effects.beneficial.astype(float)
        b = p.expected_behaviour[e]
        hazard = b["unsubscribe_base"] * np.exp(b["fatigue_unsubscribe"] * world.pressure[e].astype(float))
        n_left = world.totals.unsubscribed[e] * len(hazard) + 10
        self.hazard = hazard * (n_left + 1.645 * np.sqrt(n_left)) / (world.foresight.hoped[e] + 10)
        first = world.first[e]
        ratio = (world.redeem_ratio[e] + 1.645 * world.redeem_sd[e])[first]
        opened = world.open_part[e] * world.open_ratio[e, first]
        paid = opened[:, None] * ratio * world.expected_redeem[e] * b["discount_share"] * p.expected_effects.discount[e]
        self.paid = np.where(self.contact > 0, p.expected_effects.cost[e] + paid, 0.0)

    def amount(self, cap: Cap, campaign: np.ndarray) -> float:
        delivery = self.world.population.expected_effects.delivery[self.e]
        dose = {
            "contacts": self.contact,
            "unsubscribed": self.hazard[:, None] * (self.contact * delivery),
            "spend": self.paid,
        }[cap.field]
        return float(exploring(self.world, self.e, campaign, dose).mean())

    def rates(self, constraint: Parity | Floor, campaign: np.ndarray) -> np.ndarray:
        among = constraint.among if isinstance(constraint, Parity) else "everyone"
        belief = self.world.belief[self.e].astype(float) if among != "everyone" else np.ones(len(campaign))
        weight = 1 - belief if among == "rest" else belief
        got = exploring(self.world, self.e, campaign, self.beneficial)
        codes = self.world.groups[self.e, :, constraint.attribute]
        return np.array([(weight * got)[codes == k].sum() / weight[codes == k].sum() for k in constraint.groups])

    def worst(self, campaign: np.ndarray) -> float:
        s, found = self.world.setup, list[float]()
        ahead = (s.horizon - self.world.period) / s.horizon
        so_far = iter(self.world.foresight.seen[self.e])
        for c in s.constraints:
            if isinstance(c, Parity):
                r = self.rates(c, campaign)
                beyond = [r[g] - r[h] - c.tolerance for g, h in permutations(range(len(r)), 2)]
            elif isinstance(c, Floor):
                beyond = list(c.least - self.rates(c, campaign))
            else:
                assert isinstance(c, Cap)
                beyond = [self.amount(c, campaign) - c.most]
            found += [(next(so_far) + ahead * x) / c.scale for x in beyond]
        return max(found)


@pytest.mark.parametrize("names", [*((name,) for name in ASKED), tuple(n for n in ASKED if n != "odds")], ids="+".join)
def test_every_row_foretells_the_worst_slack(
    names: tuple[str, ...], simulator: Simulator, today: Segmentation, populations: list[Population]
) -> None:
    setup = build_setup(simulator, today, constraints=[ASKED[name] for name in names], horizon=12)
    world = begin(setup, populations[:2], steps=4, seed=2)
    for e in range(2):
        oracle, teller = Oracle(world, e), Foreteller(world, e)
        valid = np.flatnonzero(world.mask[e])
        assert len(valid) > 20
        foretold = [teller.worst(oracle.segments_after(world.decode[e, m])[1]) for m in valid]
        np.testing.assert_allclose(world.slack[e, valid], foretold, rtol=2e-4, atol=2e-4)
        assert np.ptp(foretold) > 0.01, "tweaks differ in what they do to it"


@pytest.mark.parametrize("asked", [DemographicParity("age"), EqualOpportunity("age")])
def test_what_was_seen_so_far_is_all_that_is_foretold_at_the_end(
    asked: GroupParity, simulator: Simulator, today: Segmentation, populations: list[Population]
) -> None:
    """Parity of benefits is seen exactly; who would convert is believed, and that belief is all that enters."""
    world = begin(build_setup(simulator, today, constraints=[asked], horizon=4), populations[:2])
    total, done = np.zeros(world.foresight.seen.shape), False
    while not done:
        _, costs, done = world.step(np.zeros(2, np.int64))
        total += costs
    np.testing.assert_allclose(world.slack[:, 0], world.foresight.seen.max(axis=1) / asked.tolerance, rtol=1e-6)
    exact = np.allclose(total, world.foresight.seen, atol=1e-9)
    assert exact == isinstance(asked, DemographicParity)


def test_the_shield_lets_through_what_keeps_every_limit(
    simulator: Simulator, today: Segmentation, populations: list[Population]
) -> None:
    asked: list[Asked] = [DemographicParity("age"), ContactCap(0.6)]
    setup: Setup = build_setup(simulator, today, constraints=asked)
    world = begin(setup, populations[:2], steps=3)
    foretold, valid = world.foresight.foretell(world), world.mask != 0
    distance = 2 * world.foresight.luck(world) + [0.02, 0.02, 0.05]
    assert (distance[:, :2] > 0.03).all()
    assert (distance[:, 2] < 0.06).all()  # the draws hardly move all contacts together
    for e in range(2):
        guarded = (foretold[e] + distance[e]).max(axis=1)
        inside = valid[e] & (guarded <= 1e-5)
        expected = inside if inside.any() else valid[e] & (guarded <= guarded[valid[e]].min() + 1e-5)
        np.testing.assert_array_equal(world.allowed()[e], expected)


def test_the_shield_keeps_its_distance_by_the_size_of_the_groups_and_never_more_than_half(
    simulator: Simulator, today: Segmentation
) -> None:
    """Four times the customers, half the distance beside what drift needs, which is all without exploration."""
    setup = build_setup(simulator, today, constraints=[DemographicParity("age")])

    def distances(n: int, changed: Setup = setup) -> np.ndarray:
        world = begin(changed, [simulator.population(seed=7, n=n)])
        return np.asarray(world.foresight.distance(world)[0])

    few, many = distances(500) - DRIFT, distances(2000) - DRIFT
    np.testing.assert_allclose(few / many, 2.0, rtol=0.25)
    assert (distances(20) <= 0.5).all()
    assert (distances(20, replace(setup, shield_sds=100.0)) == 0.5).all()
    assert (distances(500, replace(setup, explore=0.0)) == DRIFT).all()


def test_what_rests_on_estimates_is_kept_a_twentieth_away_at_least(simulator: Simulator, today: Segmentation) -> None:
    for asked in (ContactCap(0.5), UnsubscribeCap(0.001), SpendCap(0.05)):
        setup = build_setup(simulator, today, constraints=[asked])
        world = begin(setup, [simulator.population(seed=7, n=500)])
        np.testing.assert_allclose(world.foresight.distance(world), 0.05 + 2 * world.foresight.luck(world))
        assert (world.foresight.luck(world) < 0.01).all()
