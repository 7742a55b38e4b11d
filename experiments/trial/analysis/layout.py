"""Which columns of the data hold what the plan does not name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evenhand.errors import DataError
from evenhand.experiments.inference import Metric, columns_of
from evenhand.experiments.inference.fairness import Criterion
from evenhand.experiments.trial.parts import Metric as PlannedMetric
from evenhand.experiments.trial.parts import ProportionMetric, QuantileMetric, RatioMetric
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["Layout", "Wanted", "computed", "wanted"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of columns; what was known before treatment may be a segment, nothing else may.

    `joined` is the day on which a unit was assigned, `last` that of the last thing known of it (empty: nothing).
    `periods` has a metric's columns period by period, `afterwards` columns of weeks after the trial, in which all
    arms were treated alike.
    """

    arm: str = "arm"
    segments: tuple[str, ...] = ()
    benefit: str = "benefit"  # 1 where the unit got it
    entitled: str = "entitled"  # 1 where the unit should get it
    harm: str = "harm"  # 1 where it came to harm
    joined: str | None = None
    last: str | None = None
    periods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    afterwards: tuple[str, ...] = ()

    @property
    def both(self) -> str:
        """The name of the totals of those who are entitled and have the benefit, where clusters are added up."""
        return f"{self.benefit} and {self.entitled}"

    def of(self, criterion: Criterion) -> tuple[str, ...]:
        """Return the columns that a fairness criterion counts."""
        if criterion == "harm":
            return (self.harm,)
        return (self.benefit,) if criterion == "benefit" else (self.benefit, self.entitled)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of the data: numbers for the moments, values for quantiles, factors, and what numbers may be."""

    metrics: Mapping[str, Metric]  # those that sums tell
    quantiles: Mapping[str, QuantileMetric]
    numbers: tuple[str, ...]
    factors: tuple[str, ...]  # groups and segments
    yes_no: tuple[str, ...]
    non_negative: tuple[str, ...]


def wanted(plan: ExperimentPlan, layout: Layout) -> Wanted:
    """Return what an analysis reads; DataError where the layout names what the plan does not have, or a column twice.

    A covariate that is also a metric was not measured before the trial: an error too.
    """
    metrics = {m.name: computed(m, plan.covariates) for m in plan.metrics if not isinstance(m, QuantileMetric)}
    quantiles = {m.name: m for m in plan.metrics if isinstance(m, QuantileMetric)}
    for name in layout.periods:
        plan.metric(name)
    counted = [column for margin in plan.fairness for column in layout.of(margin.criterion)]
    proportions = [m.column for m in plan.metrics if isinstance(m, ProportionMetric)]
    numbers = dict.fromkeys(
        [*columns_of(metrics.values()), *(m.column for m in quantiles.values()), *plan.covariates, *counted,
         *(column for columns in layout.periods.values() for column in columns), *layout.afterwards]
    )  # fmt: skip
    factors = tuple(dict.fromkeys([*(margin.attribute for margin in plan.fairness), *layout.segments]))
    if layout.arm in factors or plan.unit in (layout.arm, *factors):
        raise DataError(
            "a column is arm, unit, group or segment at once", rule="each has its own", mend="look at the layout"
        )
    positive = [c for m in plan.metrics if m.non_negative for c in _own(m)]
    yes_no = tuple(dict.fromkeys([*proportions, *counted]))
    return Wanted(metrics, quantiles, tuple(numbers), factors, yes_no, tuple(dict.fromkeys([*positive, *yes_no])))


def computed(metric: PlannedMetric, covariates: tuple[str, ...]) -> Metric:
    """Return a planned mean, proportion or ratio as it is computed."""
    if isinstance(metric, RatioMetric):
        return Metric(metric.numerator, metric.denominator, covariates)
    return Metric(metric.column, None, covariates)


def _own(metric: PlannedMetric) -> tuple[str, ...]:
    return (metric.numerator, metric.denominator) if isinstance(metric, RatioMetric) else (metric.column,)
