"""A world of mixed halves under a parity constraint, and observations from the middle of its episodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from tests.agents.toy import Toy, toy_setup

from evenhand.agents import PopulationPool, RandomValid
from evenhand.agents.policy import Masks, Observations
from evenhand.envs import Setup, World


class Seen(NamedTuple):
    """What policies were shown along random episodes."""

    setup: Setup
    observations: Observations  # (E, L)
    masks: Masks  # (E, M)
    tables: np.ndarray  # (E, M, D) candidate features in their own units
    left: np.ndarray  # (E,) periods


@pytest.fixture(scope="session")
def toy() -> Toy:
    return Toy(affinity=(0.3, 0.7), mixed=0.2, hazard=(0.004, 0.002), fatigue_churn=0.3)


@pytest.fixture(scope="session")
def setup() -> Setup:
    return toy_setup(tolerance=0.1, explore=0.1)


@pytest.fixture(scope="session")
def pool(toy: Toy) -> PopulationPool:
    return PopulationPool(toy.simulator, first_seed=11, count=6, n_customers=80)


@pytest.fixture(scope="session")
def seen(pool: PopulationPool, setup: Setup) -> Seen:
    world, policy = World(setup), RandomValid()
    world.reset([pool(k) for k in range(6)], np.arange(6, dtype=np.uint64))
    observations, masks, tables, left, done = [], [], [], [], False
    while not done:
        observations.append(world.observation.copy())
        masks.append(world.allowed())
        tables.append(world.table.copy())
        left.append(np.full(6, setup.horizon - world.period))
        _, _, done = world.step(policy.choose(world.observation, world.allowed()))
    return Seen(setup, *(np.concatenate(part) for part in (observations, masks, tables, left)))
