"""The effect on one metric in one arm: the estimate, its lift, what the present look allows to say, and modest forms.

At a look whose bound is c standard errors (`sequential.critical_value`, two-sided at the plan's error rate), the
interval is value ± c se, with Student's quantile of the same tail where there are few degrees of freedom. It holds at
all looks together. After the end of a trial that could have stopped before, `stopped` is the median-unbiased estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr

from evenhand.errors import DataError
from evenhand.experiments.inference import (
    ArmMeans,
    Estimate,
    Metric,
    NonInferiority,
    Shrunken,
    arm_means,
    cautious,
    cautious_difference,
    lift,
    proportion,
    proportion_difference,
    quantile,
)
from evenhand.experiments.sequential import Stopped
from evenhand.experiments.trial.analysis.reading import Reading
from evenhand.experiments.trial.parts import QuantileMetric
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.fairness.gaps import newcombe

__all__ = ["Effect", "Role", "interval_at", "measured", "measured_quantile", "role_of"]

Role = Literal["primary", "guardrail", "secondary"]


@dataclass(frozen=True, slots=True)
class Effect:
    """Challenger minus control on one metric; `low` and `high` hold at this look, None where it may not tell."""

    metric: str
    arm: str
    role: Role
    control: Estimate
    treatment: Estimate
    difference: Estimate
    lift: Estimate | None  # None where control is not clearly above 0
    unadjusted: Estimate | None = None  # without covariates, where there are any
    score: tuple[float, float] | None = None  # Newcombe's 95 % limits, of a proportion
    low: float | None = None
    high: float | None = None
    z: float = math.nan  # standard errors from 0, signed
    needed: float = math.inf  # for a difference at this look, at the plan's error rate
    p_value: float = math.nan  # two-sided, as if this were the only look; at looks at any time valid at all of them
    p_adjusted: float = math.nan  # Holm over primaries and challengers, Benjamini and Hochberg over secondary ones
    noninferiority: NonInferiority | None = None  # of a guardrail, at this look
    shrunken: Shrunken | None = None  # of a primary
    stopped: Stopped | None = None  # of a primary, once the trial has ended


def role_of(plan: ExperimentPlan, metric: str) -> Role:
    """Return what a metric is to the decision."""
    if metric in plan.primary:
        return "primary"
    return "guardrail" if any(guard.metric == metric for guard in plan.guardrails) else "secondary"


def measured(plan: ExperimentPlan, reading: Reading, name: str, metric: Metric, *, yes_no: bool) -> list[Effect]:
    """Return the effect of each challenger on a mean, proportion or ratio; DataError where it cannot be told."""
    arms = (plan.control, *plan.challengers)
    guarding = yes_no and not reading.in_clusters and role_of(plan, name) == "guardrail"
    if guarding and (unvaried := _unvaried(plan, reading, name, metric.value)):
        return unvaried
    used = reading.metric(metric)
    means = arm_means(reading.randomised, used, arms=arms)
    bare = Metric(used.value, used.per) if used.covariates else None
    plain = arm_means(reading.randomised, bare, arms=arms) if bare else None
    found = []
    for arm in plan.challengers:
        score = None
        if yes_no and not reading.in_clusters:
            rates = proportion_difference(reading.units, metric.value, treatment=arm, control=plan.control)
            score = (float(rates.low), float(rates.high))
        found.append(
            Effect(
                name, arm, role_of(plan, name), means.mean(plan.control), means.mean(arm),
                means.difference(arm, plan.control), _lift(means, arm, plan.control),
                plain.difference(arm, plan.control) if plain else None, score,
            )
        )  # fmt: skip
    return found


def _unvaried(plan: ExperimentPlan, reading: Reading, name: str, column: str) -> list[Effect]:
    """Return the effects where nobody converts in any arm, or everyone does; an empty list where anything varies.

    Rare harm that did not happen is not missing: a guardrail on it is judged by how many could have had it. What a
    trial is about must vary, or its data are broken: primaries get no number here.
    """
    rates = {arm: proportion(reading.units, column, arm) for arm in (plan.control, *plan.challengers)}
    if {rate.rate for rate in rates.values()} not in ({0.0}, {1.0}):
        return []
    control = rates[plan.control]
    found = []
    for arm in plan.challengers:
        score = newcombe(rates[arm], control)
        difference = cautious_difference(rates[arm], control)
        limits = (float(score.low), float(score.high))
        of = role_of(plan, name)
        found.append(
            Effect(name, arm, of, cautious(control), cautious(rates[arm]), difference, lift=None, score=limits)
        )
    return found


def measured_quantile(plan: ExperimentPlan, reading: Reading, metric: QuantileMetric) -> list[Effect]:
    """Return the effect of each challenger on a quantile; DataError where it cannot be told."""
    if reading.in_clusters:
        raise DataError("quantiles of randomised clusters are not covered", rule="rows are independent units",
                        mend="test the share of units above a value")  # fmt: skip
    if not reading.values:
        raise DataError("quantiles and dropped rows do not go together", rule="every unit has a value")
    at = reading.value_columns.index(metric.column)
    one = {arm: quantile(values[:, at], metric.quantile) for arm, values in reading.values.items()}
    base = one[plan.control]
    found = []
    for arm in plan.challengers:
        new = one[arm]
        difference = Estimate(new.value - base.value, float(np.hypot(new.se, base.se)))
        relative = None
        if base.value > 3 * base.se:
            ratio = new.value / base.value
            relative = Estimate(ratio - 1, float(np.hypot(new.se, ratio * base.se)) / base.value)
        found.append(Effect(metric.name, arm, role_of(plan, metric.name), base, new, difference, relative))
    return found


def interval_at(estimate: Estimate, needed: float) -> tuple[float, float] | tuple[None, None]:
    """Return the limits of an estimate where `needed` standard errors are asked for; none where nothing is enough."""
    level = 1 - 2 * float(ndtr(-needed))
    if math.isinf(needed):
        return None, None
    if not 0 < level < 1:  # beyond eight standard errors the tail is lost to rounding
        return estimate.value - needed * estimate.se, estimate.value + needed * estimate.se
    return estimate.interval(level)


def _lift(means: ArmMeans, arm: str, control: str) -> Estimate | None:
    try:
        return lift(means, arm, control)
    except DataError:  # control is not clearly above 0: a lift would be a number that only looks fine
        return None
