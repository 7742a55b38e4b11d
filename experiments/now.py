"""The customers as they are, with today's plan running: where simulated futures and the server's advice start."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from evenhand.customers import Customers
from evenhand.envs import Setup, World
from evenhand.experiments.start import Start, given_by
from evenhand.segments import Segmentation
from evenhand.simulator import Population

__all__ = ["Now", "change_of", "first_part"]

OTHER_LUCK = np.uint64(1) << np.uint64(63)  # sets the luck of the week before apart from that of the first one


@dataclass(frozen=True)
class Now:
    """The customers as they are, with today's plan running: where simulated futures start."""

    setup: Setup
    start: Start

    @classmethod
    def of(cls, setup: Setup, customers: Customers, today: Segmentation) -> Now:
        """Read the customers, contacted as today's plan says."""
        setup = replace(setup, warmup=0, reviewer=None)  # a person decides on what is recommended, not a simulated one
        return cls(setup, Start.of(customers, given_by(today, customers.frame)))

    def world(self, future: Population) -> World:
        """Return a world at the first period of a future, which brings its own luck."""
        world = World(self.setup)
        world.reset([future], np.array([future.seed], np.uint64), start=self.start.state)
        return world

    def shown(self, future: Population) -> World:
        """Return such a world as a policy is to look at it: today's plan has been running when it looks.

        In training, weeks under today's plan came before the first look. Here customers stay as they are, so one such
        week passes in a copy, with luck of its own, and the world shows what it brought: whom the plan reached, and the
        profit. Without it nobody would seem to be contacted, and everything organic to be lost.
        """
        world, before = self.world(future), World(replace(self.setup, warmup=1, entry=None), twin=False)
        before.reset([future], np.array([future.seed], np.uint64) ^ OTHER_LUCK, start=self.start.state)
        world.sent[:] = before.sent
        world.sim.outcome = before.sim.outcome
        world.look()
        return world


def change_of(now: Now, future: Population, row: int) -> float:
    """Return what carrying out `row` now and holding then brings beyond holding, per customer and period."""
    world = now.world(future)
    total, done = 0.0, False
    while not done:
        reward, _, done = world.step(np.array([row]))  # rewards are beyond the twin, which holds throughout
        total += float(reward[0])
        row = 0
    return total / now.setup.horizon


def first_part(today: Segmentation) -> int:
    """Return the first number behind which no id of a new part is taken: today's plan may hold earlier parts."""
    taken = [int(id_.removeprefix("part-")) for id_ in today.ids if re.fullmatch(r"part-[0-9]+", id_)]
    return max(taken, default=0) + 1
