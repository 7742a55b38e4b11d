"""A shop whose experiment is rehearsed: letters to everyone, who got nothing before."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.experiments.shop import shop

from evenhand.customers import Customers
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.segments import Segment, Segmentation
from evenhand.simulator import Simulator, calibrate


@cache
def people() -> Customers:
    return shop(600)


@cache
def simulator() -> Simulator:
    return calibrate(people(), replicates=2, seed=1)


def everyone_gets(campaign: str) -> Segmentation:
    default = Segment(id="everyone", name="Everyone", campaign=campaign)
    return Segmentation(catalogue=people().catalogue, segments=(), default=default)


NOTHING, LETTERS = everyone_gets("none"), everyone_gets("letter")
ARMS = {"today": NOTHING, "letters": LETTERS}


def planned(**changes: Any) -> ExperimentPlan:
    """Return a plan to send letters, judged by who opens anything, watched by what they earn."""
    values: dict[str, Any] = {
        "name": "letters", "hypothesis": "Letters are opened.", "control": "today", "primary": ["opened"],
        "arms": [{"name": name, "share": 0.5, "of": name, "sha256": arm.hash} for name, arm in ARMS.items()],
        "metrics": [{"name": "opened", "kind": "proportion", "column": "opened"},
                    {"name": "unsubscribed", "kind": "proportion", "column": "unsubscribed", "direction": "down"},
                    {"name": "profit", "kind": "mean", "column": "profit"}],
        "guardrails": [{"metric": "profit", "margin": 10.0}],
        "looks": {"kind": "planned", "fractions": [0.5, 1.0]}, "weeks": 2, "salt": "letters",
        "expected": {"units": 600, "metrics": [{"metric": "opened", "mean": 0.1, "effect": 0.1},
                                               {"metric": "profit", "mean": 5.0, "sd": 10.0}]},
    }  # fmt: skip
    return ExperimentPlan.from_dict({**values, **changes})
