"""Helpers that the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evenhand.envs import Setup, World
from evenhand.simulator import Population

MakeWorld = Callable[..., World]


def random_rows(world: World, rng: np.random.Generator) -> np.ndarray:
    """Return a random valid row for each environment."""
    luck = rng.random(world.mask.shape)
    return np.asarray(np.where(world.mask != 0, luck, -1.0).argmax(axis=1))


def features(world: World, e: int) -> dict[str, np.ndarray]:
    """Return the features of one environment's customers as rules see them, (N,) each."""
    state, p = world.sim.state, world.population
    habits = {
        "recency": state.recency[e] * np.float32(7),
        "frequency": state.trips[e] * np.float32(30 / 7),
        "monetary": state.spend[e],
        "engagement": world.engagement()[e],
    }
    names = world.setup.grid.names
    seen = {names[f]: habits[role] for f, role in enumerate(world.setup.habits)}
    for name in names[len(seen) :]:
        seen[name] = p.features[e, :, p.feature_names.index(name)]
    return seen


def begin(setup: Setup, populations: list[Population], *, steps: int = 0, seed: int = 0, twin: bool = True) -> World:
    """Return a world that has begun an episode and taken some random valid steps."""
    world, rng = World(setup, twin=twin), np.random.default_rng(seed)
    world.reset(populations, np.arange(len(populations), dtype=np.uint64) + np.uint64(seed))
    for _ in range(steps):
        world.step(random_rows(world, rng))
    return world
