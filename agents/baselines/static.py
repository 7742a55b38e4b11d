"""Static opponents: another segmentation put in place once, each segment with the campaign that simulates best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evenhand.agents.baselines.hold import Hold
from evenhand.agents.baselines.tuning import TUNING_SEED
from evenhand.agents.feasible import feasible_share, rank
from evenhand.agents.rollout import PopulationPool, roll_out
from evenhand.envs import Setup
from evenhand.envs.boxes import Boxes
from evenhand.simulator import Simulator

__all__ = ["StaticPlan", "best_campaigns", "uniform"]


@dataclass(frozen=True)
class StaticPlan:
    """A segmentation with fixed campaigns, as a set-up that enters it at the first period."""

    setup: Setup
    profit: float  # money per customer and period beyond today
    tried: int  # plans simulated to find it
    populations: int

    @property
    def edits(self) -> int:
        """How many tweaks putting it in place stands for."""
        return self.setup.entry_edits


def uniform(boxes: Boxes, n_campaigns: int) -> list[Boxes]:
    """Return the same segments with one campaign for everyone, for each campaign: places to search from.

    From nobody contacted alone a search cannot leave: contacting a single segment is unfair where everyone is not.
    """
    return [replace(boxes, campaign=np.full_like(boxes.campaign, c)) for c in range(n_campaigns)]


def best_campaigns(
    simulator: Simulator,
    setup: Setup,
    starts: Sequence[Boxes],
    *,
    n_campaigns: int,
    fair: bool = True,
    populations: int = 32,
    n_customers: int = 1000,
    progress: Callable[[int], None] | None = None,
) -> StaticPlan:
    """Return the best plan found from the first and the best of `starts`, campaigns searched by segment, twice around.

    Judged in the world that the business expects, over the whole horizon, so the opponent knows fatigue, and less what
    putting the plan in place costs; with `fair`, plans within tolerance in enough populations come first.
    """
    pool = PopulationPool(simulator, first_seed=TUNING_SEED, count=populations, n_customers=n_customers, expected=True)
    scores: dict[bytes, tuple[float, float]] = {}

    def score(boxes: Boxes) -> tuple[float, float]:
        key = b"".join(part.tobytes() for part in (boxes.lo, boxes.hi, boxes.campaign))
        if key not in scores:
            outcome = roll_out(Hold(), replace(setup, entry=boxes), pool, range(populations), against_twin=True)
            scores[key] = rank(feasible_share(outcome) if fair else 1.0, float(outcome.profit.mean()))
            if progress:
                progress(len(scores))
        return scores[key]

    def climb(boxes: Boxes) -> Boxes:
        for _ in range(2):
            for s in range(boxes.size):
                boxes = max((_sending(boxes, s, c) for c in range(n_campaigns)), key=score)
        return boxes

    best = max((climb(start) for start in (starts[0], max(starts, key=score))), key=score)
    return StaticPlan(replace(setup, entry=best), score(best)[1], len(scores), populations)


def _sending(boxes: Boxes, segment: int, campaign: int) -> Boxes:
    changed = boxes.campaign.copy()
    changed[segment] = campaign
    return replace(boxes, campaign=changed)
