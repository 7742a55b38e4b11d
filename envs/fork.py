"""Copies of one environment with other luck: what a planner with access to the simulator looks ahead in."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.foresight import Foresight
from evenhand.envs.reviewing import Desk
from evenhand.envs.totals import Totals
from evenhand.envs.world import World
from evenhand.simulator.population import Population

__all__ = ["Fork"]

SHARED = ("channel", "beneficial")  # of campaign effects: the same in every environment, so without an axis of them


class Fork(World):
    """Copies of one environment of a world as it stands, each living on with a luck of its own."""

    def __init__(
        self, world: World, env: int, seeds: NDArray[np.uint64], *, watched: bool = True, believed: bool = False
    ) -> None:
        """Copy environment `env` once per seed, (E,); nobody looks at copies that are not `watched`.

        The past is shared, what comes is drawn from `seeds`. Unwatched copies keep no funnel and no candidate table:
        they cannot be stepped, only `live`. With `believed` they live on as a business expects, not as this population
        truly would: under the prior means of effects and behaviour.
        """
        self.__dict__.update(_repeated(world.__dict__, env, len(seeds)))
        self.sim = copy(world.sim)
        self.sim.__dict__.update(_repeated(world.sim.__dict__, env, len(seeds)))
        self.population = self.sim.population
        if believed:
            self.population = self.population.as_expected()
            self.sim.adopt(self.population)
        self.seeds = self.sim.seeds = seeds
        self.with_twin, self.twin, self.watched = False, None, watched

    def live(self, rows: NDArray[np.int64]) -> None:
        """Carry out candidate rows (E,) and let a period pass without looking or keeping account.

        Any later row can only be hold; what is in review by then is still decided on.
        """
        self._carry_out(rows)
        self._send()
        self.period += 1


def _repeated(fields: dict[str, Any], env: int, times: int) -> dict[str, Any]:
    return {name: value if name in SHARED else _repeat(value, env, times) for name, value in fields.items()}


def _repeat(value: Any, env: int, times: int) -> Any:
    """Return `value` with its entry of `env` `times` over, in every array that it holds."""
    if isinstance(value, np.ndarray):
        return np.repeat(value[env : env + 1], times, axis=0)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return type(value)(**_repeated(value._asdict(), env, times))
    if isinstance(value, Population | Totals | Foresight | Desk):
        twice = copy(value)
        for name, part in _repeated(vars(value), env, times).items():
            object.__setattr__(twice, name, part)  # populations are frozen
        return twice
    return value
