"""Every integrity check that the data of a trial allow, gathered; see `trial.integrity` for what each one tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evenhand.experiments.gate.evidence import Evidence
from evenhand.experiments.inference import Estimate, Metric, difference
from evenhand.experiments.moments import ROWS, Moments
from evenhand.experiments.trial.analysis.layout import Layout
from evenhand.experiments.trial.analysis.reading import Reading
from evenhand.experiments.trial.integrity import (
    Check,
    CovariateMoments,
    balance,
    carry_over,
    missing_data,
    sample_ratio,
    sequential_sample_ratio,
    shared_budget,
)
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["arm_checks", "delivery", "trial_checks"]


def trial_checks(plan: ExperimentPlan, reading: Reading, previous: Sequence[Evidence]) -> list[Check]:
    """Return the checks of the whole trial: its split at this look and at all looks, missing values, interference."""
    shares = {arm.name: arm.share for arm in plan.arms}
    counts = reading.counts(randomised=True)
    found = [sample_ratio(counts, shares)]
    if previous and not reading.in_clusters:  # earlier evidence counts units, and clusters were randomised
        found.append(sequential_sample_ratio([*(dict(e.units) for e in previous), counts], shares))
    found += [_missing(reading), shared_budget(plan)]
    return found


def arm_checks(plan: ExperimentPlan, reading: Reading, layout: Layout, arm: str) -> list[Check]:
    """Return the checks of one challenger against the control: balance before the trial, carry-over after it."""
    found = []
    if plan.covariates:
        columns = [*plan.covariates, *([ROWS] if reading.in_clusters else [])]
        control, treatment = (_covariates(reading.randomised, columns, name) for name in (plan.control, arm))
        found.append(balance(control, treatment, columns))
    if layout.afterwards:
        found.append(carry_over(_after(plan, reading, layout, arm), washout_weeks=plan.washout_weeks))
    return found


def delivery(plan: ExperimentPlan, delivered: Mapping[str, str], arm: str) -> Check:
    """Return whether it is known what the challenger's units got."""
    planned = plan.arm(arm)
    if arm not in delivered:
        return Check(
            name="delivery", status="warning",
            what=f"Nobody said what units of {arm} really got; the plan's {planned.of!r} is taken for it.",
            mend="give the content hash of what was sent, or analyse the campaign log, which has it",
        )  # fmt: skip
    same = delivered[arm] == planned.sha256
    return Check(
        name="delivery", status="ok" if same else "failed",
        what=f"Units of {arm} got what was planned for them." if same
        else f"Units of {arm} did not get {planned.of!r} as it was planned: its content hash differs.",
        mend="" if same else "find what was sent; a trial of something else is another trial",
    )  # fmt: skip


def _missing(reading: Reading) -> Check:
    first = reading.units.factors[0]
    pooled = reading.units.pooled(first)
    lost = {key[0]: int(pooled.dropped[i]) for i, key in enumerate(pooled.keys)}
    return missing_data(reading.counts(randomised=False), lost, metric="any metric or covariate")


def _covariates(moments: Moments, columns: Sequence[str], arm: str) -> CovariateMoments:
    side = moments.where(**{moments.factors[0]: arm}).pooled(moments.factors[0])
    at = [side.index(column) for column in columns]
    n = int(side.n[0])
    covariance = side.covariance()[0][np.ix_(at, at)] if n > 1 else np.zeros((len(at), len(at)))
    return CovariateMoments(n, side.mean[0, at], covariance)


def _after(plan: ExperimentPlan, reading: Reading, layout: Layout, arm: str) -> list[Estimate]:
    return [
        difference(reading.randomised, reading.metric(Metric(column)), treatment=arm, control=plan.control)
        for column in layout.afterwards
    ]
