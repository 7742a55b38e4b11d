"""Costs add up to what the constraints say, recounted from the log of who got what and what they answered."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from scipy.special import expit
from tests.envs.example import MakeWorld, random_rows

from evenhand.envs import Cap, Constraint, Floor, Parity, Period, Setup, World, build_setup
from evenhand.envs.entitlement import believed_chances
from evenhand.errors import DataError
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
from evenhand.simulator.types import HERE, State

EVERYTHING = (
    DemographicParity("income", tolerance=0.05),
    EqualizedOdds("age", tolerance=0.06),
    CoverageFloor(0.2, "household"),
    ContactCap(0.5),
    UnsubscribeCap(0.002),
    SpendCap(0.05),
)


@pytest.fixture(scope="module")
def everything(simulator: Simulator, today: Segmentation) -> Setup:
    attributes = [a.name for a in simulator.protected if sum(g.constrained for g in a.groups) > 1]
    floor = CoverageFloor(0.2, attributes[-1])
    asked = [floor if isinstance(one, CoverageFloor) else one for one in EVERYTHING]
    return build_setup(simulator, today, constraints=asked, horizon=10)


class Logged(NamedTuple):
    """What the oracle keeps of a period, copied before the next."""

    given: np.ndarray  # (E, N)
    contacted: np.ndarray  # (E, N)
    redeemed: np.ndarray  # (E, N)
    unsubscribed: np.ndarray  # (E, N)
    chance: np.ndarray  # (E, N) to convert, along the twin


@dataclass
class Log:
    """An episode of random tweaks: its periods and the costs that were charged."""

    world: World
    periods: list[Logged]
    costs: np.ndarray  # (T, E, J)

    def benefit(self, period: Logged) -> np.ndarray:
        return np.asarray((period.contacted != 0) & (self.world.population.effects.beneficial[period.given] != 0))


def chance_to_convert(world: World, state: State) -> np.ndarray:
    """Return everyone's chance to redeem the best beneficial offer, in double precision, customer by customer."""
    p = world.population
    b, t, x = p.behaviour, p.traits, p.effects
    chances = np.zeros(t.rate.shape)
    assert not x.weather.any(), "the demo's campaigns do not heed the weather"
    for e in range(len(b)):
        for i in range(t.rate.shape[1]):
            if state.absent[e, i] != HERE:
                continue
            for c in np.flatnonzero(x.beneficial):
                if not (int(state.consent[e, i]) >> int(x.channel[c])) & 1:
                    continue
                opened = expit(float(t.openness[e, i, c]) - float(b["fatigue_open"][e]) * float(state.fatigue[e, i]))
                clicked = expit(float(t.interest[e, i, c]) + float(x.loading[e, c]) * float(state.taste[e, i]))
                shift = float(b["dependence_redeem"][e]) * float(state.dependence[e, i]) * bool(x.discount[e, c] > 0)
                closed = expit(float(t.closing[e, i]) + float(x.closing[e, c]) + shift)
                chances[e, i] = max(chances[e, i], float(x.delivery[e, c]) * opened * clicked * closed)
    return chances


@pytest.fixture(scope="module")
def log(everything: Setup, populations: list[Population]) -> Log:
    world, rng = World(everything), np.random.default_rng(4)
    world.reset(populations[:2], np.arange(2, dtype=np.uint64))
    held = World(replace(everything, constraints=()), twin=False)  # another world in which nothing ever changes
    held.reset(populations[:2], np.arange(2, dtype=np.uint64))
    periods, costs = [], []
    for _ in range(everything.horizon):
        before = deepcopy(held.sim.state)
        held.step(np.zeros(2, np.int64))
        _, cost, done = world.step(random_rows(world, rng))
        out = world.sim.outcome
        chance = chance_to_convert(world, before)
        kept = (world.given, out.contacted, out.redeemed, out.unsubscribed, chance)
        periods.append(Logged(*(a.copy() for a in kept)))
        costs.append(cost)
    assert done
    return Log(world, periods, np.array(costs))


