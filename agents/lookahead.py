"""What a tweak brings, tried in copies of the world: the same futures for every candidate, and then nothing changes.

Rollout values (Bertsekas, Tsitsiklis and Wu, "Rollout algorithms for combinatorial optimization", 1997) with common
random numbers: candidates differ by the tweak alone, so that a single future already tells them apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.policy import Policy, Rows
from evenhand.envs import World
from evenhand.envs.candidates import HOLD
from evenhand.envs.fork import Fork
from evenhand.envs.rewards import incremental_profit, remaining_value, residual_value
from evenhand.simulator.types import Traits

__all__ = ["OTHER_LUCK", "look_ahead"]

OTHER_LUCK = np.uint64(1 << 63)  # no population's own luck has this bit


def look_ahead(
    world: World,
    env: int,
    rows: Rows,
    luck: NDArray[np.uint64],
    *,
    periods: int,
    base: Policy | None = None,
    believed: bool = False,
) -> NDArray[np.float64]:
    """Return what each of K `rows` of environment `env` brings beyond the first one, money per customer, (K,).

    The mean over one future per seed of `luck`, at most `periods` ahead and with the value left there; after the first
    period the policy `base` goes on, or nothing changes. `believed` futures follow the prior means of effects instead
    of this population's true ones.
    """
    n = len(rows)
    fork = Fork(world, env, np.repeat(luck, n), watched=base is not None, believed=believed)
    first = np.arange(len(fork.seeds)) // n * n  # of the same future
    rows, total = np.tile(rows, len(luck)), np.zeros(len(fork.seeds))
    for k in range(min(periods, fork.setup.horizon - fork.period)):
        both = _same(fork, first)
        if base is not None:
            rows = base.choose(fork.observation, fork.allowed()) if k else rows
            fork.step(rows)
        else:
            fork.live(rows if k == 0 else np.zeros_like(rows))
        edits = (fork.carried[:, 0] != HOLD).astype(np.float64)  # which a reviewer may put off
        total += _gained(fork, first, both, edits)
    total += _value_left(fork, first)
    return np.asarray(total.reshape(len(luck), n).mean(axis=0))


def _same(fork: Fork, first: Rows) -> NDArray[np.bool_]:
    absent = fork.sim.state.absent
    return np.asarray(absent == absent[first])


def _gained(fork: Fork, first: Rows, both: NDArray[np.bool_], edits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the last period brought beyond the copies `first`: what `World.step` rewards, with them as twins."""
    s, p, out = fork.setup, fork.population, fork.sim.outcome
    once = Traits(*(part[:1] for part in p.traits))  # the copies have the same customers
    value = remaining_value(once, p.behaviour[:1], periods=s.horizon - fork.period)
    theirs = out._replace(expected=out.expected[first], leaving=out.leaving[first])
    gained = incremental_profit(out, theirs, both, value)
    gained -= s.charges.edit * (edits - edits[first]) + s.charges.complexity * (fork.size - fork.size[first])
    return gained


def _value_left(fork: Fork, first: Rows) -> NDArray[np.float64]:
    p = fork.population
    value = residual_value(fork.sim.state, p.traits, p.behaviour)
    return np.asarray((_same(fork, first) * (value - value[first])).mean(axis=1))
