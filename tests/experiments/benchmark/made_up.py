"""Made-up cells: what opponents, trainings and the planner would leave, in numbers that can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.experiments.benchmark.cells import TINY, Cell
from evenhand.experiments.benchmark.funnel import FUNNEL
from evenhand.experiments.benchmark.store import Store

P = 40
BASE = 1.0 + 0.3 * np.sin(np.arange(P))  # the best feasible baseline's profit


def store_at(path: Path) -> Store:
    return Store(path, replace(TINY, settings=TINY.settings.changed(populations=P)))


def player(profit: np.ndarray, *, held: int = P, rate: float = 0.2, **more: Any) -> dict[str, Any]:
    return {
        "profit": profit.tolist(),
        "held": "1" * held + "0" * (P - held),
        "contact": 0.4,
        "tweaks": 9.0,
        "funnel": {name: [rate] * P for name in FUNNEL},
        **more,
    }


def opponents(store: Store, *, scenario: str = "households", delayed: float = 1.0, with_beginning: bool = True) -> None:
    def one(label: str, profit: np.ndarray, **how: Any) -> dict[str, Any]:
        validation = {"profit": float(profit.mean()) - 0.5, "feasible": 1.0}
        return player(profit, label=label, validation=validation, **how)

    found = {
        "tuned": {"greedy-shadow": {"tried": 3}},
        "tuning_cpu_minutes": {"greedy-shadow": 0.9},
        "nobody": [-0.5] * P,
        "players": {
            "today": one("today (RFM)", 0.5 * BASE),
            "greedy-shadow": one("greedy, shielded, shadow prices", BASE),
            "greedy": one("greedy", 2.0 * BASE, held=P // 2),
            "blast": one("generic blast", 0.2 * BASE, rate=0.1),
        },
        "realised": {"today": {"expected": [0.5, 0.7], "realised": [0.4, 0.8]}},
    }
    store.write(Cell(scenario, delayed, "opponents"), found, minutes=30.0, cpu_minutes=25.0)
    if with_beginning:
        beginning(store, scenario=scenario, delayed=delayed)


def beginning(
    store: Store, profit: np.ndarray | None = None, *, scenario: str = "households", delayed: float = 1.0
) -> None:
    """Write that learning begins with today's segmentation, or with a plan from which greedy earns `profit`."""
    label = "greedy, begun with: A for everyone"
    validation = {"profit": 0.4, "feasible": 1.0}
    players = {} if profit is None else {"greedy-begun": player(profit, label=label, validation=validation)}
    plan = None if profit is None else {"label": "A for everyone"}
    found = {"beginning": plan, "players": players}
    store.write(Cell(scenario, delayed, "beginning"), found, minutes=9.0, cpu_minutes=9.0)


def training(
    store: Store, seed: int, profit: np.ndarray, *, scenario: str = "households", delayed: float = 1.0, **how: Any
) -> None:
    variant = how.pop("variant", "full")
    points = [(0, 0.4, 1.0, 1.0), (100, 0.6, 0.5, 2.0), (200, 0.55, 1.0, 3.0)]  # profit beyond today, feasible, minutes
    found = {
        "policy": f"{scenario} {delayed} {seed}",
        "curve": [
            {"steps": steps, "profit": p, "gap": 0.0, "feasible": f, "multiplier": 0.0, "cpu_minutes": minutes}
            for steps, p, f, minutes in points
        ],
        "kept": 200,
        "training_cpu_minutes": 3.5,
        **player(profit, **how),
    }
    store.write(Cell(scenario, delayed, "seed", seed, variant), found, minutes=4.0, cpu_minutes=4.0)
