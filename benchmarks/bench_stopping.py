"""How much of what learning loses on `shifted` dynamics is the price of one change a week, for whoever knows at once?

    python benchmarks/bench_stopping.py

The fastest that anyone who changes one segment a week can stop contacting: every week the segment with the most
contacts gets no campaign, from the first week on. It knows that nothing pays there, which nobody can know. Beside it
stand the opponents' and the trainings' cells of the same populations under results/learning/, which it needs. From
today's segmentation, with the shield, as learning plays, and without; and from the plan that learning begins with, at
once and after so many weeks in which it could have learned that. Prints one JSON line and writes the same to
results/stopping.json.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import Layout
from evenhand.envs import Setup
from evenhand.experiments.beginning import Beginning
from evenhand.experiments.benchmark.business import Business, business_of
from evenhand.experiments.benchmark.cells import FULL, SHIFTED, Cell
from evenhand.experiments.benchmark.measure import measure
from evenhand.experiments.benchmark.store import Store, made
from evenhand.experiments.evaluation import Entrant
from evenhand.experiments.paired import compare
from evenhand.whole import write_whole

RESULTS = Path(__file__).parent / "results"
PLAN = "uplift-tree"
WAITS = (0, 1, 2, 4)


@dataclass
class Stop:
    """Takes the campaign from the segment that has most contacts, one a week, after it has waited so many weeks."""

    layout: Layout
    wait: int
    name: str = "stop"
    week: int = -1

    def reset(self, seed: int) -> None:
        """Forget the week."""
        self.week = -1

    def choose(self, observations: NDArray[np.float32], masks: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the row that leaves out most contacts, to hold where none does."""
        layout = self.layout
        self.week += 1
        if self.week < self.wait:
            return np.zeros(len(observations), np.int64)
        silent = np.zeros(layout.n_rows, bool)
        silent[1 : 1 + layout.max_segments * layout.n_campaigns : layout.n_campaigns] = True  # "no contact" comes first
        fewer = np.where(masks & silent, -layout.candidate(observations, "contact_change"), 0.0)
        return np.where(fewer.max(axis=1) > 0, fewer.argmax(axis=1), 0).astype(np.int64)


def main() -> None:
    """Play, compare and report."""
    store = Store(RESULTS / "learning", FULL)
    opponents = (store.read(Cell(SHIFTED, 1.0, "opponents")) or {})["found"]
    base, plan = np.array(opponents["nobody"]), np.array(opponents["players"][PLAN]["profit"])
    seeds = [cell for cell in store.cells() if cell.scenario == SHIFTED and cell.part == "seed"]
    learned = np.mean([(store.read(cell) or {})["found"]["profit"] for cell in seeds], axis=0)
    business = business_of("households", 1.0, FULL.settings, shifted=True)
    begun = (store.read(Cell(SHIFTED, 1.0, "beginning")) or {})["found"]["beginning"]
    first = Beginning.from_dict(begun, business.setup).plan.segmentation
    ways = {
        "from_today": (business.setup, 0),
        "from_today_without_shield": (replace(business.setup, shield=False), 0),
        **{f"begun_after_{weeks}_weeks": (business.setup.begun_with(first), weeks) for weeks in WAITS},
    }
    figures = {
        "made": made(), "populations": len(base), "trainings": len(seeds), "learned_less_plan": _less(learned, plan),
        **{f"stop_{name}_less_plan": _less(_played(business, setup, wait, base), plan)
           for name, (setup, wait) in ways.items()},
    }  # fmt: skip
    line = json.dumps(figures)
    write_whole(RESULTS / "stopping.json", line + "\n")
    print(line)


def _played(business: Business, setup: Setup, wait: int, base: NDArray[np.float64]) -> NDArray[np.float64]:
    player = Entrant("stop", "stops, one segment a week", Stop(business.layout, wait), setup)
    return measure(player, business, business.unseen(), base).profit


def _less(one: NDArray[np.float64], other: NDArray[np.float64]) -> list[float]:
    """Return the mean difference in thousandths of money per customer and week, and its 95 % interval."""
    found = compare(one, other, seed=1)
    return [round(1000 * value, 2) for value in (found.mean, found.low, found.high)]


if __name__ == "__main__":
    main()
