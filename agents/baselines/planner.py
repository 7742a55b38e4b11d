"""A planner with access to the simulator: no fair opponent, a yardstick of what foresight is worth.

Rollout (Tesauro and Galperin, "On-line policy improvement using Monte-Carlo search", NIPS 1996; Bertsekas, Tsitsiklis
and Wu, "Rollout algorithms for combinatorial optimization", Journal of Heuristics 3, 1997): the candidates that greedy
with shadow prices likes best, and hold, are each tried in copies of the very world that stands, traits and true effects
included, which live on under a base policy. Only luck is hidden: the copies draw theirs, the same for every candidate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenhand.agents.baselines.greedy import Greedy
from evenhand.agents.lookahead import OTHER_LUCK, look_ahead
from evenhand.agents.policy import Masks, Observations, Rows
from evenhand.envs import World

__all__ = ["Planner", "PlannerTuning"]


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
            base = self.scout if self.tuning.base == "greedy" else None
            values = look_ahead(self._world, e, rows, luck, periods=self.tuning.periods, base=base)
            if not masks[e, 0]:
                values[0] = -np.inf
            chosen[e] = rows[values.argmax()]
        return chosen
