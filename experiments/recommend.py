"""The next tweaks for the real customers: what the policy would change, why, and what that should bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.agents import Policy
from evenhand.customers import Customers
from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD, ENGAGEMENT_SHRINK
from evenhand.envs import Setup, World
from evenhand.envs.boxes import tweak_of
from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.experiments.report import AffectedGroup, Expected, FairnessChange, Recommendation
from evenhand.segments import Segmentation, Tweak
from evenhand.simulator import Population, Simulator, State, fresh_state

__all__ = ["learned_segmentation", "recommend"]

FUTURE_SEED = 600_000_000
SPARE = 2  # times as many tweaks are looked at as are wanted
SUPPOSED_CONTACTS = 10.0  # contacts behind a table's engagement where there is no log


@dataclass(frozen=True)
class _Choice:
    """A candidate row that the policy likes."""

    row: int
    tweak: Tweak
    features: dict[str, float]


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
    futures = [simulator.population_of(customers, seed=FUTURE_SEED + 1000 * seed + k) for k in range(draws)]
    luck = np.arange(draws, dtype=np.uint64) + np.uint64(FUTURE_SEED + seed)
    world = _present(setup, futures[:1], luck[:1], customers, today)
    chosen = _choose(policy, world, today, SPARE * count)
    tell = progress or (lambda done: None)
    hold = _future(setup, futures, luck, customers, today, 0)
    tell(1)
    found: list[Recommendation] = []
    for k, choice in enumerate(chosen):
        if len(found) == count:
            break
        change = _future(setup, futures, luck, customers, today, choice.row) - hold
        if change.mean() > 0:
            found.append(_recommendation(choice, change, customers, today, setup, policy.name))
        tell(k + 2)
    return found


def learned_segmentation(
    policy: Policy, customers: Customers, today: Segmentation, simulator: Simulator, setup: Setup, *, seed: int = 0
) -> Segmentation:
    """Return what the policy makes of `today` over one horizon, in one simulated future: one path of many."""
    future = [simulator.population_of(customers, seed=FUTURE_SEED + 1000 * seed)]
    world = _present(setup, future, np.array([FUTURE_SEED + seed], np.uint64), customers, today)
    segmentation, done, number = today, False, 0
    policy.reset(seed)
    while not done:
        row = int(policy.choose(world.observation, world.allowed())[0])
        number += 1
        tweak = tweak_of(world.decode[0, row], segmentation, setup.grid, number=number)
        segmentation = tweak.apply(segmentation).segmentation
        _, _, done = world.step(np.array([row]))
    return segmentation


def _present(
    setup: Setup, futures: list[Population], luck: NDArray[np.uint64], customers: Customers, today: Segmentation
) -> World:
    """Return a world whose customers are where the real ones are."""
    world = World(replace(setup, warmup=0))
    world.reset(futures, luck, start=lambda population: _state(population, customers, today))
    return world


def _state(population: Population, customers: Customers, today: Segmentation) -> State:
    n_envs, n = population.traits.rate.shape

    def column(role: str) -> NDArray[np.float32] | None:
        name = customers.role(role)  # type: ignore[arg-type]
        if name is None:
            return None
        return np.repeat(customers.numbers([name]).T.astype(np.float32), n_envs, axis=0)

    state = fresh_state(population.traits, population.consent)
    recency, trips, spend = column("recency"), column("frequency"), column("monetary")
    engagement = column("engagement")
    weights = population.expected_effects.weight[:1, _given(customers.frame, today)]
    fatigue = np.repeat(weights, n_envs, axis=0) * (population.consent != 0)
    contacts = np.full((n_envs, n), SUPPOSED_CONTACTS if engagement is not None else 0.0, np.float32)
    answers = np.zeros_like(contacts) if engagement is None else engagement * (contacts + ENGAGEMENT_SHRINK)
    return state._replace(
        recency=state.recency if recency is None else recency / np.float32(DAYS_PER_PERIOD),
        trips=state.trips if trips is None else trips * np.float32(DAYS_PER_PERIOD / DAYS_PER_MONTH),
        spend=state.spend if spend is None else spend,
        fatigue=fatigue.astype(np.float32),
        contacts=contacts,
        answers=answers.astype(np.float32),
    )


def _given(frame: pd.DataFrame, segmentation: Segmentation) -> NDArray[np.int64]:
    """Return the position of each customer's campaign, (n,)."""
    ids = [campaign.id for campaign in segmentation.catalogue.campaigns]
    campaigns = np.array([ids.index(segment.campaign) for segment in segmentation.every])
    return np.asarray(campaigns[segmentation.assign(frame)], np.int64)


def _choose(policy: Policy, world: World, today: Segmentation, count: int) -> list[_Choice]:
    """Return the policy's favourite tweaks, each on segments that no earlier one touches."""
    mask = world.allowed()
    chosen: list[_Choice] = []
    touched: set[str] = set()
    policy.reset(0)
    while len(chosen) < count and mask.any():
        row = int(policy.choose(world.observation, mask)[0])
        if row == 0:
            break
        mask[0, row] = False
        tweak = tweak_of(world.decode[0, row], today, world.setup.grid, number=len(chosen) + 1)
        touches = set(tweak.touches(today))
        if touches & touched:
            continue
        touched |= touches
        features = dict(zip(CANDIDATE_FEATURES, (float(x) for x in world.table[0, row]), strict=True))
        chosen.append(_Choice(row, tweak, features))
    return chosen


