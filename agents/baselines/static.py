"""Static opponents: another segmentation put in place once, each segment with the campaign that simulates best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.hold import Hold
from evenhand.agents.baselines.tuning import TUNING_SEED
from evenhand.agents.feasible import feasible_share, rank
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.envs import Setup
from evenhand.envs.boxes import Boxes
from evenhand.simulator import Simulator

__all__ = ["StaticPlan", "best_campaigns"]


@dataclass(frozen=True)
class StaticPlan:
    """A segmentation with fixed campaigns, as a set-up that enters it at the first period."""

    setup: Setup
    edits: int  # what putting it in place costs
    tried: int  # plans simulated to find it


def best_campaigns(
    simulator: Simulator,
    setup: Setup,
    boxes: Boxes,
    *,
    n_campaigns: int,
    fair: bool = True,
    populations: int = 16,
    n_customers: int = 1000,
    progress: Callable[[int], None] | None = None,
) -> StaticPlan:
    """Return the plan whose campaigns, searched one segment at a time and twice around, simulate best.

    Judged over the whole horizon, so the opponent knows fatigue, and less what putting the plan in place costs; with
    `fair`, plans within tolerance in enough populations come first.
    """
    pool = PopulationPool(simulator, first_seed=TUNING_SEED, count=populations, n_customers=n_customers)
    scores: dict[bytes, tuple[float, float]] = {}

    def score(campaign: NDArray[np.int8]) -> tuple[float, float]:
        key = campaign.tobytes()
        if key not in scores:
            plan = replace(setup, entry=replace(boxes, campaign=campaign))
            outcome = roll_out(
                Hold(),
                plan,
                pool,
                range(populations),
                extra_edits=_edits(setup.start, boxes, campaign),
                against_twin=True,
            )
            scores[key] = rank(feasible_share(outcome) if fair else 1.0, float(outcome.profit.mean()))
            if progress:
                progress(len(scores))
        return scores[key]

    best = boxes.campaign.copy()
    for _ in range(2):
        for s in range(boxes.size):
            options = []
            for c in range(n_campaigns):
                option = best.copy()
                option[s] = c
                options.append(option)
            best = max(options, key=score)
    plan = replace(setup, entry=replace(boxes, campaign=best))
    return StaticPlan(plan, _edits(setup.start, boxes, best), len(scores))


def _edits(start: Boxes, boxes: Boxes, campaign: NDArray[np.int8]) -> int:
    """Return how many tweaks a plan takes: other campaigns for today's segments, or every segment made anew."""
    n = boxes.size
    if n == start.size and np.array_equal(boxes.lo[:n], start.lo[:n]) and np.array_equal(boxes.hi[:n], start.hi[:n]):
        return int((campaign[:n] != start.campaign[:n]).sum())
    return n