def slacks(log: Log) -> Iterator[tuple[Constraint, np.ndarray]]:
    """Return each constraint with what its costs added up to, (E, j)."""
    total, at = log.costs.sum(axis=0), 0
    for constraint in log.world.setup.constraints:
        yield constraint, total[:, at : at + len(constraint.names)]
        at += len(constraint.names)
    assert at == total.shape[1] == len(log.world.setup.cost_names)


def fairlearn_rates(log: Log, e: int, constraint: Parity) -> np.ndarray:
    """Return each group's rate, the mean over periods, as fairlearn counts it.

    A customer who would convert with chance c stands there twice: as one who does, with weight c, and as one who does
    not, with weight 1 - c.
    """
    metric = {"everyone": selection_rate, "converts": true_positive_rate, "rest": false_positive_rate}
    codes = log.world.population.groups[e, :, constraint.attribute]
    rates = []
    for period in log.periods:
        got, chance = log.benefit(period)[e].astype(int), period.chance[e]
        frame = MetricFrame(
            metrics=metric[constraint.among],
            y_true=np.repeat([1, 0], len(got)),
            y_pred=np.tile(got, 2),
            sensitive_features=np.tile(codes, 2),
            sample_params={"sample_weight": np.concatenate([chance, 1 - chance])},
        )
        rates.append(frame.by_group.loc[list(constraint.groups)].to_numpy(dtype=float))
    return np.asarray(np.mean(rates, axis=0))


def test_parity_costs_add_up_to_the_differences_of_fairlearns_rates(log: Log) -> None:
    checked = set()
    for constraint, slack in slacks(log):
        if isinstance(constraint, Parity):
            for e in range(2):
                rates = fairlearn_rates(log, e, constraint)
                expected = [rates[g] - rates[h] - constraint.tolerance for g, h in permutations(range(len(rates)), 2)]
                np.testing.assert_allclose(slack[e], expected, atol=2e-5)
            checked.add(constraint.among)
    assert checked == {"everyone", "converts", "rest"}


def test_a_floor_adds_up_to_what_is_missing(log: Log) -> None:
    floors = 0
    for constraint, slack in slacks(log):
        if isinstance(constraint, Floor):
            mean = np.mean([log.benefit(p) for p in log.periods], axis=0)
            codes = log.world.groups[:, :, constraint.attribute]
            for j, k in enumerate(constraint.groups):
                for e in range(2):
                    expected = constraint.least - mean[e, codes[e] == k].mean()
                    assert slack[e, j] == pytest.approx(expected, abs=1e-9)
            floors += 1
    assert floors == 2, "everyone, and group by group"


def test_caps_add_up_to_what_is_beyond_them(log: Log) -> None:
    p, who = log.world.population, np.arange(2)[:, None]
    own = p.behaviour["discount_share"][:, None] * p.effects.discount
    amounts = {
        "contacts": [x.contacted.mean(axis=1) for x in log.periods],
        "unsubscribed": [x.unsubscribed.mean(axis=1) for x in log.periods],
        "spend": [
            (x.contacted * p.effects.cost[who, x.given] + x.redeemed * own[who, x.given]).mean(axis=1)
            for x in log.periods
        ],
    }
    caps = {c.field: (c, slack) for c, slack in slacks(log) if isinstance(c, Cap)}
    assert caps.keys() == amounts.keys()
    for name, (constraint, slack) in caps.items():
        np.testing.assert_allclose(slack[:, 0], np.mean(amounts[name], axis=0) - constraint.most, atol=1e-6)


def test_no_policy_moves_who_would_convert(everything: Setup, make_world: MakeWorld) -> None:
    busy, calm, rng = make_world(everything), make_world(everything), np.random.default_rng(0)
    for _ in range(5):
        busy.step(random_rows(busy, rng))
        calm.step(np.zeros(2, np.int64))
        assert busy.passed.likely is not None
        assert calm.passed.likely is not None
        np.testing.assert_array_equal(busy.passed.likely, calm.passed.likely)
        assert not np.array_equal(busy.sim.state.fatigue, calm.sim.state.fatigue)


