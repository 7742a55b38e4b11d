"""Profit beyond contacting nobody, as an expectation: the difference of two roll-outs with the same luck.

Rewards are expected profit beyond the twin (`envs.rewards`), so a policy's rewards less those of contacting nobody,
against the same twin in the same population, are the expected profit of contacting: the noise of single trips and
partings, which realised profit is full of, cancels. `realised` is the check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import Hold, PopulationPool, held_in, no_contact_profit, roll_out
from evenhand.agents.baselines.tuning import TUNING_SEED
from evenhand.agents.rollout import BATCH
from evenhand.envs import Setup, World
from evenhand.envs.boxes import boxes_of
from evenhand.experiments.benchmark.business import Business
from evenhand.experiments.benchmark.funnel import FunnelWatch
from evenhand.experiments.evaluation import Entrant
from evenhand.segments import Segment, Segmentation

__all__ = ["Measured", "blast", "measure", "nobody", "realised"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What a player brought in each of n populations."""

    profit: FloatArray  # (n,) expected money per customer and period beyond contacting nobody
    held: NDArray[np.bool_]  # (n,) whether every active constraint held
    contact: float  # contacts per customer and period
    tweaks: float  # per episode
    funnel: dict[str, FloatArray]  # (n,) each


def measure(player: Entrant, business: Business, pool: PopulationPool, base: FloatArray) -> Measured:
    """Return what a player brings in as many populations of `pool` as `base`, what nobody brings there, has entries."""
    funnel = FunnelWatch(business.setup.horizon)
    outcome = roll_out(
        player.policy, player.setup, pool, range(len(base)), against_twin=True,
        judged=business.setup.constraints, watchers=(funnel,),
    )  # fmt: skip
    return Measured(
        profit=outcome.profit - base,
        held=held_in(outcome),
        contact=float(outcome.contact.mean()),
        tweaks=float(outcome.edits.mean()),
        funnel=funnel.rates,
    )


def nobody(setup: Setup, pool: PopulationPool, n: int) -> FloatArray:
    """Return expected profit beyond the twin when nobody is contacted after the warm-up, money per customer and period.

    In the first `n` populations of `pool`, (n,): no exploration, no edits, and no segments to keep up.
    """
    world, found = World(setup), np.zeros(n)
    silent = replace(setup, explore=0.0)
    for start in range(0, n, BATCH):
        these = list(range(start, min(start + BATCH, n)))
        world.setup = setup
        world.reset([pool(k) for k in these], np.array([pool.luck(k) for k in these], np.uint64))
        world.setup = silent  # its twin goes on as it was
        world.campaign[:] = 0
        hold, done = np.zeros(len(these), np.int64), False
        while not done:
            reward, _, done = world.step(hold)
            found[these] += reward + setup.charges.complexity * world.size
    return found / setup.horizon


def realised(players: Sequence[Entrant], setup: Setup, pool: PopulationPool, n: int) -> list[FloatArray]:
    """Return realised profit beyond contacting nobody of each player in the first `n` populations, (n,) each."""
    base = no_contact_profit(setup, pool, range(n))
    return [roll_out(p.policy, p.setup, pool, range(n)).profit - base for p in players]


def blast(business: Business) -> Entrant:
    """Return the generic blast: everyone in one segment, one campaign in every period, the one that simulates best."""
    setup, catalogue = business.setup, business.today.catalogue
    count = business.settings.tuning_populations
    pool = business.pool(TUNING_SEED, count)
    found: list[tuple[float, Entrant]] = []
    for campaign in business.simulator.catalogue.campaigns[1:]:
        everyone = Segment(id="everyone", name="Everyone", campaign=campaign.id)
        boxes = boxes_of(
            Segmentation(catalogue=catalogue, segments=(), default=everyone),
            setup.grid,
            max_segments=setup.max_segments,
        )
        player = Entrant("blast", f"generic blast ({campaign.name})", Hold("blast"), replace(setup, entry=boxes))
        outcome = roll_out(player.policy, player.setup, pool, range(count), against_twin=True)
        found.append((float(outcome.profit.mean()), player))
    return max(found, key=lambda one: one[0])[1]
