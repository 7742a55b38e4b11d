"""The next tweaks for the real customers: what the policy would change, why, and what that should bring."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import LearnedPolicy, Policy
from evenhand.customers import Customers
from evenhand.envs import Setup, World
from evenhand.envs.boxes import tweak_of
from evenhand.envs.candidates import CANDIDATE_FEATURES, HOLD
from evenhand.experiments.advising.counting import count_change
from evenhand.experiments.now import Now, change_of, first_part
from evenhand.experiments.reasons import reason_of
from evenhand.experiments.report import AffectedGroup, Expected, FairnessChange, Recommendation, RecommendedPlan
from evenhand.segments import Segmentation, Tweak
from evenhand.simulator import Population, Simulator

__all__ = [
    "SPARE",
    "Choice",
    "begun",
    "choose",
    "learned_segmentation",
    "recommend",
    "recommend_plan",
    "shown_to",
]

WHY_A_PLAN = (
    "The policy learned to go on from this plan: with tweaks to follow it is ahead of today's segmentation in "
    "simulation, and single tweaks would take weeks to come to it."
)
WITH_TWEAKS = "profit[with tweaks]"
FUTURE_SEED, STRIDE = 600_000_000, 10_000  # a seed's futures are numbered from FUTURE_SEED + STRIDE * seed
SPARE = 2  # times as many tweaks are looked at as are wanted


@dataclass(frozen=True)
class Choice:
    """A candidate row that the policy likes."""

    row: int
    tweak: Tweak
    features: dict[str, float]


def begun(policy: LearnedPolicy, today: Segmentation, setup: Setup) -> tuple[Segmentation, Setup]:
    """Return what a policy's tweaks are tweaks of, and the set-up once that runs: its plan, or `today` without one."""
    plan = policy.beginning
    if plan is None:
        return today, setup
    entry = setup.begun_with(plan).entry
    assert entry is not None
    return plan, replace(setup, start=entry, entry=None)


