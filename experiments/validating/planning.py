"""The plan of a simulated trial: what is compared and by which margins, fixed before its populations are drawn.

Units are simulated customers; a population is a cluster of them. Both arms run in every population with the same luck,
so of an arm's variance only 1 - r2 is left, r2 being the correlation of the arms: what a covariate does in a live
trial. What the plan reckons with comes from a pilot on populations of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.envs import Setup
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.validating.spread import counted, design_effect, likeness
from evenhand.experiments.validating.twins import METRICS, Twins
from evenhand.simulator import Simulator

__all__ = ["LEAST_EFFECT", "MARGIN", "draft_plan", "groups_of"]

MARGIN = 0.01  # of all customers, over the horizon: how many more may unsubscribe or leave
LEAST_EFFECT = 0.2  # of the spread of differences over populations: what 200 of them find four times in five
MOST_WEEKS = 104  # of a plan


def draft_plan(
    pilot: Twins, *, simulator: Simulator, setup: Setup, populations: int, n_customers: int, name: str,
    today_sha256: str, policy_sha256: str,
) -> ExperimentPlan:  # fmt: skip
    """Return the plan: profit must rise; unsubscribing, leaving and the study's fairness constraint are watched.

    The constraint holds in the mean over populations with the tolerance that the policy learned under.
    """
    groups = groups_of(simulator, setup)
    effect = design_effect(pilot, groups[0], groups[1]) if groups else 1.0
    icc = min(1.0, (effect - 1) / max(n_customers - 1, 1))
    values: dict[str, Any] = {
        "name": name,
        "hypothesis": "What the policy makes of today's segmentation earns more, and harms nobody.",
        "control": "today",
        "arms": [
            {"name": "today", "share": 0.5, "of": "today's segmentation", "sha256": today_sha256},
            {"name": "policy", "share": 0.5, "kind": "policy", "of": name, "sha256": policy_sha256},
        ],
        "unit": "customer",
        "cluster": "population",
        "metrics": [
            {"name": metric, "kind": "mean", "column": metric, "direction": "up" if metric == "profit" else "down"}
            for metric in METRICS
        ],
        "primary": ["profit"],
        "guardrails": [{"metric": metric, "margin": MARGIN} for metric in METRICS[1:]],
        "fairness": _fairness(pilot, simulator, setup, groups),
        "weeks": min(setup.horizon, MOST_WEEKS),
        "salt": name,
        "expected": {
            "units": 2 * populations * n_customers,
            "cluster_size": n_customers,
            "icc": icc,
            "metrics": [
                _assumed(pilot, metric, n_customers / (1 + (n_customers - 1) * icc)) for metric in range(len(METRICS))
            ],
        },
    }
    return ExperimentPlan.from_dict(values)


def groups_of(simulator: Simulator, setup: Setup) -> tuple[int, list[int]] | None:
    """Return the constrained attribute and its groups, by position; None without a constraint."""
    parity = setup.parity
    return None if parity is None else (parity.attribute, list(parity.groups))


def _assumed(pilot: Twins, metric: int, worth: float) -> dict[str, Any]:
    """Return what is assumed of a metric; `worth` is how many independent customers a population stands for.

    A plan's standard deviation is that of one customer: the spread of populations, scaled up to it.
    """
    today = pilot.today[:, metric]
    spread = float(today.std(ddof=1)) or 1e-6
    apart = float((pilot.policy[:, metric] - today).std(ddof=1)) or spread
    assumed = {"metric": METRICS[metric], "mean": float(today.mean()), "sd": spread * worth**0.5,
               "r2": likeness(pilot, metric)}  # fmt: skip
    return assumed | ({"effect": LEAST_EFFECT * apart} if METRICS[metric] == "profit" else {})


def _fairness(
    pilot: Twins, simulator: Simulator, setup: Setup, groups: tuple[int, list[int]] | None
) -> list[dict[str, Any]]:
    if groups is None or setup.parity is None:
        return []
    position, members = groups
    attribute = simulator.protected[position]
    sizes = pilot.members[:, position, :].sum(axis=0)
    everyone = float(pilot.members[:, position, :].sum())
    told = [counted(pilot.today_rates[:, position, k], pilot.members[:, position, k]) for k in members]
    rate = sum(c.positive for c in told) / max(sum(c.n for c in told), 1)
    return [
        {
            "attribute": attribute.name,
            "margin": setup.parity.tolerance,
            "against": "zero",
            "rate": float(np.clip(rate, 0.01, 0.99)),
            "groups": {attribute.groups[k].name: float(sizes[k]) / everyone for k in members},
        }
    ]
