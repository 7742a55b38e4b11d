"""A registered plan and the evidence of a good trial of it, that tests spoil in one way each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.experiments.trial.plans import draft

from evenhand.experiments.gate import Evidence
from evenhand.experiments.trial.needs import with_groups
from evenhand.experiments.trial.register import RegisteredPlan

REGISTERED = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
EVEN = {"low": {"n": 6000, "positive": 1800}, "middle": {"n": 10_000, "positive": 3000},
        "high": {"n": 1000, "positive": 300}}  # fmt: skip
GOOD: dict[str, Any] = {
    "origin": "live",
    "data_sha256": "d" * 64,
    "policy_sha256": "b" * 64,
    "arm": "finer",
    "start": "2026-03-02",
    "until": "2026-03-29",
    "units": {"today": 20_010, "finer": 19_990},
    "looks": [0.25, 0.5, 0.75, 1.0],
    "metrics": [
        {"metric": "orders", "difference": {"value": 0.012, "se": 0.003}},
        {
            "metric": "margin",
            "difference": {"value": 0.05, "se": 0.05, "df": 39_000},
            "lift": {"value": 0.025, "se": 0.025, "df": 39_000},
        },
        {"metric": "unsubscribed", "difference": {"value": 0.001, "se": 0.0014}},
    ],
    "fairness": [{"attribute": "income", "criterion": "benefit", "control": EVEN, "treatment": EVEN}],
    "integrity": [
        {"name": "sample ratio", "status": "ok", "what": "Units are split as planned.", "p_value": 0.9},
        {"name": "missing values of any metric", "status": "ok", "what": "No value is missing."},
    ],
}


def registered(**changes: Any) -> RegisteredPlan:
    """Return the plan with other fields in place, as if registered."""
    plan = with_groups(draft(**changes))
    return RegisteredPlan(plan, plan.sha256, REGISTERED)


def evidence(plan: RegisteredPlan, **changes: Any) -> Evidence:
    """Return the evidence of a good trial with other fields in place."""
    return Evidence.from_dict({**GOOD, "plan_sha256": plan.sha256, **changes})


def effect(metric: str, value: float, se: float) -> dict[str, Any]:
    """Return the fields of `evidence` in which one metric came out otherwise."""
    results = []
    for result in GOOD["metrics"]:
        if result["metric"] == metric:
            name = "lift" if "lift" in result else "difference"
            results.append({**result, name: {"value": value, "se": se}})
        else:
            results.append(result)
    return {"metrics": results}