def _future(
    setup: Setup, futures: list[Population], luck: NDArray[np.uint64], customers: Customers, today: Segmentation,
    row: int,
) -> NDArray[np.float64]:  # fmt: skip
    """Return expected profit per customer and period when `row` is carried out now and all is held then, (draws,)."""
    totals = []
    for population, seed in zip(futures, luck, strict=True):
        world = _present(setup, [population], np.array([seed]), customers, today)
        total, done, action = np.zeros(1), False, row
        while not done:
            reward, _, done = world.step(np.array([action]))
            total += reward
            action = 0
        totals.append(total[0] / setup.horizon)
    return np.array(totals)


def _recommendation(
    choice: _Choice,
    change: NDArray[np.float64],
    customers: Customers,
    today: Segmentation,
    setup: Setup,
    policy: str,
) -> Recommendation:
    after = choice.tweak.apply(today).segmentation
    before_ids = np.array(today.ids)[today.assign(customers.frame)]
    after_ids = np.array(after.ids)[after.assign(customers.frame)]
    given, new = _given(customers.frame, today), _given(customers.frame, after)
    affected = (before_ids != after_ids) | (given != new)
    low, high = np.quantile(change, [0.025, 0.975])
    mean = float(change.mean())
    rates = [_benefit(customers, g, setup) for g in (given, new)]
    return Recommendation(
        tweak=choice.tweak.model_dump(mode="json", by_alias=True, exclude_none=True),
        sentence=choice.tweak.explain(today),
        reason=_reason(choice.features),
        expected={"profit": Expected(mean=mean, low=min(float(low), mean), high=max(float(high), mean))},
        affected_customers=int(affected.sum()),
        affected_groups=_groups(customers, affected, rates),
        fairness=_fairness(customers, rates, setup),
        policy=policy,
    )


def _benefit(customers: Customers, given: NDArray[np.int64], setup: Setup) -> NDArray[np.float64]:
    """Return each customer's chance of a beneficial contact in a period, exploration included, (n,)."""
    good = np.array([campaign.beneficial for campaign in customers.catalogue.campaigns], float)
    chance = (1 - setup.explore) * good[given] + setup.explore * good.mean()
    return np.asarray(customers.consent * chance, np.float64)


def _groups(
    customers: Customers, affected: NDArray[np.bool_], rates: list[NDArray[np.float64]]
) -> tuple[AffectedGroup, ...]:
    codes = customers.protected_codes()
    rows = []
    for p, attribute in enumerate(customers.protected):
        for k, group in enumerate(attribute.known):
            member = codes[:, p] == k
            if not member.any():
                continue
            before, after = (float(rate[member].mean()) for rate in rates)
            rows.append(
                AffectedGroup(
                    attribute=attribute.name, group=group.name, n=int(member.sum()),
                    affected=int((member & affected).sum()), before=before, after=after,
                )
            )  # fmt: skip
    return tuple(rows)


def _fairness(customers: Customers, rates: list[NDArray[np.float64]], setup: Setup) -> dict[str, FairnessChange]:
    codes = customers.protected_codes()
    found = {}
    for p, attribute in enumerate(customers.protected):
        members = [codes[:, p] == k for k, group in enumerate(attribute.known) if group.constrained]
        if len(members) < 2:
            continue
        gaps = []
        for rate in rates:
            means = [float(rate[member].mean()) for member in members]
            gaps.append(max(means) - min(means))
        c = setup.constraint
        tolerance = c.tolerance if c and c.attribute == p else None
        found[attribute.name] = FairnessChange(before=gaps[0], after=gaps[1], tolerance=tolerance)
    return found


def _reason(features: dict[str, float]) -> str:
    """Say in plain words what of the candidate's own figures speaks for it."""
    parts = []
    gain, organic = features["gain"], features["organic"]
    if gain > 0:
        parts.append(f"the estimate for the next week alone is {gain:+.3f} per customer")
    if features["contact_change"] < 0 and features["fatigue"] > 0.3:
        parts.append(
            f"these customers are tired: their contact pressure is {features['fatigue']:.0%} of a weekly mailing"
        )
    elif features["weight_change"] < 0:
        parts.append("it spares customers contact that brings little")
    if organic > 1.3:
        parts.append(f"they spend {organic:.1f} times the average, so losing their attention is dear")
    elif organic < 0.7:
        parts.append(f"they spend {organic:.1f} times the average, which does not pay for the mailing")
    if features["slack_change"] < -0.002:
        parts.append(f"it narrows the gap between groups by {-features['slack_change']:.3f}")
    if not parts:
        parts.append("over the whole horizon the policy expects more from it than from holding")
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."
