"""A planner with access to the simulator: no fair opponent, a yardstick of what foresight is worth.

Rollout (Tesauro and Galperin, "On-line policy improvement using Monte-Carlo search", NIPS 1996; Bertsekas, Tsitsiklis
and Wu, "Rollout algorithms for combinatorial optimization", Journal of Heuristics 3, 1997): the candidates that greedy
with shadow prices likes best, and hold, are each tried in copies of the very world that stands, traits and true effects
included, which live on under a base policy. Only luck is hidden: the copies draw theirs, the same for every candidate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.greedy import Greedy
from evenhand.agents.policy import Masks, Observations, Rows
from evenhand.envs import World
from evenhand.envs.candidates import HOLD
from evenhand.envs.fork import Fork
from evenhand.envs.rewards import incremental_profit, remaining_value, residual_value

__all__ = ["Planner", "PlannerTuning"]

OTHER_LUCK = np.uint64(1 << 63)  # no population's own luck has this bit


@dataclass(frozen=True)
class PlannerTuning:
    """How far and how wide a planner looks."""

    candidates: int = 8  # tried at every period, beside hold
    futures: int = 2  # drawn at every period
    periods: int = 26  # looked ahead, at most to the horizon
    base: str = "hold"  # what follows the first tweak: "hold" or "greedy"


@dataclass
class Planner:
    """Try the most promising tweaks in the simulator itself and take the one that brings most."""

    scout: Greedy
    tuning: PlannerTuning = field(default_factory=PlannerTuning)
    name: str = "planner"
    _world: World | None = field(default=None, repr=False)
    _rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0), repr=False)

    def reset(self, seed: int) -> None:
        """Draw futures from `seed` from now on."""
        self._rng = np.random.default_rng(seed)

    def enter(self, world: World) -> None:
        """Take the world that tweaks are chosen for; it is only read."""
        self._world = world

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Return the row whose copies bring most, hold where none brings more than holding."""
        assert self._world is not None
        scores = np.where(masks, self.scout.scores(observations), -np.inf)
        scores[:, 0] = np.inf  # hold is what the others are measured against
        chosen = np.zeros(len(scores), np.int64)
        for e, score in enumerate(scores):
            rows = np.argsort(-score, kind="stable")[: 1 + self.tuning.candidates]
            rows = rows[score[rows] > -np.inf]
            luck = self._rng.integers(1 << 62, size=self.tuning.futures, dtype=np.uint64) | OTHER_LUCK
            values = self.values(e, rows, luck)
            if not masks[e, 0]:
                values[0] = -np.inf
            chosen[e] = rows[values.argmax()]
        return chosen

    def values(self, env: int, rows: Rows, luck: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Return what each row brings beyond the first one, money per customer, mean over futures, (K,)."""
        assert self._world is not None
        n, greedy = len(rows), self.tuning.base == "greedy"
        fork = Fork(self._world, env, np.repeat(luck, n), watched=greedy)
        first = np.arange(len(fork.seeds)) // n * n  # of the same future
        rows, total = np.tile(rows, len(luck)), np.zeros(len(fork.seeds))
        for k in range(min(self.tuning.periods, fork.setup.horizon - fork.period)):
            both = _same(fork, first)
            if greedy:
                if k:
                    rows = self.scout.choose(fork.observation, fork.allowed())
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
    value = remaining_value(p.traits, p.behaviour, periods=s.horizon - fork.period)
    theirs = out._replace(expected=out.expected[first], leaving=out.leaving[first])
    gained = incremental_profit(out, theirs, both, value)
    gained -= s.charges.edit * (edits - edits[first]) + s.charges.complexity * (fork.size - fork.size[first])
    return gained


def _value_left(fork: Fork, first: Rows) -> NDArray[np.float64]:
    p = fork.population
    value = residual_value(fork.sim.state, p.traits, p.behaviour)
    return np.asarray((_same(fork, first) * (value - value[first])).mean(axis=1))