def recommend_plan(
    policy: LearnedPolicy,
    customers: Customers,
    today: Segmentation,
    simulator: Simulator,
    setup: Setup,
    *,
    draws: int = 64,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> RecommendedPlan | None:
    """Return the plan that a policy begins with, to be reviewed before its tweaks; None where `today` is to go on.

    Its effect is simulated as that of a tweak is, put in force now and held from then on; and once more with the
    policy's tweaks after it, `WITH_TWEAKS`, which is what it is for.
    """
    plan = policy.beginning
    if plan is None or plan.hash == today.hash:
        return None
    entering = setup.begun_with(plan)
    now = Now.of(entering, customers, today)
    futures = simulator.populations_of(customers, [FUTURE_SEED + STRIDE * seed + k for k in range(draws)])
    cost = entering.entry_edits * setup.charges.edit / setup.horizon
    changes = np.zeros((draws, 2))
    for k, future in enumerate(futures):
        changes[k] = change_of(now, future, HOLD), _followed(policy, now, future)
        if progress:
            progress(k + 1)
    held, followed = (changes - cost).T
    return RecommendedPlan(
        sentence=f"Put a whole plan in force: {_segments(plan)} instead of {len(today.every)}.",
        reason=WHY_A_PLAN,
        segmentation=json.loads(plan.to_json()),
        segments=tuple(plan.explain()),
        changes=tuple(today.diff(plan)),
        expected={"profit": _expected(held), WITH_TWEAKS: _expected(followed)},
        **_reach(customers, today, plan, setup),
        policy=policy.name,
    )


def _followed(policy: LearnedPolicy, now: Now, future: Population) -> float:
    """Return what the policy brings beyond holding today's segmentation, per customer and period."""
    world, total, done = now.shown(future), 0.0, False
    policy.reset(future.seed)
    while not done:
        reward, _, done = world.step(policy.choose(world.observation, world.allowed()))
        total += float(reward[0])
    return total / now.setup.horizon


def _segments(plan: Segmentation) -> str:
    n = len(plan.every)
    return "one segment" if n == 1 else f"{n} segments"


def recommend(
    policy: Policy,
    customers: Customers,
    today: Segmentation,
    simulator: Simulator,
    setup: Setup,
    *,
    count: int = 3,
    draws: int = 64,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[Recommendation]:
    """Return up to `count` tweaks of `today` that touch different segments, as the policy ranks them; maybe none.

    The policy looks at the customers as they are, supposing that today's plan has been running. Each tweak's effect is
    simulated over the horizon from there, with `draws` different futures and parameter draws, against holding; a tweak
    that is expected to lose on its own, whatever the policy had in mind to follow it with, is not recommended.
    """
    seeds = [FUTURE_SEED + STRIDE * seed + k for k in range(draws)]
    futures = simulator.populations_of(customers, seeds)
    now = Now.of(setup, customers, today)
    chosen = choose(policy, now.shown(futures[0]), today, SPARE * count)
    tell = progress or (lambda done: None)
    tell(1)
    found: list[Recommendation] = []
    for k, choice in enumerate(chosen):
        if len(found) == count:
            break
        change = np.array([change_of(now, future, choice.row) for future in futures])
        if change.mean() > 0:
            found.append(_recommendation(choice, change, customers, today, setup, policy.name))
        tell(k + 2)
    return found


def learned_segmentation(
    policy: Policy, customers: Customers, today: Segmentation, simulator: Simulator, setup: Setup, *, seed: int = 0
) -> Segmentation:
    """Return what the policy makes of `today` over one horizon, in one simulated future: one path of many."""
    world = shown_to(customers, today, simulator, setup, seed=seed)
    segmentation, done, number = today, False, first_part(today)
    policy.reset(seed)
    while not done:
        row = int(policy.choose(world.observation, world.allowed())[0])
        tweak = tweak_of(world.decode[0, row], segmentation, setup.grid, number=number)
        segmentation = tweak.apply(segmentation).segmentation
        number += 1
        _, _, done = world.step(np.array([row]))
    return segmentation


def shown_to(customers: Customers, today: Segmentation, simulator: Simulator, setup: Setup, *, seed: int) -> World:
    """Return the customers in the first of a seed's futures, as a policy is to look at them."""
    return Now.of(setup, customers, today).shown(simulator.population_of(customers, FUTURE_SEED + STRIDE * seed))


def choose(policy: Policy, world: World, today: Segmentation, count: int) -> list[Choice]:
    """Return the policy's favourite tweaks, each on segments that no earlier one touches."""
    first = first_part(today)
    chosen: list[Choice] = []
    touched: set[str] = set()
    for row in _ranked(policy, world):
        if len(chosen) == count:
            break
        tweak = tweak_of(world.decode[0, row], today, world.setup.grid, number=first + len(chosen))
        touches = set(tweak.touches(today))
        if touches & touched:
            continue
        touched |= touches
        features = dict(zip(CANDIDATE_FEATURES, (float(x) for x in world.table[0, row]), strict=True))
        chosen.append(Choice(row, tweak, features))
    return chosen


def _ranked(policy: Policy, world: World) -> Iterator[int]:
    """Give the rows that the policy likes better than holding, best first."""
    mask = world.allowed()
    policy.reset(0)
    while mask.any():
        row = int(policy.choose(world.observation, mask)[0])
        if row == HOLD:
            return
        mask[0, row] = False
        yield row


def _recommendation(
    choice: Choice,
    change: NDArray[np.float64],
    customers: Customers,
    today: Segmentation,
    setup: Setup,
    policy: str,
) -> Recommendation:
    return Recommendation(
        tweak=json.loads(choice.tweak.to_json()),
        sentence=choice.tweak.explain(today),
        reason=reason_of(choice.features),
        expected={"profit": _expected(change)},
        **_reach(customers, today, choice.tweak.apply(today).segmentation, setup),
        policy=policy,
    )  # fmt: skip


def _expected(change: NDArray[np.float64]) -> Expected:
    """Return the mean over futures, and the middle 95 % of them."""
    low, high = np.quantile(change, [0.025, 0.975])
    mean = float(change.mean())
    return Expected(mean=mean, low=min(float(low), mean), high=max(float(high), mean))


def _reach(customers: Customers, before: Segmentation, after: Segmentation, setup: Setup) -> dict[str, Any]:
    """Return whom a change touches and what it does to groups."""
    counted = count_change(customers, before, after, setup)
    return {
        "affected_customers": int(counted.affected.sum()),
        "affected_groups": tuple(AffectedGroup(**one._asdict()) for one in counted.groups),
        "fairness": {
            one.attribute: FairnessChange(before=one.before, after=one.after, tolerance=one.tolerance)
            for one in counted.fairness
        },
    }