def test_what_is_believed_of_who_would_convert_is_public(populations: list[Population]) -> None:
    """By hand, customer by customer; the true traits do not enter."""
    p = populations[0]
    found = believed_chances(p)[0]
    for i in (0, 17, 150):
        allowed = [(int(p.consent[0, i]) >> int(p.effects.channel[c])) & 1 for c in range(p.effects.beneficial.size)]
        each = [
            allowed[c] * expit(float(p.expected_openness[0])) * expit(float(p.expected_response[0, i, c]))
            for c in np.flatnonzero(p.effects.beneficial)
        ]
        assert found[i] == pytest.approx(max(each), rel=1e-5)


@pytest.mark.parametrize("name", ["drift", "fatigue", "satisfaction", "taste", "dependence", "absent", "contacts"])
def test_the_hidden_state_does_not_reach_what_is_foretold(name: str, everything: Setup, make_world: MakeWorld) -> None:
    world = make_world(everything, steps=3)
    before = world.observation.copy()
    assert world.twin is not None
    for sim in (world.sim, world.twin.sim):
        hidden = getattr(sim.state, name)
        hidden[:] = (1 - hidden).astype(hidden.dtype)
    world._refresh()
    world._assign()
    world.look()
    np.testing.assert_array_equal(world.observation, before)


def test_true_chances_do_not_reach_what_is_foretold(everything: Setup, make_world: MakeWorld) -> None:
    """Two worlds in which the same was sent and answered, and other customers would have converted, look the same."""
    one, other = make_world(everything), make_world(everything)
    assert other.twin is not None
    other.twin.sim.state.taste[:] += 3
    other.twin.sim.state.consent[:] = 0
    for world in (one, other):
        world.step(np.zeros(2, np.int64))
    assert one.passed.likely is not None
    assert other.passed.likely is not None
    assert (one.passed.likely[:, -1, 0] > other.passed.likely[:, -1, 0]).all()
    np.testing.assert_array_equal(one.observation, other.observation)


