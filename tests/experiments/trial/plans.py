"""A plan that tests build on."""

from __future__ import annotations

from typing import Any

from evenhand.experiments.trial.plan import ExperimentPlan

DRAFT: dict[str, Any] = {
    "name": "spring",
    "hypothesis": "A finer cut by recency brings more orders.",
    "arms": [
        {"name": "today", "share": 0.5, "of": "rfm", "sha256": "a" * 64},
        {"name": "finer", "share": 0.5, "of": "rfm-finer", "sha256": "b" * 64},
    ],
    "control": "today",
    "metrics": [
        {"name": "orders", "kind": "proportion", "column": "ordered"},
        {"name": "margin", "kind": "mean", "column": "margin"},
        {"name": "unsubscribed", "kind": "proportion", "column": "unsubscribed", "direction": "down"},
        {"name": "margin per order", "kind": "ratio", "numerator": "margin", "denominator": "orders"},
    ],
    "primary": ["orders"],
    "guardrails": [
        {"metric": "margin", "margin": 0.1, "relative": True},
        {"metric": "unsubscribed", "margin": 0.01},
    ],
    "fairness": [{"attribute": "income", "groups": {"low": 0.3, "middle": 0.5, "high": 0.05}}],
    "looks": {"kind": "planned", "fractions": [0.25, 0.5, 0.75, 1.0]},
    "weeks": 4,
    "salt": "spring-2026",
    "expected": {
        "units": 40_000,
        "metrics": [
            {"metric": "orders", "mean": 0.1, "effect": 0.01},
            {"metric": "margin", "mean": 2.0, "sd": 5.0},
            {"metric": "unsubscribed", "mean": 0.02},
        ],
    },
}


def draft(**changes: Any) -> ExperimentPlan:
    """Return the plan with other fields in place."""
    return ExperimentPlan.from_dict({**DRAFT, **changes})
