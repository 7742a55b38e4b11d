"""A planned trial and data of it that are drawn as the plan expects, from the assignment on; tests spoil them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.experiments.trial.plans import DRAFT, draft

from evenhand.experiments.trial.analysis import Analysis, analyze
from evenhand.experiments.trial.assignment import Arm, Assignment
from evenhand.experiments.trial.needs import with_groups
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

Data = dict[str, NDArray[Any]]
REGISTERED = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
START, UNTIL, NOW = date(2026, 3, 2), date(2026, 3, 29), datetime(2026, 4, 1, tzinfo=UTC)
SENT = {"finer": "b" * 64}


def registered(**changes: Any) -> RegisteredPlan:
    """Return the plan with other fields in place, as if registered."""
    plan = with_groups(draft(**changes))
    return RegisteredPlan(plan, plan.sha256, REGISTERED)


def expecting(**changes: Any) -> dict[str, Any]:
    """Return the plan's expectations with other ones in place."""
    return {**DRAFT["expected"], **changes}


def assigned(plan: ExperimentPlan, units: NDArray[Any]) -> NDArray[Any]:
    """Return the arm of each unit, by the plan's salt and shares."""
    codes = Assignment(plan.salt, tuple(Arm.of(arm.name, arm.share) for arm in plan.arms)).assign(units)
    return np.array([arm.name for arm in plan.arms])[codes]


def drawn(
    plan: ExperimentPlan, *, seed: int, n: int = 40_000, orders: float = 0.0, margin: float = 0.0,
    unsubscribed: float = 0.0, low: float = 0.0,
) -> Data:  # fmt: skip
    """Return a row per customer; each effect is that of every arm but the control, `low` on low incomes' benefit."""
    rng = np.random.default_rng(seed)
    customers = np.arange(n)
    arm = assigned(plan, customers)
    new = arm != plan.control
    income = rng.choice(["low", "middle", "high"], n, p=[0.3, 0.65, 0.05])
    before = rng.gamma(2.0, 1.0, n)
    return {
        "customer_id": customers, "arm": arm, "income": income, "before": before,
        "ordered": rng.random(n) < 0.1 + orders * new, "orders": rng.poisson(1.0 + 0.2 * before, n),
        "margin": rng.gamma(0.16, 6.25, n) + before + margin * new - 1,
        "unsubscribed": rng.random(n) < 0.02 + unsubscribed * new,
        "benefit": rng.random(n) < 0.3 + low * (new & (income == "low")),
    }  # fmt: skip


def analysed(plan: RegisteredPlan, data: Any, **options: Any) -> Analysis:
    """Return the analysis of a trial's whole four weeks."""
    return analyze(
        plan, data,
        **{"origin": "live", "start": START, "until": UNTIL, "delivered": SENT, "now": NOW, **options},
    )  # fmt: skip


def spoiled(data: Data, column: str, rows: Any, value: Any) -> Data:
    """Return the data with other values in some rows of a column."""
    changed = data[column].astype(object if isinstance(value, str | None) else np.result_type(data[column], value))
    changed[rows] = value
    return {**data, column: changed}
