"""Effects turned so that more is better, and how far they lie beyond a null."""

from __future__ import annotations

import math
from typing import Literal

from scipy.special import ndtri

from evenhand.experiments.gate.evidence import Evidence
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["oriented", "z_beyond"]


def oriented(plan: ExperimentPlan, evidence: Evidence, metric: str, *, relative: bool = False) -> Estimate | None:
    """Return the effect on a metric with more being better, None where the evidence does not have it."""
    result = next((result for result in evidence.metrics if result.metric == metric), None)
    record = None if result is None else result.lift if relative else result.difference
    if record is None:
        return None
    return record.estimate.scaled(1.0 if plan.metric(metric).direction == "up" else -1.0)


def z_beyond(estimate: Estimate, null: float, alternative: Literal["greater", "less"]) -> float:
    """Return the normal quantile of the one-sided p-value: how many standard errors lie beyond `null`.

    Student's t with few degrees of freedom is thereby made comparable with bounds on a normal z.
    """
    sign = 1.0 if (estimate.value > null) == (alternative == "greater") else -1.0
    # The smaller of the two tails keeps its digits where the other one rounds to 1.
    tail = min(estimate.p_value(null, "greater"), estimate.p_value(null, "less"))
    return sign * (math.inf if tail == 0 else -float(ndtri(tail)))
