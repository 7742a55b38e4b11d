"""Greedy's tuning: every opponent deserves the effort that learning gets.

Coordinate search on populations of their own, twice over the settings, judged by mean profit beyond today; the budget
is the number of settings tried times populations. A setting whose feasible share is lower than the best one's, up to
the share that counts as feasible, loses to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from evenhand.agents.baselines.greedy import Greedy, GreedyTuning
from evenhand.agents.feasible import feasible_share, rank
from evenhand.agents.policy import Layout
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.envs import Setup
from evenhand.simulator import Simulator

__all__ = ["ONE_STEP", "SHADOW_PRICED", "Tuned", "tune_greedy"]

TUNING_SEED = 300_000_000

ONE_STEP: Final[dict[str, tuple[float, ...]]] = {"periods": (1.0, 2.0, 4.0, 8.0, 26.0), "caution": (0.0, 0.5, 1.0)}
SHADOW_PRICED: Final[dict[str, tuple[float, ...]]] = {
    "worth_charge": (0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2),
    "contact_charge": (0.0, 0.025, 0.05, 0.1, 0.15),
    **ONE_STEP,
}


@dataclass(frozen=True)
class Tuned:
    """The best setting found, and what finding it took."""

    tuning: GreedyTuning
    profit: float  # money per customer and period beyond today
    tried: int
    populations: int


def tune_greedy(
    simulator: Simulator,
    setup: Setup,
    layout: Layout,
    space: Mapping[str, tuple[float, ...]],
    *,
    populations: int = 32,
    n_customers: int = 1000,
    progress: Callable[[int], None] | None = None,
) -> Tuned:
    """Return the best setting of greedy within `space` for `setup` (its shield counts)."""
    pool = PopulationPool(simulator, first_seed=TUNING_SEED, count=populations, n_customers=n_customers)
    scores: dict[GreedyTuning, tuple[float, float]] = {}

    def score(tuning: GreedyTuning) -> tuple[float, float]:
        if tuning not in scores:
            charges = setup.charges_in_units
            policy = Greedy(layout, setup.horizon, charges.edit, charges.complexity, tuning)
            outcome = roll_out(policy, setup, pool, range(populations), against_twin=True)
            feasible = feasible_share(outcome) if setup.shield else 1.0
            scores[tuning] = rank(feasible, float(outcome.profit.mean()))
            if progress:
                progress(len(scores))
        return scores[tuning]

    best = GreedyTuning()
    for _ in range(2):
        for name, values in space.items():
            best = max((replace(best, **{name: value}) for value in values), key=score)
    return Tuned(best, score(best)[1], len(scores), populations)
