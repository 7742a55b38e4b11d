"""Counts of benefit and harm by group and arm, from the moments; and what clusters make of their errors.

With e and b yes or no, the entitled with the benefit are sum e b = C[e, b] + n m[e] m[b]. The design effect of a rate
p among k rows of clusters is its cluster-robust variance over p (1 - p) / k; that of the evidence is the largest of
any arm and testable group, so that intervals err on the wide side (Kish 1965, Survey Sampling, section 8.2).
"""

from __future__ import annotations

from evenhand.experiments.gate.evidence import FairnessCounts, GroupTally
from evenhand.experiments.inference import Metric
from evenhand.experiments.moments import ROWS, Moments
from evenhand.experiments.trial.analysis.groups import ratio_covariance
from evenhand.experiments.trial.analysis.layout import Layout
from evenhand.experiments.trial.analysis.reading import Reading, inside
from evenhand.experiments.trial.parts import FairnessMargin
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["counted", "design_effect"]


def counted(plan: ExperimentPlan, units: Moments, layout: Layout, arm: str) -> tuple[FairnessCounts, ...]:
    """Return the counts of every fairness margin of the plan, for the control and one challenger."""
    return tuple(
        FairnessCounts(
            attribute=margin.attribute, criterion=margin.criterion,
            control=_tallies(units, layout, margin, plan.control), treatment=_tallies(units, layout, margin, arm),
        )
        for margin in plan.fairness
    )  # fmt: skip


def design_effect(plan: ExperimentPlan, reading: Reading, layout: Layout) -> float:
    """Return how many times the variance of a group's rate clusters make of it, at least 1."""
    largest = 1.0
    if not reading.in_clusters:
        return largest
    for margin in plan.fairness:
        one, *entitled = layout.of(margin.criterion)
        columns = (layout.both, *entitled) if entitled else (one, ROWS)
        for arm in (plan.control, *plan.challengers):
            for group, tally in _tallies(reading.units, layout, margin, arm).items():
                rate = tally.positive / tally.n if tally.n else 0.0
                if group not in (margin.testable or ()) or not 0 < rate < 1:
                    continue
                value, per = (inside(column, margin.attribute, group) for column in columns)
                metric = Metric(value, per)
                robust = float(ratio_covariance(reading, [metric], arm)[1][0, 0])
                largest = max(largest, robust * tally.n / (rate * (1 - rate)))
    return largest


def _tallies(units: Moments, layout: Layout, margin: FairnessMargin, arm: str) -> dict[str, GroupTally]:
    pooled = units.where(**{units.factors[0]: arm}).pooled(margin.attribute)
    columns = [pooled.index(column) for column in layout.of(margin.criterion)]
    found = {}
    for i, (label,) in enumerate(pooled.keys):
        n, mean = int(pooled.n[i]), pooled.mean[i]
        count, positive = float(n), n * float(mean[columns[0]])
        if len(columns) == 2:
            b, e = columns
            count = n * float(mean[e])
            positive = float(pooled.comoment[i, e, b]) + n * float(mean[e] * mean[b])
        # Sums of 0 and 1 are whole: what is left of it is the rounding of the mean.
        found[label] = GroupTally(n=round(count), positive=float(round(positive)))
    return found
