"""A randomised trial in the simulator: what uplift trees and policy trees are grown on.

Every customer of training populations gets a campaign drawn at random for blocks of periods, as the exploration share
does in the environment. The outcome is what the environment rewards: expected profit less the rise of churn times the
value lost (decision 2), so that trees are spared the noise of single trips as the learner is; a habit that was known
before the block is taken off, as in CUPED (Deng, Xu, Kohavi and Walker, WSDM 2013).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.envs import Setup, World
from evenhand.envs.rewards import remaining_value
from evenhand.simulator import Simulator

__all__ = ["TRIAL_SEED", "Trial", "organic_margin_of", "run_trial"]

TRIAL_SEED = 410_000_000
BLOCKS = 5


class Trial(NamedTuple):
    """Customers and blocks, pooled; the campaign is independent of everything before the block."""

    bins: NDArray[np.uint8]  # (n, F) at the start of the block
    campaign: NDArray[np.int64]  # (n,)
    outcome: NDArray[np.float64]  # (n,) money per period, beyond the habit


def run_trial(simulator: Simulator, setup: Setup, *, populations: int = 16, n_customers: int = 1000) -> Trial:
    """Return what randomly drawn campaigns brought in whole blocks after the warm-up."""
    wait = -setup.warmup % setup.block  # until a draw begins
    trial = replace(setup, explore=1.0, shield=False, horizon=wait + BLOCKS * setup.block)
    world = World(trial, twin=False)
    seeds = range(TRIAL_SEED, TRIAL_SEED + populations)
    world.reset([simulator.population(seed=s, n=n_customers) for s in seeds], np.array(seeds, np.uint64))
    for _ in range(wait):
        world.step(np.zeros(populations, np.int64))
    parts = [_block(world) for _ in range(BLOCKS)]
    return Trial(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _block(world: World) -> Trial:
    """Let a block of periods pass and return it."""
    s, p = world.setup, world.population
    bins, habit = world.bins.copy(), world.organic.astype(np.float64)
    total = np.zeros(habit.shape)
    for _ in range(s.block):
        world.step(np.zeros(len(habit), np.int64))
        out, left = world.sim.outcome, s.horizon - world.period
        total += out.expected - out.leaving * remaining_value(p.traits, p.behaviour, periods=left) - habit
    return Trial(bins.reshape(-1, bins.shape[2]), world.given.ravel().astype(np.int64), total.ravel() / s.block)


def organic_margin_of(simulator: Simulator, setup: Setup, *, populations: int = 4, n_customers: int = 1000) -> float:
    """Return the margin per customer and period without contact that a business would estimate, money."""
    world = World(setup, twin=False)
    seeds = range(TRIAL_SEED, TRIAL_SEED + populations)
    world.reset([simulator.population(seed=s, n=n_customers) for s in seeds], np.array(seeds, np.uint64))
    return float(world.organic.mean())
