"""The no-op twin: the same customers, luck and history in a world whose segmentation never changes."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import TYPE_CHECKING

from evenhand.envs.totals import Totals
from evenhand.simulator.population import Simulation

if TYPE_CHECKING:
    from evenhand.envs.world import World

__all__ = ["twin_of"]

MOVING = ("bins", "first", "second", "given", "explored", "sent", "sends", "pressure", "size", "campaign", "lo", "hi")


def twin_of(world: World) -> World:
    """Return the twin of a world as it stands; nobody looks at a twin, and what never moves is shared."""
    twin = copy(world)
    twin.with_twin, twin.twin, twin.watched, twin.counts_likely = False, None, False, False
    twin.sim = Simulation(world.population, world.seeds)
    twin.sim.state = deepcopy(world.sim.state)
    twin.sim.period = world.sim.period
    for name in MOVING:
        setattr(twin, name, getattr(world, name).copy())
    twin.totals = Totals.zero(world.members.shape)
    return twin
