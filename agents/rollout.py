"""Policies on populations: every policy meets the same customers with the same luck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.policy import Insider, Policy
from evenhand.envs import Constraint, Setup, World
from evenhand.envs.accounting import account
from evenhand.envs.constraints import ask_who_converts, names_of
from evenhand.envs.period import Among
from evenhand.envs.rewards import residual_value
from evenhand.simulator import Population, Simulator
from evenhand.simulator.types import IntArray

__all__ = ["Outcomes", "PopulationPool", "Watcher", "no_contact_profit", "reward_paths", "roll_out", "roll_out_each"]

BATCH = 32


def _draw(simulator: Simulator, first_seed: int, n_customers: int, expected: bool, number: int) -> Population:
    population = simulator.population(seed=first_seed + number, n=n_customers)
    return population.as_expected() if expected else population


class PopulationPool:
    """Numbered populations of one simulator, drawn when first needed; number k has seed `first_seed + k`."""

    def __init__(
        self, simulator: Simulator, *, first_seed: int, count: int, n_customers: int, keep: bool = True,
        expected: bool = False,
    ) -> None:  # fmt: skip
        """Promise `count` populations of `n_customers`; `keep` holds them in memory for the next time.

        With `expected` effects and behaviour are those that the business expects, the same in all of them.
        """
        draw = partial(_draw, simulator, first_seed, n_customers, expected)
        self._draw = lru_cache(maxsize=None)(draw) if keep else draw
        self.first_seed, self.count = first_seed, count

    def __call__(self, number: int) -> Population:
        """Return population `number` modulo the size of the pool."""
        return self._draw(number % self.count)

    def luck(self, number: int) -> int:
        """Return the seed of luck that belongs to population `number`."""
        return 7_919 * (self.first_seed + number) + 13


@dataclass(frozen=True)
class Outcomes:
    """What a policy brought in each of n populations."""

    profit: NDArray[np.float64]  # (n,) money per customer and period beyond contacting nobody
    redemption: NDArray[np.float64]  # (n,) redemptions per contact
    unsubscribe: NDArray[np.float64]  # (n,) share of customers over the horizon
    churn: NDArray[np.float64]  # (n,) share of customers over the horizon
    contact: NDArray[np.float64]  # (n,) contacts per customer and period
    edits: NDArray[np.float64]  # (n,) tweaks per episode
    rates: NDArray[np.float64]  # (n, P, K) beneficial contacts per known member and period, NaN without members
    converts: NDArray[np.float64]  # (n, P, K) the same of those who would convert, NaN where nobody kept account
    rest: NDArray[np.float64]  # (n, P, K) the same of those who would not
    slacks: NDArray[
        np.float64
    ]  # (n, J) realised over the episode, one for each name of the constraints; above 0 is broken

    def gap(self, attribute: int, groups: Sequence[int], among: Among = "everyone") -> NDArray[np.float64]:
        """Return the largest difference between the given groups of an attribute, per population, (n,).

        Groups without members in a population are left out there; where fewer than two are left, the gap is 0. So it is
        `among` who would convert, or not, where nobody kept account of them.
        """
        whose = {"everyone": self.rates, "converts": self.converts, "rest": self.rest}
        rates = whose[among][:, attribute, list(groups)]
        known = ~np.isnan(rates)
        high, low = np.where(known, rates, -np.inf).max(axis=1), np.where(known, rates, np.inf).min(axis=1)
        return np.where(known.sum(axis=1) > 1, high - low, 0.0)


class Watcher(Protocol):
    """Measures what `Outcomes` leaves out, from the true world: for evidence only, never for a policy."""

    def begin(self, world: World) -> None:
        """See a batch of populations before the first period."""

    def after(self, world: World) -> None:
        """See them after each period."""


def roll_out(
    policy: Policy,
    setup: Setup,
    pool: PopulationPool,
    numbers: Sequence[int],
    *,
    batch: int = BATCH,
    against_twin: bool = False,
    watchers: Sequence[Watcher] = (),
    judged: Sequence[Constraint] | None = None,
    measure: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Outcomes:
    """Run a policy over numbered populations and return what it brought, before the no-contact yardstick is taken off.

    A plan that enters before the first period is charged by its edits. With `against_twin` profit is the mean reward
    instead, less the same charge: expected profit beyond today's segmentation, which needs fewer populations to tell
    two checkpoints apart. Slacks are those of the constraints that it is `judged` by, the
    set-up's own unless others are given. To `measure` rates among who would convert takes the twin along.
    """
    judged = setup.constraints if judged is None else judged
    measure = measure or ask_who_converts(judged)
    world = World(setup, twin=against_twin, measure=measure)
    parts: list[Outcomes] = []
    for start in range(0, len(numbers), batch):
        these = list(numbers[start : start + batch])
        policy.reset(seed=pool.first_seed + these[0])
        world.reset([pool(k) for k in these], np.array([pool.luck(k) for k in these], np.uint64))
        if isinstance(policy, Insider):
            policy.enter(world)
        for watcher in watchers:
            watcher.begin(world)
        done, reward = False, np.full(len(these), -setup.entry_edits * setup.charges.edit)
        slacks = np.zeros((len(these), len(names_of(judged))))
        while not done:
            gained, _, done = world.step(policy.choose(world.observation, world.allowed()))
            reward += gained
            slacks += world.charged(judged)
            for watcher in watchers:
                watcher.after(world)
        outcome = _outcomes(world, slacks, setup.entry_edits)
        parts.append(replace(outcome, profit=reward / setup.horizon) if against_twin else outcome)
        if progress:
            progress(start + len(these))
    return _joined(parts)


def reward_paths(policy: Policy, setup: Setup, pool: PopulationPool, *, batch: int = BATCH) -> NDArray[np.float64]:
    """Return the reward of every period in every population of a pool, (count, T), money per customer."""
    world = World(setup)
    paths = np.zeros((pool.count, setup.horizon))
    for start in range(0, pool.count, batch):
        these = list(range(start, min(start + batch, pool.count)))
        policy.reset(seed=pool.first_seed + start)
        world.reset([pool(k) for k in these], np.array([pool.luck(k) for k in these], np.uint64))
        for t in range(setup.horizon):
            paths[these, t] = world.step(policy.choose(world.observation, world.allowed()))[0]
    return paths


def _outcomes(world: World, slacks: NDArray[np.float64], entry_edits: int) -> Outcomes:
    t, horizon = world.totals, world.setup.horizon
    known = np.where((world.members > 0) & world.counts_likely, 1.0, np.nan)
    sizes = np.where(world.members > 0, world.members, np.nan)
    return Outcomes(
        profit=(t.profit - entry_edits * world.setup.charges.edit) / horizon,
        redemption=t.redeemed / np.maximum(t.contacts, 1e-12),
        unsubscribe=t.unsubscribed,
        churn=t.lost,
        contact=t.contacts / horizon,
        edits=t.edits + entry_edits,
        rates=t.benefits / sizes / horizon,
        converts=t.converts * known / horizon,
        rest=t.rest * known / horizon,
        slacks=slacks,
    )


def roll_out_each(
    choose: Callable[[World], IntArray], setup: Setup, pool: PopulationPool, numbers: Sequence[int]
) -> Outcomes:
    """Run a choice of campaigns per customer, (E, N) from the world as it stands, over numbered populations.

    From the end of the warm-up on there are no segments, no edits and no exploration; same customers, same luck.
    """
    judged = () if ask_who_converts(setup.constraints) else setup.constraints  # without a twin nobody knows who would
    parts: list[Outcomes] = []
    for k in numbers:
        world, slacks = World(setup, twin=False), np.zeros((1, len(names_of(judged))))
        world.reset([pool(k)], np.array([pool.luck(k)], np.uint64))
        totals, p, nothing = world.totals, world.population, np.zeros(1)
        for _ in range(setup.horizon):
            world.given[:] = choose(world)
            out = world.sim.advance(world.given)
            totals.add(out.profit.mean(axis=1, dtype=np.float64), nothing, out, account(world, None)[0])
            slacks += world.charged(judged)
            world.period += 1
        totals.profit += residual_value(world.sim.state, p.traits, p.behaviour).mean(axis=1)
        parts.append(_outcomes(world, slacks, 0))
    return _joined(parts)


def no_contact_profit(setup: Setup, pool: PopulationPool, numbers: Sequence[int]) -> NDArray[np.float64]:
    """Return profit per customer and period when nobody is contacted after the warm-up, same customers and luck, (n,).

    The yardstick that turns profit into profit of contacting; no exploration, no edits, no segments.
    """
    return roll_out_each(lambda world: np.zeros_like(world.given), setup, pool, numbers).profit


def _joined(parts: Sequence[Outcomes]) -> Outcomes:
    return Outcomes(*(np.concatenate([getattr(p, f) for p in parts]) for f in Outcomes.__dataclass_fields__))