def test_intersections_are_groups_of_their_own(
    simulator: Simulator, today: Segmentation, make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="fewer than two groups of 'age x income'"):
        build_setup(simulator, today, constraints=[DemographicParity(("age", "income"))])
    monkeypatch.setattr("evenhand.envs.compiling.MIN_GROUP", 60)  # the demo's 800 known households are few
    setup = build_setup(simulator, today, constraints=[DemographicParity(("age", "income"), tolerance=0.1)])
    (parity,) = setup.constraints
    assert isinstance(parity, Parity)
    world = make_world(setup)
    names = [a.name for a in simulator.protected]
    a, b = (names.index(name) for name in ("age", "income"))
    codes, count = world.population.groups, len(simulator.protected[b].groups)
    for k, name in zip(parity.groups, parity.group_names, strict=True):
        inside = (codes[:, :, a] == k // count) & (codes[:, :, b] == k % count)
        np.testing.assert_array_equal(world.groups[:, :, parity.attribute] == k, inside)
        first, second = (simulator.protected[p].groups[j].name for p, j in ((a, k // count), (b, k % count)))
        assert name == f"{first} and {second}"
        assert inside.mean() * simulator.content.customers > 25, "small ones are left out"
    assert 2 <= len(parity.groups) < count * len(simulator.protected[a].groups)


def test_one_parity_criterion_for_each_attribute(simulator: Simulator, today: Segmentation) -> None:
    build_setup(simulator, today, constraints=[DemographicParity("age"), EqualOpportunity("income")])
    with pytest.raises(DataError, match="two parity criteria speak about age"):
        build_setup(simulator, today, constraints=[DemographicParity("age"), EqualOpportunity("age")])
    with pytest.raises(DataError, match="did you mean 'age'"):
        build_setup(simulator, today, constraints=[DemographicParity("agee")])
    with pytest.raises(DataError, match="is no constraint"):
        build_setup(simulator, today, constraints=["age"])  # type: ignore[list-item]


def test_a_group_that_nobody_is_entitled_in_differs_from_nobody() -> None:
    """Its pairs cost as if both rates were the same; the other pairs cost their difference."""
    zero = np.zeros(1)
    period = Period(
        horizon=4, members=np.array([[[10.0, 10.0, 0.0]]]), benefits=np.array([[[5.0, 2.0, 0.0]]]), likely=None,
        likely_benefits=None, contacts=zero, unsubscribed=zero, spend=zero,
    )  # fmt: skip
    costs = dict(zip(permutations(range(3), 2), Parity(0, (0, 1, 2), 0.1).costs(period)[0], strict=True))
    assert costs[0, 1] == pytest.approx((0.5 - 0.2 - 0.1) / 4)
    assert costs[1, 0] == pytest.approx((0.2 - 0.5 - 0.1) / 4)
    assert all(costs[pair] == pytest.approx(-0.1 / 4) for pair in ((0, 2), (2, 0), (1, 2), (2, 1)))
    with pytest.raises(ValueError, match="who would convert"):
        period.rates("converts")


class Quiet(NamedTuple):
    """A user's own constraint without a gauge: no more contacts than this, foretold by the last period."""

    most: float
    names: tuple[str, ...] = ("quiet",)
    scale: float = 1.0

    def costs(self, period: Period) -> np.ndarray:
        return ((period.contacts - self.most) / period.horizon)[..., None]


def test_a_users_own_constraint_is_charged_and_foretold_to_go_on(setup: Setup, make_world: MakeWorld) -> None:
    own = replace(setup, constraints=(Quiet(0.3),), horizon=5)
    world, total, seen = make_world(own), np.zeros((2, 1)), list[np.ndarray]()
    assert own.cost_names == ("quiet",)
    for t in range(5):
        so_far = sum(seen) if seen else np.zeros(2)
        foretold = (so_far + (5 - t) * world.sim.outcome.contacted.mean(axis=1)) / 5 - 0.3
        np.testing.assert_allclose(world.slack, np.repeat(foretold[:, None], world.slack.shape[1], 1), atol=1e-6)
        total += world.step(np.zeros(2, np.int64))[1]
        seen.append(world.sim.outcome.contacted.mean(axis=1))
    np.testing.assert_allclose(total[:, 0], np.mean(seen, axis=0) - 0.3, atol=1e-9)


def test_a_users_own_reward_is_charged_beyond_the_twin(setup: Setup, make_world: MakeWorld) -> None:
    def quiet(period: Period) -> np.ndarray:
        return -0.1 * period.contacts

    rng, plain, own = np.random.default_rng(0), make_world(setup), make_world(replace(setup, rewards=(quiet,)))
    assert (own.step(np.zeros(2, np.int64))[0] == 0).all(), "holding earns nothing"
    plain.step(np.zeros(2, np.int64))
    for _ in range(3):
        rows = random_rows(plain, rng)
        difference = own.step(rows)[0] - plain.step(rows)[0]
        assert own.twin is not None
        more = own.sim.outcome.contacted.mean(axis=1) - own.twin.sim.outcome.contacted.mean(axis=1)
        np.testing.assert_allclose(difference, -0.1 * more, atol=1e-9)


def test_the_pages_example_of_own_rewards_and_constraints_runs() -> None:
    page = Path(__file__).parents[2] / "docs" / "environment.md"
    (code,) = (part.split("```")[0] for part in page.read_text(encoding="utf-8").split("```python\n")[1:])
    said: dict[str, Any] = {}
    exec(compile(code, str(page), "exec"), said)
    env = said["env"]
    _, info = env.reset(seed=0)
    rng, total = np.random.default_rng(0), 0.0
    for _ in range(3):
        action = np.where(info["action_mask"], rng.random(len(info["action_mask"])), -1.0).argmax()
        _, _, _, _, info = env.step(np.int64(action))
        passed = env.world.passed
        benefits = passed.benefits[0, -1, 0] / 500
        assert info["cost"][-1] == pytest.approx((passed.contacts[0] - 1.2 * benefits) / 26)
        assert len(info["cost"]) == len(env.setup.cost_names)
        total += info["cost"][-1]
    assert total != 0
    assert np.ptp(env.world.slack[env.world.mask != 0]) > 0
